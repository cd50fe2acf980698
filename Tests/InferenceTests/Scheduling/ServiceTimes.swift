import Foundation

/// How long runs take, as a distribution over whole ticks of a millisecond.
struct ServiceTimes {
  /// P(S = s), from s = 0.
  let probability: [Double]
  /// P(S <= s)
  let atMost: [Double]
  /// P(S > s)
  let longer: [Double]
  /// E[S] in ticks
  let mean: Double
  /// For how many ticks a run is sure to last.
  let certain: Int

  /// A distribution in proportion to `weights`; no time is shorter than a tick.
  init(_ weights: [Double]) {
    var held = weights.count < 2 ? [0, 1] : weights
    held[1] += held[0]
    held[0] = 0
    let sum = held.reduce(0, +)
    probability = held.map { $0 / sum }
    var total = 0.0
    atMost = probability.map { share in
      total = min(1, total + share)
      return total
    }
    longer = atMost.map { max(0, 1 - $0) }
    certain = longer.firstIndex { $0 < 1 } ?? 0
    mean = probability.enumerated().reduce(0) { $0 + Double($1.offset) * $1.element }
  }

  static func constant(_ ticks: Int) -> ServiceTimes {
    var weights = [Double](repeating: 0, count: ticks + 1)
    weights[ticks] = 1
    return ServiceTimes(weights)
  }

  /// Evenly from `low` to `high`.
  static func even(_ low: Int, _ high: Int) -> ServiceTimes {
    ServiceTimes((0...high).map { $0 < low ? 0 : 1 })
  }

  /// Log-normal about a median, cut at ten medians.
  static func logNormal(median: Double, sigma: Double) -> ServiceTimes {
    ServiceTimes(
      (0...Int(median * 10)).map { tick in
        guard tick > 0 else { return 0 }
        let deviation = (log(Double(tick)) - log(median)) / sigma
        return exp(-deviation * deviation / 2) / Double(tick)
      })
  }

  /// These, but with a chance of `share` that of `other`.
  func mixed(_ other: ServiceTimes, share: Double) -> ServiceTimes {
    let count = max(probability.count, other.probability.count)
    return ServiceTimes(
      (0..<count).map { tick in
        let mine = tick < probability.count ? probability[tick] : 0
        let theirs = tick < other.probability.count ? other.probability[tick] : 0
        return mine * (1 - share) + theirs * share
      })
  }

  /// Every time longer by `factor`.
  func slowed(_ factor: Double) -> ServiceTimes {
    var weights = [Double](repeating: 0, count: Int((Double(probability.count) * factor).rounded(.up)) + 1)
    for (tick, share) in probability.enumerated() { weights[Int((Double(tick) * factor).rounded())] += share }
    return ServiceTimes(weights)
  }

  /// P(S <= ticks)
  func within(_ ticks: Int) -> Double { ticks < 0 ? 0 : atMost[min(ticks, atMost.count - 1)] }

  /// The shortest time that a share of `level` do not exceed.
  func quantile(_ level: Double) -> Int { atMost.firstIndex { $0 >= level - 1e-9 } ?? atMost.count - 1 }
}
