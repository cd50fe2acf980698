/// A size as people write and read it.
public struct ByteCount: Hashable, Sendable {
  /// How many bytes, at least 0.
  public let bytes: Int

  /// - Parameter bytes: how many; less than 0 counts as 0.
  public init(bytes: Int) { self.bytes = max(0, bytes) }

  /// A size as people write it: `4096`, `64KB`, `256 MB`, `1.5GiB`. `KB`, `MB` and `GB` are powers of a thousand, as disks and
  /// networks count, `KiB`, `MiB` and `GiB` powers of 1024; the `B` may be left out, and case does not count (IEC 80000-13).
  ///
  /// Nil for anything else, for parts of a byte, and for what does not fit.
  public init?(text: String) {
    let digits = text.prefix { ("0"..."9").contains($0) || $0 == "." }
    var unit = text[digits.endIndex...].trimmingPrefix(" ").lowercased()
    if unit.hasSuffix("b") { unit.removeLast() }
    guard let factor = Self.factors[unit] else { return nil }
    if let number = Int(digits) {
      let (bytes, overflows) = number.multipliedReportingOverflow(by: factor)
      guard !overflows else { return nil }
      self.bytes = bytes
    } else {
      guard factor > 1, let number = Double(digits), let bytes = Int(exactly: (number * Double(factor)).rounded())
      else {
        return nil
      }
      self.bytes = bytes
    }
  }

  private static let factors: [String: Int] = [
    "": 1, "k": 1000, "m": 1_000_000, "g": 1_000_000_000, "t": 1_000_000_000_000, "ki": 1024, "mi": 1_048_576,
    "gi": 1_073_741_824,
    "ti": 1_099_511_627_776,
  ]
}

extension ByteCount: CustomStringConvertible {
  /// With the largest unit that leaves a whole number, so that reading it gives the same: `256MB`, `64KiB`, `4097`.
  public var description: String {
    let units = [
      ("GiB", 1_073_741_824), ("GB", 1_000_000_000), ("MiB", 1_048_576), ("MB", 1_000_000), ("KiB", 1024), ("KB", 1000),
    ]
    guard bytes > 0, let unit = units.first(where: { bytes.isMultiple(of: $0.1) }) else { return "\(bytes)" }
    return "\(bytes / unit.1)\(unit.0)"
  }
}
