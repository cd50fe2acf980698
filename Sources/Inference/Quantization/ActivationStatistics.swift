internal import CKernels
internal import Foundation

/// What all activations of a model were on samples.
struct ActivationStatistics {
  /// Of every real value that is computed.
  private(set) var histograms: [ValueID: ActivationHistogram] = [:]
  /// The mean of each channel of what layers take.
  private(set) var means: [ValueID: [Double]] = [:]

  init(
    _ prepared: PreparedModel, _ layers: [QuantisableLayer], _ samples: [CalibrationSample],
    _ progress: ((String) -> Void)?
  ) throws(InferenceError) {
    let values = prepared.activations.sorted { $0.index < $1.index }
    progress?("ranges of \(values.count) values on \(samples.count) samples")
    var sums: [ValueID: [Double]] = [:]
    var shapes: [ValueID: (outer: Int, channels: Int, inner: Int)] = [:]
    for layer in layers {
      guard let shape = prepared.graph[layer.input].type?.shape, shape.rank > 0 else { continue }
      let axis = prepared.graph.body.nodes[layer.place].kind == .conv ? 1 : shape.rank - 1
      shapes[layer.input] = (shape.product(0..<axis), shape[axis], shape.product((axis + 1)..<shape.rank))
    }
    for value in values { histograms[value] = ActivationHistogram() }
    try unsafe ActivationReader(prepared).read(values, of: prepared.graph, on: samples) { value, buffer in
      unsafe histograms[value, default: ActivationHistogram()].add(buffer)
      guard let (outer, channels, inner) = shapes[value] else { return }
      unsafe braid_channel_sums(
        buffer.baseAddress, outer, channels, inner,
        &sums[value, default: [Double](repeating: 0, count: channels)])
    }
    for (value, sum) in sums {
      guard let (outer, _, inner) = shapes[value] else { continue }
      let count = Double(max(1, outer * inner * samples.count))
      means[value] = sum.map { $0 / count }
    }
  }

  /// The range of every value, by `method`, or where it is in `others` by that one.
  func ranges(
    by method: CalibrationMethod, _ others: [ValueID: CalibrationMethod] = [:], percentile: Double
  ) -> [ValueID: ValueRange] {
    var ranges: [ValueID: ValueRange] = [:]
    for (value, histogram) in histograms {
      let key = Choice(value: value, method: others[value] ?? method, percentile: percentile)
      ranges[value] = known.range(key) { histogram.range(by: key.method, percentile: percentile) }
    }
    return ranges
  }

  private struct Choice: Hashable {
    let value: ValueID
    let method: CalibrationMethod
    let percentile: Double
  }

  /// Ranges that were computed before: choices ask for the same ones again and again.
  private final class Known {
    private var ranges: [Choice: ValueRange] = [:]

    func range(_ key: Choice, _ compute: () -> ValueRange) -> ValueRange {
      if let known = ranges[key] { return known }
      let range = compute()
      ranges[key] = range
      return range
    }
  }

  private let known = Known()

  /// What should be known of them.
  func notes(_ prepared: PreparedModel) -> [String] {
    let wrong = histograms.filter { $0.value.infinite > 0 }.keys.sorted { $0.index < $1.index }
    guard let first = wrong.first else { return [] }
    return ["\(wrong.count) values were not finite on some samples, \(prepared.graph[first].name) first"]
  }
}

extension Double {
  /// 10 to the power of `exponent`.
  static func pow10(_ exponent: Double) -> Double { pow(10, exponent) }
}
