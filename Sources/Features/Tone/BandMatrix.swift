internal import CKernels

/// Bands over a spectrum, each a weighted sum of bins: a matrix of `[bands, bins]` of which each row keeps the bins from
/// its first to its last weight, in blocks of 16.
@safe
final class BandMatrix {
  let count: Int

  private var first: [UInt32] = []
  private var blocks: [UInt32] = []
  private let weights: AlignedFloats
  private let binCount: Int
  private static let blockLength = 16

  /// The floats that a spectrum of `binCount` values must have room for, zeros after the values.
  static func readable(_ binCount: Int) -> Int { (binCount + 2 * blockLength - 1) / blockLength * blockLength }

  /// Weights `[bands][bins]`; a band without any weighs nothing.
  init(_ rows: [[Float]]) {
    count = rows.count
    binCount = rows.first?.count ?? 0
    var packed: [Float] = []
    for row in rows {
      let start = row.firstIndex { $0 != 0 } ?? 0
      let end = (row.lastIndex { $0 != 0 } ?? -1) + 1
      let blockCount = max(0, (end - start + Self.blockLength - 1) / Self.blockLength)
      first.append(UInt32(start))
      blocks.append(UInt32(blockCount))
      packed += row[start..<max(start, end)]
      packed += Array(repeating: 0, count: blockCount * Self.blockLength - max(0, end - start))
    }
    weights = AlignedFloats(packed)
  }

  /// The bands' sums; with `floor` positive the natural logarithm of the sum or the floor, whichever is larger.
  func apply(_ spectrum: AlignedFloats, floor: Float = 0, into out: AlignedFloats) {
    precondition(spectrum.count >= Self.readable(binCount) && out.count >= count, "buffers are made for these bands")
    unsafe braid_mel_bands(spectrum.base, first, blocks, weights.base, count, floor, out.base)
  }
}
