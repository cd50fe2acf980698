internal import BraidCore
internal import BraidInference
internal import Glibc

/// Reads a text from scores of symbols over time: of each step the best symbol, repeated ones once, blanks left out.
///
/// Windows follow one another without overlap; a symbol that lasts over the boundary of two is one symbol. With a symbol for space,
/// words are told as events, after half a minute at the latest; without one, each symbol. Allocates: what it tells.
struct CTCDecoder: EventDecoder, OutputDecoder {
  private struct Word {
    var text = ""
    var start: MediaTime
    var end: MediaTime
    var sum: Float
    var count: Int
  }

  /// A word is told after so long at the latest: a model may never give a space.
  private static let longest = MediaDuration.seconds(30)

  /// Words are not known before.
  let labels: [String] = []
  let steps: Int
  private let settings: ModelDescription.CTC
  private let place: Int
  private let symbols: Int
  /// The symbol of the step before, of events and of results apart.
  private var last: Int
  private var lastTold: Int
  private var word: Word?

  /// - Throws: ``PipelineError/Code/invalidDescription`` if the model has no such output, or another number of symbols than labels.
  init(_ settings: ModelDescription.CTC, outputs: ModelOutputs) throws(PipelineError) {
    self.settings = settings
    place = try outputs.place(of: settings.output)
    let shape = try outputs.shape(of: settings.output)
    symbols = max(1, shape.last ?? 1)
    steps = shape.reduce(1, *) / symbols
    try outputs.check(settings.labels, classes: symbols, of: settings.output)
    guard settings.labels.indices.contains(settings.blank) else {
      throw outputs.fault(
        "the blank is symbol \(settings.blank), and there are \(settings.labels.count)",
        "Give the place of the blank among the labels, from 0")
    }
    last = settings.blank
    lastTold = settings.blank
  }

  mutating func decode(_ outputs: [[Float]]) -> ModelOutput {
    guard outputs.indices.contains(place), outputs[place].count >= steps * symbols else { return .text("") }
    var text = ""
    for step in 0..<steps {
      let symbol = best(outputs[place], step)
      if symbol != lastTold, symbol != settings.blank {
        text += settings.labels[symbol] == settings.space ? " " : settings.labels[symbol]
      }
      lastTold = symbol
    }
    return .text(text)
  }

  mutating func reset() { lastTold = settings.blank }

  mutating func push(
    _ outputs: [[Float]], window: (start: MediaTime, duration: MediaDuration), times: (Int) -> MediaTime,
    length: MediaDuration, _ tell: (DecodedEvent) -> Void, then: (EventState, MediaTime) -> Void
  ) {
    guard outputs.indices.contains(place), outputs[place].count >= steps * symbols else { return }
    for step in 0..<steps {
      let symbol = best(outputs[place], step)
      let time = times(step)
      defer { last = symbol }
      if let open = word, time - open.start >= Self.longest { finish(tell) }
      guard symbol != settings.blank else { continue }
      if symbol == last {
        word?.end = time + length
        continue
      }
      if settings.space == nil || settings.labels[symbol] == settings.space { finish(tell) }
      guard settings.labels[symbol] != settings.space else { continue }
      var open = word ?? Word(start: time, end: time, sum: 0, count: 0)
      open.text += settings.labels[symbol]
      open.end = time + length
      open.sum += probability(outputs[place], step, symbol)
      open.count += 1
      word = open
    }
  }

  mutating func end(at time: MediaTime, _ tell: (DecodedEvent) -> Void) {
    finish(tell)
    last = settings.blank
  }

  private mutating func finish(_ tell: (DecodedEvent) -> Void) {
    guard let found = word else { return }
    word = nil
    tell(
      DecodedEvent(
        label: 0, name: found.text, time: found.start, duration: found.end - found.start,
        score: found.sum / Float(max(1, found.count)), isFinal: true))
  }

  private func probability(_ values: [Float], _ step: Int, _ symbol: Int) -> Float {
    let (scores, first) = (values.span, step * symbols)
    let score = scores[first + symbol]
    return switch settings.activation {
    case .none: score
    case .sigmoid: 1 / (1 + expf(-score))
    case .softmax: Softmax(count: symbols) { scores[first + $0] }.probability(score)
    }
  }

  /// The symbol with the highest score; of equal ones the first.
  private func best(_ values: [Float], _ step: Int) -> Int {
    var best = 0
    for symbol in 1..<max(1, symbols) where values[step * symbols + symbol] > values[step * symbols + best] {
      best = symbol
    }
    return best
  }
}
