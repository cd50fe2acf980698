/// Judges ways of quantising a model on samples that their ranges were not made of: ranges of either half of the samples are tried
/// on the other.
///
/// Stone, "Cross-Validatory Choice and Assessment of Statistical Predictions" (1974), with two folds.
struct CrossValidation {
  /// The ranges of one half, and the other half.
  private struct Fold {
    var statistics: ActivationStatistics
    let samples: [CalibrationSample]
    /// The real model's outputs for them.
    let reference: [[Tensor]]
  }

  private(set) var source: QuantisationSource
  private var folds: [Fold]
  private let halves: [[CalibrationSample]]
  private let measure: AgreementMeasure?
  private let names: [String]
  private let progress: ((String) -> Void)?
  /// The most bytes that the outputs of one half take: of more, samples in between are left out.
  private static let outputBytes = 96 << 20

  /// Runs the real model on all samples.
  init(
    _ source: QuantisationSource, _ halves: [[CalibrationSample]], measure: AgreementMeasure?,
    progress: ((String) -> Void)?
  ) throws(InferenceError) {
    self.source = source
    self.halves = halves
    self.measure = measure
    self.progress = progress
    names = source.prepared.model.outputs.map(\.name)
    let prepared = source.prepared
    var size = 0
    for output in prepared.graph.body.outputs { size += prepared.graph[output].type?.byteCount ?? 0 }
    folds = []
    for (made, tried) in [(0, 1), (1, 0)] {
      let room = max(4, Self.outputBytes / max(1, size))
      let samples = Self.evenly(halves[tried], room)
      progress?("running the model on \(samples.count) samples")
      folds.append(
        Fold(
          statistics: try ActivationStatistics(prepared, source.layers, halves[made], progress), samples: samples,
          reference: try ActivationReader(prepared).outputs(of: prepared.graph, on: samples)))
    }
  }

  /// The same for another graph that computes the same function.
  func with(_ graph: Graph) throws(InferenceError) -> CrossValidation {
    var other = self
    other.source.prepared.graph = graph
    for place in folds.indices {
      other.folds[place].statistics = try ActivationStatistics(
        other.source.prepared, source.layers, halves[place], progress)
    }
    return other
  }

  /// How many samples ways are judged by.
  var count: Int { folds.reduce(0) { $0 + $1.samples.count } }

  /// What activations were on the first half.
  var statistics: ActivationStatistics { folds[0].statistics }

  /// How good a way is on all samples.
  func score(_ way: QuantisationWay) throws(InferenceError) -> QuantisationScore {
    var (reference, outputs): ([[Tensor]], [[Tensor]]) = ([], [])
    for fold in folds {
      let graph = try source.graph(way, fold.statistics).graph
      outputs += try ActivationReader(source.prepared).outputs(of: graph, on: fold.samples)
      reference += fold.reference
    }
    return QuantisationScore(
      ModelAgreement(names: names, reference, outputs), measure?.compare(reference, outputs))
  }

  /// The signal-to-noise ratio of a way's outputs on up to so many samples of one half, in decibels.
  func signalToNoise(_ way: QuantisationWay, samples limit: Int) throws(InferenceError) -> Double {
    let fold = folds[0]
    let places = Self.evenly(Array(fold.samples.indices), limit)
    let graph = try source.graph(way, fold.statistics).graph
    let outputs = try ActivationReader(source.prepared).outputs(of: graph, on: places.map { fold.samples[$0] })
    return ModelAgreement(names: names, places.map { fold.reference[$0] }, outputs).signalToNoise
  }

  /// At most so many elements, evenly spread.
  private static func evenly<Element>(_ elements: [Element], _ limit: Int) -> [Element] {
    guard elements.count > limit else { return elements }
    return (0..<limit).map { elements[$0 * elements.count / limit] }
  }
}
