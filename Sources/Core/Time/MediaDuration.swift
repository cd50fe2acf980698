/// A length of media time or a signed difference of two instants, in integer nanoseconds.
///
/// Named so because a public `Duration` would shadow Swift's in every module that imports this one. Arithmetic saturates.
public struct MediaDuration: Hashable, Comparable, Codable, Sendable {
  /// Nanoseconds; negative when the first instant of a difference is the earlier one.
  public var nanoseconds: Int64

  /// No time at all.
  public static let zero = MediaDuration(nanoseconds: 0)
  /// Longer than every other duration: "without limit".
  public static let unlimited = MediaDuration(nanoseconds: .max)

  /// A duration of this many nanoseconds.
  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// A whole number of milliseconds.
  public static func milliseconds(_ count: Int64) -> MediaDuration {
    MediaDuration(nanoseconds: count.multipliedSaturating(by: 1_000_000))
  }

  /// A whole number of seconds.
  public static func seconds(_ count: Int64) -> MediaDuration {
    MediaDuration(nanoseconds: count.multipliedSaturating(by: 1_000_000_000))
  }

  /// The time that `count` samples take at `sampleRate` hertz, rounded to the nearest nanosecond, halves away from zero.
  public static func samples(_ count: Int64, sampleRate: Int) -> MediaDuration {
    MediaDuration(nanoseconds: TimeBase(numerator: 1, denominator: Int64(max(1, sampleRate))).nanoseconds(count))
  }

  /// Seconds as a floating-point number: for JSON and for people, never for arithmetic.
  public var seconds: Double { Double(nanoseconds) / 1e9 }
  /// Milliseconds as a floating-point number: for JSON and for people, never for arithmetic.
  public var milliseconds: Double { Double(nanoseconds) / 1e6 }

  /// The length without its sign.
  public var magnitude: MediaDuration {
    MediaDuration(nanoseconds: nanoseconds == .min ? .max : abs(nanoseconds))
  }

  /// Orders by length.
  public static func < (lhs: MediaDuration, rhs: MediaDuration) -> Bool { lhs.nanoseconds < rhs.nanoseconds }

  /// The sum, saturating.
  public static func + (lhs: MediaDuration, rhs: MediaDuration) -> MediaDuration {
    MediaDuration(nanoseconds: lhs.nanoseconds.addingSaturating(rhs.nanoseconds))
  }

  /// The difference, saturating.
  public static func - (lhs: MediaDuration, rhs: MediaDuration) -> MediaDuration {
    MediaDuration(nanoseconds: lhs.nanoseconds.subtractingSaturating(rhs.nanoseconds))
  }

  /// The duration with its sign turned, saturating.
  public static prefix func - (duration: MediaDuration) -> MediaDuration {
    .zero - duration
  }

  /// `count` times the duration, saturating.
  public static func * (duration: MediaDuration, count: Int64) -> MediaDuration {
    MediaDuration(nanoseconds: duration.nanoseconds.multipliedSaturating(by: count))
  }
}
