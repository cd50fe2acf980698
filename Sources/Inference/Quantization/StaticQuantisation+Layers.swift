/// Which layers stay in floating point.
extension StaticQuantisation {
  /// The layers that bytes would make slower.
  mutating func slower() throws(InferenceError) -> Set<String> {
    guard settings.sparesSlowLayers else { return [] }
    let found = try QuantisedWorth.slower(
      validation.source.prepared, layers, kept: settings.keptNodes,
      ranges: validation.statistics.ranges(by: .minMax, percentile: 100))
    if found.union(settings.keptNodes).count == layers.count {
      notes.append(
        "no layer is large enough for bytes to make it faster, by an estimate: weights are stored in bytes, and computed with "
          + "as real numbers")
    }
    return found
  }

  /// The signal-to-noise ratio with each layer alone quantised, on up to four samples, in decibels.
  func sensitivities() throws(InferenceError) -> [String: Double] {
    var alone: [String: Double] = [:]
    for (place, layer) in layers.enumerated() where !best.way.kept.contains(layer.label) {
      progress?("layer \(place + 1) of \(layers.count) alone")
      var single = best.way
      single.kept = Set(layers.map(\.label)).subtracting([layer.label])
      alone[layer.label] = try validation.signalToNoise(single, samples: 4)
    }
    return alone
  }

  /// Leaves layers real that make a good part of the noise and a small one of the work, where that is better.
  mutating func spare(
    _ alone: [String: Double], _ reasons: inout [String: QuantisationReport.Kept]
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
    let trial = try attempt(
      spared.count == 1
        ? "1 sensitive layer in floating point" : "\(spared.count) sensitive layers in floating point", way)
    guard trial.score.isBetter(than: best.score, by: 0.5) else { return }
    best = trial
    for label in spared { reasons[label] = .sensitive }
  }

  /// Leaves layers real, those first that make most noise for their work, until answers agree as often as was asked for; where
  /// what they mean is not known, until the mean coefficient of identity is that high.
  mutating func reach(
    _ alone: [String: Double], _ reasons: inout [String: QuantisationReport.Kept]
  ) throws(InferenceError) {
    guard let wanted = settings.agreement else { return }
    func cost(_ layer: QuantisableLayer) -> Double {
      Self.noise(alone[layer.label] ?? 120) / Double(max(1, layer.multiplyAdds)).squareRoot()
    }
    func agreement(_ score: QuantisationScore) -> Double { score.agreement?.share ?? score.identity }
    let (way, layers) = (best.way, layers)
    var open = layers.filter { !way.kept.contains($0.label) }.sorted { cost($0) > cost($1) }
    while agreement(best.score) < wanted, open.count > 1 {
      let count = max(1, open.count / 10)
      var next = best.way
      for layer in open.prefix(count) {
        next.kept.insert(layer.label)
        reasons[layer.label] = .agreement
      }
      open.removeFirst(count)
      best = try attempt("\(next.kept.count) of \(layers.count) layers in floating point", next)
    }
    if agreement(best.score) < wanted {
      notes.append(
        "an agreement of \(wanted) was asked for, and \(agreement(best.score)) reached with all layers but one in "
          + "floating point")
    }
  }

  /// The noise's power for a signal of 1.
  private static func noise(_ decibels: Double) -> Double { Double.pow10(-decibels / 10) }
}
