public import BraidCore
import Glibc

/// The ``PerceptualHash`` of each picture (`phash`), as four numbers of 16 bits, the highest first: exact in a `Float`.
///
/// `imagehash.phash` of the luma, bit for bit: resized to 32 by 32 by Pillow's Lanczos filter, transformed by an
/// unnormalised DCT-II along both directions, and the lowest 8 by 8 coefficients compared with their median. Coefficients
/// below 1e-6 in magnitude count as 0, so that an even picture's have no sign.
public final class PerceptualHashing: PictureFeature {
  static let definition = FeatureDefinition(
    "phash", unit: "1", columns: ["bits-48", "bits-32", "bits-16", "bits-0"],
    "perceptual hash of each picture as imagehash's phash, 64 bits in four numbers of 16",
    maker: .picture { _ throws(FeatureError) in PerceptualHashing() })

  private static let side = 32
  private static let kept = 8

  /// 4.
  public let dimension = 4
  private var reducer = LanczosReducer(size: side)
  /// `[kept, side]`: `2 cos(pi k (2 n + 1) / 64)`
  private let cosines: [Double]
  private var partial = [Double](repeating: 0, count: kept * side)
  private var coefficients = [Double](repeating: 0, count: kept * kept)
  private var sorted = [Double](repeating: 0, count: kept * kept)
  private let values = AlignedFloats(count: 4)

  /// A feature of each picture by itself.
  public init() {
    cosines = (0..<(Self.kept * Self.side)).map { index in
      let (k, n) = (index / Self.side, index % Self.side)
      return 2 * cos(Double.pi * Double(k * (2 * n + 1)) / Double(2 * Self.side))
    }
  }

  /// Takes the next picture; see ``PictureFeature``.
  public func push(_ planes: Span<UInt8>, format: PictureFormat, time: MediaTime, row: (Span<Float>) -> Void) {
    unsafe format.withPlanes(planes) { luma, _, _ in
      unsafe reducer.reduce(luma, width: format.width, height: format.height)
    }
    let hash = hash()
    for index in 0..<4 { unsafe values.base[index] = Float(UInt16(truncatingIfNeeded: hash.bits >> (48 - 16 * index))) }
    values.withSpan(4, row)
  }

  /// Has nothing to forget.
  public func reset() {}

  private func hash() -> PerceptualHash {
    let side = Self.side
    let kept = Self.kept
    for v in 0..<kept {
      for x in 0..<side {
        var sum = 0.0
        for y in 0..<side { sum += cosines[v * side + y] * Double(reducer.result[y * side + x]) }
        partial[v * side + x] = sum
      }
    }
    for v in 0..<kept {
      for u in 0..<kept {
        var sum = 0.0
        for x in 0..<side { sum += cosines[u * side + x] * partial[v * side + x] }
        coefficients[v * kept + u] = abs(sum) < 1e-6 ? 0 : sum
      }
    }
    for index in coefficients.indices { sorted[index] = coefficients[index] }
    sorted.sort()
    let median = (sorted[kept * kept / 2 - 1] + sorted[kept * kept / 2]) / 2
    var bits: UInt64 = 0
    for coefficient in coefficients { bits = bits << 1 | (coefficient > median ? 1 : 0) }
    return PerceptualHash(bits: bits)
  }
}
