public import BraidCore

/// How long the next run of a model is likely to take, at the most: an online high quantile.
///
/// The second longest of the last 16 runs, but no more than the longest of the last 4. One outlier moves nothing unless
/// it is among very few runs; a slow spell is believed from its second run on, and forgotten after 4 fast ones.
/// Allocates: no.
public struct ServiceTimeEstimator: Sendable {
  private static let memory = 16
  private static let recent = 4

  private var times: InlineArray<16, Int64> = .init(repeating: 0)
  private var count = 0
  private var next = 0

  /// An estimator that has seen nothing.
  public init() {}

  /// How many runs it has seen, at most as many as it remembers.
  public var observations: Int { count }

  /// Takes the time of a run. Negative times count as zero.
  public mutating func record(_ duration: MediaDuration) {
    times[next] = max(0, duration.nanoseconds)
    next = (next + 1) % Self.memory
    count = min(count + 1, Self.memory)
  }

  /// The estimate; nil before the first run.
  public var estimate: MediaDuration? {
    guard count > 0 else { return nil }
    var longest: Int64 = 0
    var second: Int64 = 0
    var longestRecent: Int64 = 0
    for age in 0..<count {
      let time = times[(next - 1 - age + 2 * Self.memory) % Self.memory]
      if age < Self.recent { longestRecent = max(longestRecent, time) }
      if time >= longest {
        second = longest
        longest = time
      } else {
        second = max(second, time)
      }
    }
    return MediaDuration(nanoseconds: min(count > 1 ? second : longest, longestRecent))
  }
}
