internal import BraidCore
internal import BraidInference
internal import Glibc

/// Turns one score for each class into the best classes.
///
/// Of equal scores the first class is the better. Allocates: the classes it gives.
struct ClassificationDecoder: OutputDecoder {
  private let settings: ModelDescription.Classification
  private let place: Int
  private let count: Int
  /// The first of the classes among the output's values.
  private let first: Int
  /// The classes with the highest scores so far, best first.
  private var best: [Int] = []

  /// - Throws: ``PipelineError/Code/invalidDescription`` if the model has no such output, or not as many classes as labels.
  init(_ settings: ModelDescription.Classification, outputs: ModelOutputs) throws(PipelineError) {
    self.settings = settings
    place = try outputs.place(of: settings.output)
    count = try outputs.count(of: settings.output)
    try outputs.check(settings.labels, classes: count, of: settings.output)
    first = 0
    best.reserveCapacity(settings.limit + 1)
  }

  /// A decoder of the last step of an output `[1, steps, classes]`: what events go by.
  init(lastStepOf settings: ModelDescription.Classification, outputs: ModelOutputs) throws(PipelineError) {
    self.settings = settings
    place = try outputs.place(of: settings.output)
    count = try outputs.shape(of: settings.output).last ?? 1
    first = max(0, try outputs.count(of: settings.output) - count)
    try outputs.check(settings.labels, classes: count, of: settings.output)
    best.reserveCapacity(settings.limit + 1)
  }

  mutating func decode(_ outputs: [[Float]]) -> ModelOutput {
    .classes(outputs.indices.contains(place) ? classes(outputs[place]) : [])
  }

  /// The best classes; those whose score is no number are left out.
  mutating func classes(_ values: [Float]) -> [ModelOutput.Classification] {
    guard values.count >= first + count else { return [] }
    let values = values.span
    best.removeAll(keepingCapacity: true)
    for label in 0..<count where !values[first + label].isNaN {
      let score = values[first + label]
      guard best.count < settings.limit || score > values[first + best[best.count - 1]] else { continue }
      var position = best.count
      while position > 0, score > values[first + best[position - 1]] { position -= 1 }
      best.insert(label, at: position)
      if best.count > settings.limit { best.removeLast() }
    }
    let softmax = settings.activation == .softmax ? Softmax(count: count) { values[first + $0] } : nil
    var classes: [ModelOutput.Classification] = []
    for label in best {
      let raw = values[first + label]
      let score =
        switch settings.activation {
        case .none: raw
        case .sigmoid: 1 / (1 + expf(-raw))
        case .softmax: softmax?.probability(raw) ?? 0
        }
      guard score >= settings.threshold else { break }
      classes.append(
        ModelOutput.Classification(
          label: settings.labels.isEmpty ? "\(label)" : settings.labels[label], score: score))
    }
    return classes
  }
}
