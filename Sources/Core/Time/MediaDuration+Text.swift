extension MediaDuration {
  /// A duration as people write it: `50ms`, `1.5s`, `2m`, `1h`, `250us`, `1:30`, `0:01:30.5`; a plain number is seconds.
  ///
  /// Nil for anything else, and for what does not fit.
  public init?(text: String) {
    let units: [(String, Double)] = [
      ("ms", 1e6), ("us", 1e3), ("µs", 1e3), ("ns", 1), ("min", 60e9), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]
    var nanoseconds: Double?
    if text.contains(":") {
      nanoseconds = Self.clockNanoseconds(text)
    } else if let unit = units.first(where: { text.hasSuffix($0.0) }) {
      nanoseconds = Self.number(text.dropLast(unit.0.count)).map { $0 * unit.1 }
    } else {
      nanoseconds = Self.number(text[...]).map { $0 * 1e9 }
    }
    guard let nanoseconds, nanoseconds.isFinite, nanoseconds.magnitude < 9e18 else { return nil }
    self.init(nanoseconds: Int64(nanoseconds.rounded()))
  }

  private static func number(_ text: Substring) -> Double? {
    guard text.allSatisfy({ ("0"..."9").contains($0) || $0 == "." }) else { return nil }
    return Double(text)
  }

  /// `[hours:]minutes:seconds[.fraction]`
  private static func clockNanoseconds(_ text: String) -> Double? {
    let fields = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(fields.count) else { return nil }
    var seconds = 0.0
    for (place, field) in fields.enumerated() {
      guard let value = number(field), place == 0 || value < 60 else { return nil }
      seconds = seconds * 60 + value
    }
    return seconds * 1e9
  }
}
