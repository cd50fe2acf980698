/// Quantises a prepared model with samples: ranges, choices, report.
struct StaticQuantisation {
  private var prepared: PreparedModel
  private var layers: [QuantisableLayer]
  private let settings: QuantisationSettings
  private let samples: CalibrationSet
  private let progress: ((String) -> Void)?
  private var attempts: [QuantisationReport.Attempt] = []
  private let reference: [[Tensor]]
  private let names: [String]

  /// What is being tried.
  private struct Way {
    var method: CalibrationMethod
    /// For single values, in place of the method.
    var methods: [ValueID: CalibrationMethod] = [:]
    var statistics: ActivationStatistics
    var kept: Set<String>
    var corrections: [String: [Float]] = [:]
  }

  init(
    _ prepared: PreparedModel, _ layers: [QuantisableLayer], _ settings: QuantisationSettings,
    _ samples: CalibrationSet,
    progress: ((String) -> Void)?
  ) throws(InferenceError) {
    self.prepared = prepared
    self.layers = layers
    self.settings = settings
    self.samples = samples
    self.progress = progress
    progress?("running the model on \(samples.selection.count) samples")
    reference = try ActivationReader(prepared).outputs(of: prepared.graph, on: samples.selection)
    names = prepared.model.outputs.map(\.name)
  }

  mutating func run() throws(InferenceError) -> QuantisedModel {
    let statistics = try ActivationStatistics(prepared, layers, samples.calibration, progress)
    var notes = statistics.notes(prepared)
    var kept = settings.keptNodes
    var reasons: [String: QuantisationReport.Kept] = [:]
    for label in kept { reasons[label] = .asked }
    for label in try slower(statistics, &notes) {
      reasons[label] = .slower
      kept.insert(label)
    }
    var best = (way: Way(method: .minMax, statistics: statistics, kept: kept), ratio: -Double.infinity)
    for method in settings.method.map({ [$0] }) ?? CalibrationMethod.allCases {
      let way = Way(method: method, statistics: statistics, kept: kept)
      let ratio = try attempt(method.rawValue, way)
      if ratio > best.ratio { best = (way, ratio) }
    }
    let isEqualised = try equalise(&best)
    let isCorrected = try correct(&best)
    if settings.method == nil { try refine(&best) }
    let alone = settings.sparesSensitiveLayers || settings.agreement != nil ? try sensitivities(best.way) : [:]
    try spare(&best, alone, &reasons)
    try reach(&best, alone, &reasons, &notes)
    progress?("writing the model")
    let (graph, placement) = try build(best.way)
    let bytes = try ONNXExporter.bytes(of: prepared.model, graph: graph)
    // What is reported is what the file gives.
    let written = try Model(bytes: bytes, name: prepared.model.name, limits: prepared.model.limits)
    let heldOut = try ModelQuantizer.agreement(
      prepared.model, written, options: prepared.options, on: samples.heldOut)
    let report = QuantisationReport(
      method: best.way.method, attempts: attempts, isEqualised: isEqualised, isBiasCorrected: isCorrected,
      layers: layers.map { layer in
        QuantisationReport.Layer(
          name: layer.label, operation: prepared.graph.body.nodes[layer.place].kind.rawValue,
          multiplyAdds: layer.multiplyAdds, signalToNoise: alone[layer.label], kept: reasons[layer.label])
      }, activations: activations(placement, best.way), heldOut: heldOut,
      samples: (samples.calibration.count, samples.selection.count, samples.heldOut.count), notes: notes)
    return QuantisedModel(bytes: bytes, report: report)
  }

  // MARK: - Ways

  private func build(_ way: Way) throws(InferenceError) -> (Graph, QuantisedPlacement) {
    let placement = try QuantisedPlacement(
      prepared.graph, layers: layers, kept: way.kept,
      ranges: way.statistics.ranges(by: way.method, way.methods, percentile: settings.percentile))
    let quantised = try QuantisedGraph(
      prepared.graph, placement, weightLimit: settings.weightLimit, corrections: way.corrections)
    return (quantised.graph, placement)
  }

  /// The signal-to-noise ratio of the outputs on samples for choices.
  private func ratio(_ way: Way, samples count: Int = .max) throws(InferenceError) -> Double {
    let (graph, _) = try build(way)
    let outputs = try ActivationReader(prepared).outputs(of: graph, on: Array(samples.selection.prefix(count)))
    return ModelAgreement(names: names, Array(reference.prefix(count)), outputs).signalToNoise
  }

  private mutating func attempt(_ name: String, _ way: Way) throws(InferenceError) -> Double {
    progress?("trying \(name)")
    let ratio = try ratio(way)
    attempts.append(QuantisationReport.Attempt(name: name, signalToNoise: ratio))
    return ratio
  }

  /// What an improvement is worth a change of the model for, in decibels.
  private static let gain = 0.2

  /// Scales channels to alike ranges, where that is better.
  private mutating func equalise(_ best: inout (way: Way, ratio: Double)) throws(InferenceError) -> Bool {
    guard settings.equalisesWeights, let graph = try WeightEqualisation.run(prepared.graph, layers) else {
      return false
    }
    let before = prepared
    prepared.graph = graph
    var way = best.way
    way.methods = [:]
    way.statistics = try ActivationStatistics(prepared, layers, samples.calibration, progress)
    let ratio = try attempt("\(way.method.rawValue), weights equalised", way)
    guard ratio > best.ratio + Self.gain else {
      prepared = before
      return false
    }
    best = (way, ratio)
    return true
  }

  /// Corrects biases, where that is better.
  private mutating func correct(_ best: inout (way: Way, ratio: Double)) throws(InferenceError) -> Bool {
    guard settings.correctsBias else { return false }
    var way = best.way
    let placement = try QuantisedPlacement(
      prepared.graph, layers: layers, kept: way.kept,
      ranges: way.statistics.ranges(by: way.method, way.methods, percentile: settings.percentile))
    let quantised = try QuantisedGraph(prepared.graph, placement, weightLimit: settings.weightLimit)
    for layer in placement.layers where layer.takesBias {
      guard let stored = quantised.weights[layer.label], let means = way.statistics.means[layer.input],
        let correction = try BiasCorrection.correction(layer, in: prepared.graph, stored: stored, means: means)
      else { continue }
      way.corrections[layer.label] = correction
    }
    guard !way.corrections.isEmpty else { return false }
    let ratio = try attempt("\(way.method.rawValue), biases corrected", way)
    guard ratio > best.ratio + Self.gain else { return false }
    best = (way, ratio)
    return true
  }

  /// Chooses the range of one value after the other by another method, where that is better: of each that is stored, once, for
  /// models of up to 150.
  private mutating func refine(_ best: inout (way: Way, ratio: Double)) throws(InferenceError) {
    let stored = try build(best.way).1.meanings.keys.sorted { $0.index < $1.index }
    guard stored.count <= 150, samples.selection.count >= 4 else { return }
    let some = 48
    if samples.selection.count > some { best.ratio = try ratio(best.way, samples: some) }
    var isBetter = false
    for (place, value) in stored.enumerated() {
      progress?("range \(place + 1) of \(stored.count) by other methods")
      for method in [CalibrationMethod.minMax, .percentile, .meanSquaredError] where method != best.way.method {
        var way = best.way
        way.methods[value] = method
        let ratio = try ratio(way, samples: some)
        guard ratio > best.ratio + 0.03 else { continue }
        best = (way, ratio)
        isBetter = true
      }
    }
    best.ratio = try ratio(best.way)
    guard isBetter else { return }
    attempts.append(
      QuantisationReport.Attempt(
        name: "\(best.way.methods.count) of \(stored.count) ranges by other methods", signalToNoise: best.ratio))
  }

  // MARK: - Layers

  /// The layers that bytes make slower; none where that would leave nothing.
  private func slower(
    _ statistics: ActivationStatistics, _ notes: inout [String]
  ) throws(InferenceError) -> Set<String> {
    guard settings.sparesSlowLayers else { return [] }
    let found = try QuantisedWorth.slower(
      prepared, layers, kept: settings.keptNodes, ranges: statistics.ranges(by: .minMax, percentile: 100))
    guard found.union(settings.keptNodes).count < layers.count else {
      notes.append(
        "no layer is large enough for bytes to make it faster, by an estimate; all are quantised all the same")
      return []
    }
    return found
  }

  /// The ratio with each layer alone quantised, on up to four samples.
  private func sensitivities(_ way: Way) throws(InferenceError) -> [String: Double] {
    var alone: [String: Double] = [:]
    for (place, layer) in layers.enumerated() where !way.kept.contains(layer.label) {
      progress?("layer \(place + 1) of \(layers.count) alone")
      var single = way
      single.kept = Set(layers.map(\.label)).subtracting([layer.label])
      alone[layer.label] = try ratio(single, samples: 4)
    }
    return alone
  }

  /// Leaves layers real that make a good part of the noise and a small one of the work.
  private mutating func spare(
    _ best: inout (way: Way, ratio: Double), _ alone: [String: Double],
    _ reasons: inout [String: QuantisationReport.Kept]
  ) throws(InferenceError) {
    guard settings.sparesSensitiveLayers, layers.count > 2 else { return }
    let work = Double(layers.reduce(0) { $0 + min($1.multiplyAdds, 1 << 40) })
    let noise = alone.values.reduce(0) { $0 + Self.noise($1) }
    guard work > 0, noise > 0 else { return }
    var spared: Set<String> = []
    for layer in layers {
      guard let ratio = alone[layer.label], Self.noise(ratio) > 0.1 * noise, Double(layer.multiplyAdds) < 0.02 * work
      else { continue }
      spared.insert(layer.label)
    }
    guard !spared.isEmpty else { return }
    var way = best.way
    way.kept.formUnion(spared)
    let ratio = try attempt(
      spared.count == 1
        ? "1 small sensitive layer in floating point" : "\(spared.count) small sensitive layers in floating point", way)
    guard ratio > best.ratio + 0.5 else { return }
    best = (way, ratio)
    for label in spared { reasons[label] = .sensitive }
  }

  /// Leaves layers real, those first that make most noise for their work, until the outputs agree as was asked for.
  private mutating func reach(
    _ best: inout (way: Way, ratio: Double), _ alone: [String: Double],
    _ reasons: inout [String: QuantisationReport.Kept], _ notes: inout [String]
  ) throws(InferenceError) {
    guard let wanted = settings.agreement else { return }
    func cosine(_ way: Way) throws(InferenceError) -> Double {
      let (graph, _) = try build(way)
      let outputs = try ActivationReader(prepared).outputs(of: graph, on: samples.selection)
      return ModelAgreement(names: names, reference, outputs).cosine
    }
    func cost(_ layer: QuantisableLayer) -> Double {
      Self.noise(alone[layer.label] ?? 120) / Double(max(1, layer.multiplyAdds)).squareRoot()
    }
    var open = layers.filter { !best.way.kept.contains($0.label) }.sorted { cost($0) > cost($1) }
    var reached = try cosine(best.way)
    while reached < wanted, open.count > 1 {
      let count = max(1, open.count / 10)
      for layer in open.prefix(count) {
        best.way.kept.insert(layer.label)
        reasons[layer.label] = .agreement
      }
      open.removeFirst(count)
      reached = try cosine(best.way)
    }
    if reached < wanted {
      notes.append(
        "a cosine of \(wanted) was asked for, and \(reached) reached with all layers but one in floating point")
    }
  }

  private static func noise(_ decibels: Double) -> Double { Double.pow10(-decibels / 10) }

  private func activations(_ placement: QuantisedPlacement, _ way: Way) -> [QuantisationReport.Activation] {
    placement.meanings.sorted { $0.key.index < $1.key.index }.map { value, meaning in
      let zero = Float(meaning.zeroPoint)
      return QuantisationReport.Activation(
        name: prepared.graph[value].name, seen: way.statistics.histograms[value]?.range ?? .zero,
        stored: ValueRange(-zero * meaning.scale, (255 - zero) * meaning.scale), quantization: meaning)
    }
  }
}
