/// The rational unit in which a stream counts its time: `numerator / denominator` seconds a tick.
///
/// Ticks are turned into nanoseconds once, in Ingest, exactly: the 128-bit product is divided once and rounded to the
/// nearest nanosecond, halves away from zero (as `av_rescale_q` does).
public struct TimeBase: Hashable, Sendable {
  /// Seconds a tick, upper part; positive.
  public let numerator: Int64
  /// Seconds a tick, lower part; positive.
  public let denominator: Int64

  /// A time base; parts that are not positive are taken as 1, so that no file can make an invalid one.
  public init(numerator: Int64, denominator: Int64) {
    self.numerator = max(1, numerator)
    self.denominator = max(1, denominator)
  }

  /// `ticks` in nanoseconds, rounded to the nearest, halves away from zero; saturating.
  public func nanoseconds(_ ticks: Int64) -> Int64 {
    Self.scale(ticks, by: numerator, over: denominator, unit: 1_000_000_000)
  }

  /// The tick nearest to `nanoseconds`, halves away from zero; saturating.
  public func ticks(nanoseconds: Int64) -> Int64 {
    Self.roundedQuotient(Int128(nanoseconds) * Int128(denominator), Int128(numerator) * 1_000_000_000)
  }

  /// One tick, rounded to the nearest nanosecond and at least one.
  public var tick: MediaDuration { MediaDuration(nanoseconds: max(1, nanoseconds(1))) }

  private static func scale(_ value: Int64, by numerator: Int64, over denominator: Int64, unit: Int64) -> Int64 {
    // |value| < 2^63 and numerator of a file is below 2^31, so the product with 10^9 (< 2^30) fits 128 bits;
    // a larger numerator saturates.
    let (scaled, overflow) = (Int128(value) * Int128(numerator)).multipliedReportingOverflow(by: Int128(unit))
    if overflow { return value < 0 ? .min : .max }
    return roundedQuotient(scaled, Int128(denominator))
  }

  private static func roundedQuotient(_ dividend: Int128, _ divisor: Int128) -> Int64 {
    let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
    var rounded = quotient
    if remainder.magnitude >= divisor.magnitude - remainder.magnitude {
      rounded += dividend < 0 ? -1 : 1
    }
    return Int64(clamping: rounded)
  }
}

extension TimeBase: CustomStringConvertible {
  /// `1/90000`
  public var description: String { "\(numerator)/\(denominator)" }
}

extension TimeBase: Codable {
  private enum CodingKeys: String, CodingKey {
    case numerator
    case denominator
  }

  /// Parts that are not positive are taken as 1.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      numerator: try values.decode(Int64.self, forKey: .numerator),
      denominator: try values.decode(Int64.self, forKey: .denominator))
  }

  /// Its two parts.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(numerator, forKey: .numerator)
    try values.encode(denominator, forKey: .denominator)
  }
}
