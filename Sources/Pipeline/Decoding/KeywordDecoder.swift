internal import BraidCore
internal import BraidInference
internal import Glibc

/// Turns the probabilities of words over time into words that were said.
///
/// Each class's probability is averaged over the runs of the smoothing time (Chen et al. 2014, equation 2; fewer at the start). A word
/// is told when its mean is at least the threshold and above that of every other class, silence and other words included, once the
/// suppression time has passed since the last one. A word that lasts over many windows is one word: it is told again only after no
/// word's mean was high enough, or another was told. Allocates: no, after a smoothing time's runs.
struct KeywordDecoder: EventDecoder {
  let labels: [String]
  let steps = 1
  private let settings: ModelDescription.Keywords
  private let place: Int
  private let classes: Int
  /// For each class, the place of its label; nil for one that is ignored.
  private let labelOfClass: [Int?]
  private let smoothing: MediaDuration
  private let suppression: MediaDuration
  /// The runs of the smoothing time, oldest first, `classes` values each.
  private var history: [(time: MediaTime, values: [Float])] = []
  private var spare: [[Float]] = []
  private var sums: [Double]
  /// The word that is being said, and was told.
  private var current: Int?
  private var last: MediaTime?
  private var state: [Bool]

  /// - Throws: ``PipelineError/Code/invalidDescription`` if the model has no such output, or another number of classes than labels.
  init(_ settings: ModelDescription.Keywords, outputs: ModelOutputs) throws(PipelineError) {
    self.settings = settings
    place = try outputs.place(of: settings.output)
    classes = try outputs.count(of: settings.output)
    try outputs.check(settings.labels, classes: classes, of: settings.output)
    var told: [String] = []
    let names = settings.labels.isEmpty ? (0..<classes).map { "\($0)" } : settings.labels
    labelOfClass = names.map { name in
      guard !settings.ignored.contains(name) else { return nil }
      told.append(name)
      return told.count - 1
    }
    labels = told
    state = Array(repeating: false, count: told.count)
    sums = Array(repeating: 0, count: classes)
    smoothing = .milliseconds(Int64(settings.smoothingMilliseconds))
    suppression = .milliseconds(Int64(settings.suppressionMilliseconds))
  }

  mutating func push(
    _ outputs: [[Float]], window: (start: MediaTime, duration: MediaDuration), times: (Int) -> MediaTime,
    length: MediaDuration, _ tell: (DecodedEvent) -> Void, then: (EventState, MediaTime) -> Void
  ) {
    guard outputs.indices.contains(place), outputs[place].count >= classes else { return }
    add(outputs[place], at: window.start)
    var best = 0
    for other in sums.indices where sums[other] > sums[best] { best = other }
    let score = Float(sums[best] / Double(history.count))
    var told: Int?
    if let label = labelOfClass[best], score >= settings.threshold {
      let isFree = last.map { window.start - $0 >= suppression } ?? true
      if current != label, isFree {
        last = window.start
        told = label
        tell(
          DecodedEvent(
            label: label, name: labels[label], time: window.start, duration: window.duration, score: score,
            isFinal: true))
        current = label
      }
    } else {
      current = nil
    }
    for label in state.indices { state[label] = label == told }
    then(.happened(state), times(0))
  }

  mutating func end(at time: MediaTime, _ tell: (DecodedEvent) -> Void) {
    spare += history.map(\.values)
    history.removeAll(keepingCapacity: true)
    current = nil
    last = nil
  }

  /// Takes the probabilities of a run into the means, and those out that are too old. What is no number counts as 0.
  private mutating func add(_ values: [Float], at time: MediaTime) {
    while let first = history.first, time - first.time >= smoothing {
      spare.append(history.removeFirst().values)
    }
    var probabilities = spare.popLast() ?? Array(repeating: 0, count: classes)
    let softmax = settings.activation == .softmax ? Softmax(count: classes) { values[$0] } : nil
    for place in probabilities.indices {
      let score =
        switch settings.activation {
        case .none: values[place]
        case .sigmoid: 1 / (1 + expf(-values[place]))
        case .softmax: softmax?.probability(values[place]) ?? 0
        }
      probabilities[place] = score.isFinite ? score : 0
    }
    history.append((time, probabilities))
    // Summed anew: a running sum would carry its rounding along for ever.
    for place in sums.indices {
      var sum = 0.0
      for run in history { sum += Double(run.values[place]) }
      sums[place] = sum
    }
  }
}
