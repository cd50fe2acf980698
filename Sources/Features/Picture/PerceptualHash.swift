/// What a picture looks like in 64 bits: alike pictures have hashes that differ in few of them.
///
/// The bits are those of `imagehash.phash` (Python's imagehash) of the luma: bit `8 v + u`, counted from the highest, is
/// set where the coefficient `(u, v)` of the picture's discrete cosine transform is above the median of the lowest 64.
public struct PerceptualHash: Hashable, Sendable, CustomStringConvertible {
  /// The bits, the mean's highest.
  public let bits: UInt64

  /// A hash of these bits.
  public init(bits: UInt64) { self.bits = bits }

  /// The hash that a row of the feature `phash` holds: four numbers of 16 bits, the highest first.
  ///
  /// - Returns: nil where the row is not four whole numbers from 0 to 65535.
  public init?(row: Span<Float>) {
    guard row.count == 4 else { return nil }
    var bits: UInt64 = 0
    for index in 0..<4 {
      guard let part = UInt16(exactly: row[index]) else { return nil }
      bits = bits << 16 | UInt64(part)
    }
    self.bits = bits
  }

  /// How many bits differ, 0 to 64: up to about 10 is the same picture, about 32 another.
  public func distance(to other: PerceptualHash) -> Int { (bits ^ other.bits).nonzeroBitCount }

  /// Sixteen hexadecimal digits, as imagehash writes them.
  public var description: String {
    let digits = String(bits, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

}
