/// An instant on a session's timeline, in integer nanoseconds from the session's zero.
///
/// For a file session zero is the start of the first input; for a live one it is the session's start.
/// Arithmetic saturates at the ends of the 64-bit range (292 years), so that no stamp read from outside can trap.
public struct MediaTime: Hashable, Comparable, Codable, Sendable {
  /// Nanoseconds from the session's zero; may be negative.
  public var nanoseconds: Int64

  /// The session's zero.
  public static let zero = MediaTime(nanoseconds: 0)
  /// Before every other instant: the bound of a stream of which nothing is known.
  public static let distantPast = MediaTime(nanoseconds: .min)
  /// After every other instant: the bound of a stream that has ended.
  public static let distantFuture = MediaTime(nanoseconds: .max)

  /// An instant this many nanoseconds from zero.
  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// Seconds as a floating-point number: for JSON and for people, never for arithmetic.
  public var seconds: Double { Double(nanoseconds) / 1e9 }

  /// Orders by time.
  public static func < (lhs: MediaTime, rhs: MediaTime) -> Bool { lhs.nanoseconds < rhs.nanoseconds }

  /// The instant `duration` later, saturating.
  public static func + (time: MediaTime, duration: MediaDuration) -> MediaTime {
    MediaTime(nanoseconds: time.nanoseconds.addingSaturating(duration.nanoseconds))
  }

  /// The instant `duration` earlier, saturating.
  public static func - (time: MediaTime, duration: MediaDuration) -> MediaTime {
    MediaTime(nanoseconds: time.nanoseconds.subtractingSaturating(duration.nanoseconds))
  }

  /// The signed time from `rhs` to `lhs`, saturating.
  public static func - (lhs: MediaTime, rhs: MediaTime) -> MediaDuration {
    MediaDuration(nanoseconds: lhs.nanoseconds.subtractingSaturating(rhs.nanoseconds))
  }
}

extension Int64 {
  /// The sum, held at the ends of the range instead of overflowing.
  @inlinable
  public func addingSaturating(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }

  /// The difference, held at the ends of the range instead of overflowing.
  @inlinable
  public func subtractingSaturating(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (other < 0 ? .max : .min) : difference
  }

  /// The product, held at the ends of the range instead of overflowing.
  @inlinable
  public func multipliedSaturating(by other: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
  }
}
