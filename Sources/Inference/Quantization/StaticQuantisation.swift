/// Quantises a prepared model with samples: tries ways, takes the best, and tells what it did.
struct StaticQuantisation {
  var validation: CrossValidation
  let layers: [QuantisableLayer]
  let settings: QuantisationSettings
  let progress: ((String) -> Void)?
  var attempts: [QuantisationReport.Attempt] = []
  var notes: [String] = []
  /// The best way so far.
  var best: Trial
  private var isEqualised = false
  private let samples: CalibrationSet

  /// A way, and how good it is.
  struct Trial {
    var way: QuantisationWay
    var score: QuantisationScore
    /// Its place among the attempts; nil before anything is tried.
    var attempt: Int?
  }

  init(
    _ prepared: PreparedModel, _ layers: [QuantisableLayer], _ settings: QuantisationSettings,
    _ samples: CalibrationSet, measure: AgreementMeasure?, progress: ((String) -> Void)?
  ) throws(InferenceError) {
    self.layers = layers
    self.settings = settings
    self.samples = samples
    self.progress = progress
    validation = try CrossValidation(
      QuantisationSource(prepared: prepared, layers: layers, settings: settings), samples.halves, measure: measure,
      progress: progress)
    best = Trial(
      way: QuantisationWay(method: .minMax, kept: settings.keptNodes),
      score: QuantisationScore(ModelAgreement(names: [], [], []), nil))
  }

  mutating func run() throws(InferenceError) -> QuantisedModel {
    var reasons: [String: QuantisationReport.Kept] = [:]
    for label in settings.keptNodes { reasons[label] = .asked }
    for label in try slower() {
      reasons[label] = .slower
      best.way.kept.insert(label)
    }
    guard best.way.kept.count < layers.count else { return try storeWeights(reasons) }
    try choose()
    if settings.method == nil { try refine() }
    let alone = settings.sparesSensitiveLayers || settings.agreement != nil ? try sensitivities() : [:]
    try spare(alone, &reasons)
    try reach(alone, &reasons)
    // What was chosen by halves is made with all.
    let source = validation.source
    let statistics = try ActivationStatistics(source.prepared, layers, samples.known, progress)
    notes += statistics.notes(source.prepared)
    let (graph, placement) = try source.graph(best.way, statistics)
    return try finish(
      graph, best.way, alone, reasons, Self.activations(placement, statistics, source.prepared.graph))
  }

  /// Where no layer is to run in bytes: stores weights so, and nothing else.
  private func storeWeights(
    _ reasons: [String: QuantisationReport.Kept]
  ) throws(InferenceError) -> QuantisedModel {
    let graph = try WeightRewriting.run(
      validation.source.prepared, layers, .weights, kept: settings.keptNodes, limit: settings.weightLimit)
    return try finish(graph, nil, [:], reasons, [])
  }

  /// Writes the file and tells what was done.
  private func finish(
    _ graph: Graph, _ way: QuantisationWay?, _ alone: [String: Double], _ reasons: [String: QuantisationReport.Kept],
    _ activations: [QuantisationReport.Activation]
  ) throws(InferenceError) -> QuantisedModel {
    progress?("writing the model")
    let prepared = validation.source.prepared
    let bytes = try ONNXExporter.bytes(of: prepared.model, graph: graph)
    // What is reported is what the file gives.
    let written = try Model(bytes: bytes, name: prepared.model.name, limits: prepared.model.limits)
    let heldOut = try ModelAgreement(
      ModelAnswers(prepared.model, written, options: prepared.options, on: samples.heldOut))
    let report = QuantisationReport(
      method: way?.method, attempts: attempts, taken: best.attempt, isEqualised: isEqualised,
      isBiasCorrected: way?.correctsBias ?? false,
      layers: layers.map { layer in
        QuantisationReport.Layer(
          name: layer.label, operation: prepared.graph.body.nodes[layer.place].kind.rawValue,
          multiplyAdds: layer.multiplyAdds, signalToNoise: alone[layer.label], kept: reasons[layer.label])
      }, activations: activations, heldOut: heldOut,
      samples: (samples.known.count, way == nil ? 0 : validation.count, samples.heldOut.count), notes: notes)
    return QuantisedModel(bytes: bytes, report: report)
  }

  /// Judges a way and writes it down.
  mutating func attempt(_ name: String, _ way: QuantisationWay) throws(InferenceError) -> Trial {
    progress?("trying \(name)")
    let score = try validation.score(way)
    attempts.append(QuantisationReport.Attempt(name, score))
    return Trial(way: way, score: score, attempt: attempts.count - 1)
  }

  // MARK: - Ranges and weights

  /// Methods with so many decibels more noise than the best are not tried in other forms.
  private static let hopeless = 6.0

  /// Tries every method, as it is and with biases corrected, on weights as they are and with channels scaled to alike ranges.
  private mutating func choose() throws(InferenceError) {
    var tried: [Trial] = []
    var equalisedFrom = Int.max
    var methods = settings.method.map { [$0] } ?? CalibrationMethod.allCases
    func isCorrectable(_ layer: QuantisableLayer) -> Bool { layer.takesBias && !best.way.kept.contains(layer.label) }
    let forms = settings.correctsBias && layers.contains(where: isCorrectable) ? [false, true] : [false]
    let plain = validation
    let equalised =
      settings.equalisesWeights ? try WeightEqualisation.run(plain.source.prepared.graph, layers) : nil
    for graph in [nil, equalised] where graph != nil || tried.isEmpty {
      if let graph {
        equalisedFrom = tried.count
        validation = try plain.with(graph)
      }
      for correctsBias in forms {
        for method in methods {
          var way = best.way
          (way.method, way.correctsBias) = (method, correctsBias)
          let name =
            method.rawValue + (graph == nil ? "" : ", equalised") + (correctsBias ? ", corrected" : "")
          tried.append(try attempt(name, way))
        }
        let least = tried.map(\.score.signalToNoise).max() ?? 0
        methods = methods.filter { method in
          tried.contains { $0.way.method == method && $0.score.signalToNoise > least - Self.hopeless }
        }
      }
    }
    guard let place = QuantisationScore.best(tried.map(\.score)) else { return }
    best = tried[place]
    isEqualised = place >= equalisedFrom
    if !isEqualised { validation = plain }
  }

  /// Chooses the range of one value after the other by another method, where that makes less noise: of each that is stored, once,
  /// for models of up to 150.
  private mutating func refine() throws(InferenceError) {
    let stored = try validation.source.placement(best.way, validation.statistics).meanings.keys
      .sorted { $0.index < $1.index }
    guard stored.count <= 150, validation.count >= 8 else { return }
    let some = 48
    var refined = best.way
    var ratio = try validation.signalToNoise(refined, samples: some)
    for (place, value) in stored.enumerated() {
      progress?("range \(place + 1) of \(stored.count) by other methods")
      for method in [CalibrationMethod.minMax, .percentile, .meanSquaredError] where method != refined.method {
        var way = refined
        way.methods[value] = method
        let tried = try validation.signalToNoise(way, samples: some)
        guard tried > ratio + 0.03 else { continue }
        (refined, ratio) = (way, tried)
      }
    }
    guard !refined.methods.isEmpty else { return }
    let trial = try attempt("\(refined.methods.count) of \(stored.count) ranges by other methods", refined)
    if trial.score.isBetter(than: best.score, by: 0) { best = trial }
  }

  private static func activations(
    _ placement: QuantisedPlacement, _ statistics: ActivationStatistics, _ graph: Graph
  ) -> [QuantisationReport.Activation] {
    placement.meanings.sorted { $0.key.index < $1.key.index }.map { value, meaning in
      let zero = Float(meaning.zeroPoint)
      return QuantisationReport.Activation(
        name: graph[value].name, seen: statistics.histograms[value]?.range ?? .zero,
        stored: ValueRange(-zero * meaning.scale, (255 - zero) * meaning.scale), quantization: meaning)
    }
  }
}
