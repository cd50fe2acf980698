internal import Histogram

/// A distribution of times from 1 µs to 1 hour at three significant digits (HdrHistogram), of constant size.
///
/// Longer times count as one hour, negative ones as zero. Not Sendable: one thread records and reads it.
public struct LatencyHistogram {
  private var histogram: Histogram<UInt64>
  private static let highest: UInt64 = 3_600_000_000

  /// An empty distribution.
  public init() {
    histogram = Histogram(
      lowestDiscernibleValue: 1, highestTrackableValue: Self.highest, numberOfSignificantValueDigits: .three)
  }

  /// How many times were recorded.
  public var count: Int { Int(clamping: histogram.totalCount) }

  /// Adds one time.
  public mutating func record(_ duration: MediaDuration) {
    let microseconds = UInt64(clamping: duration.nanoseconds / 1000)
    histogram.record(min(microseconds, Self.highest))
  }

  /// The time in milliseconds below which `percentile` (0 to 100) per cent of all lie; 0 when empty.
  public func milliseconds(atPercentile percentile: Double) -> Double {
    count == 0 ? 0 : Double(histogram.valueAtPercentile(percentile)) / 1000
  }

  /// The longest time recorded, in milliseconds; 0 when empty.
  public var maximumMilliseconds: Double { count == 0 ? 0 : Double(histogram.max) / 1000 }
}
