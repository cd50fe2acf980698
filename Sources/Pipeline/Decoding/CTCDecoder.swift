internal import BraidCore
internal import BraidInference
internal import Glibc

/// Reads a text from scores of symbols over time: of each step the best symbol, repeated ones once, blanks left out; or, with a beam,
/// the likeliest text.
///
/// Windows follow one another without overlap; a symbol that lasts over the boundary of two is one symbol. With a beam, the text of a
/// window is decided at its end. With a symbol for space, words are told as events, after half a minute at the latest; without one,
/// each symbol. Allocates: what it tells; with a beam, what that keeps.
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

  /// Where the text stands at the end of a window: apart for what is told of results and of events.
  private enum Search {
    /// The symbol of the last step.
    case bestPath(last: Int)
    case beam(CTCBeamSearch)
  }

  /// Words are not known before.
  let labels: [String] = []
  let steps: Int
  private let settings: ModelDescription.CTC
  private let place: Int
  private let symbols: Int
  private var told: Search
  private var heard: Search
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
    told = Self.begin(settings)
    heard = Self.begin(settings)
  }

  private static func begin(_ settings: ModelDescription.CTC) -> Search {
    settings.beam > 1
      ? .beam(CTCBeamSearch(width: settings.beam, blank: settings.blank)) : .bestPath(last: settings.blank)
  }

  mutating func decode(_ outputs: [[Float]]) -> ModelOutput {
    var text = ""
    // Taken out, so that nothing is copied.
    var search = told
    told = .bestPath(last: 0)
    defer { told = search }
    read(outputs, &search) { emission, isNew in
      guard isNew else { return }
      let label = settings.labels[emission.symbol]
      text += label == settings.space ? " " : label
    }
    return .text(text)
  }

  mutating func reset() { told = Self.begin(settings) }

  mutating func push(
    _ outputs: [[Float]], window: (start: MediaTime, duration: MediaDuration), times: (Int) -> MediaTime,
    length: MediaDuration, _ tell: (DecodedEvent) -> Void, then: (EventState, MediaTime) -> Void
  ) {
    var open = word
    var search = heard
    heard = .bestPath(last: 0)
    defer { heard = search }
    read(outputs, &search) { emission, isNew in
      let time = times(emission.step)
      if let word = open, time - word.start >= Self.longest { Self.finish(&open, tell) }
      guard isNew else {
        open?.end = time + length
        return
      }
      let label = settings.labels[emission.symbol]
      if settings.space == nil || label == settings.space { Self.finish(&open, tell) }
      guard label != settings.space else { return }
      var current = open ?? Word(start: time, end: time, sum: 0, count: 0)
      current.text += label
      current.end = time + length
      current.sum += emission.probability
      current.count += 1
      open = current
    }
    if let word = open, window.start + window.duration - word.start >= Self.longest { Self.finish(&open, tell) }
    word = open
  }

  mutating func end(at time: MediaTime, _ tell: (DecodedEvent) -> Void) {
    Self.finish(&word, tell)
    heard = Self.begin(settings)
  }

  private static func finish(_ word: inout Word?, _ tell: (DecodedEvent) -> Void) {
    guard let found = word else { return }
    word = nil
    tell(
      DecodedEvent(
        label: 0, name: found.text, time: found.start, duration: found.end - found.start,
        score: found.sum / Float(max(1, found.count)), isFinal: true))
  }

  /// Gives the symbols of a window: each when it begins, and of the best path also at each step that it goes on for.
  private func read(
    _ outputs: [[Float]], _ search: inout Search, _ symbol: (CTCAlignment.Emission, _ isNew: Bool) -> Void
  ) {
    guard outputs.indices.contains(place), outputs[place].count >= steps * symbols else { return }
    let values = outputs[place]
    switch search {
    case .bestPath(var last):
      for step in 0..<steps {
        let found = best(values, step)
        if found != settings.blank {
          let emission = CTCAlignment.Emission(
            symbol: found, step: step, probability: probability(values, step, found))
          symbol(emission, found != last)
        }
        last = found
      }
      search = .bestPath(last: last)
    case .beam(var beam):
      search = .bestPath(last: 0)
      for step in 0..<steps { beam.push(logarithms(values, step)) }
      for emission in beam.commit() { symbol(emission, true) }
      search = .beam(beam)
    }
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

  /// The logarithms of a step's probabilities; what is no probability counts as none.
  private func logarithms(_ values: [Float], _ step: Int) -> [Double] {
    let (scores, first) = (values.span, step * symbols)
    let softmax = settings.activation == .softmax ? Softmax(count: symbols) { scores[first + $0] } : nil
    return (0..<symbols).map { symbol in
      let score = scores[first + symbol]
      let probability =
        switch settings.activation {
        case .none: score
        case .sigmoid: 1 / (1 + expf(-score))
        case .softmax: softmax?.probability(score) ?? 0
        }
      return probability > 0 && probability.isFinite ? log(Double(min(1, probability))) : -.infinity
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
