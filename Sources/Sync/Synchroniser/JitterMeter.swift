internal import BraidCore

/// Quantiles of the last 2048 durations, in steps of 1 ms up to 1 s: a histogram over a sliding window.
///
/// Exact but for the step. Old durations leave as new ones come, so that a spell of trouble is forgotten. Allocates: no,
/// after `init`; recording is O(1), a quantile O(steps).
struct JitterMeter {
  private static let window = 2048
  private static let steps = 1000

  private var counts = [Int32](repeating: 0, count: Self.steps + 1)
  private var recent = [Int16](repeating: 0, count: Self.window)
  private var next = 0
  /// How many durations it looks at.
  private(set) var count = 0

  /// Adds a duration; one below zero counts as 0, one of 1 s and more as that.
  mutating func record(_ duration: MediaDuration) {
    let step = Int(min(max(0, duration.nanoseconds / 1_000_000), Int64(Self.steps)))
    if count == Self.window { counts[Int(recent[next])] -= 1 } else { count += 1 }
    recent[next] = Int16(step)
    counts[step] += 1
    next = next + 1 < Self.window ? next + 1 : 0
  }

  /// The least whole millisecond below which at least `share` (0 to 1) of the durations lie; nil of none.
  func quantile(_ share: Double) -> MediaDuration? {
    guard count > 0 else { return nil }
    let wanted = (Double(count) * min(max(0, share), 1)).rounded(.up)
    var seen = 0.0
    for step in counts.indices {
      seen += Double(counts[step])
      if seen >= wanted, seen > 0 { return .milliseconds(Int64(step) + 1) }
    }
    return .milliseconds(Int64(Self.steps) + 1)
  }
}
