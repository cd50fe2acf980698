internal import CKernels

/// Bands over a spectrum, each a weighted sum of bins that follow each other, in blocks of 16.
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

  /// A band's weights, from one bin on.
  struct Band {
    var first: Int
    var weights: [Float]
  }

  /// Bands over spectra of `binCount` values, which none reaches beyond; one without weights is 0.
  init(_ bands: [Band], binCount: Int) {
    count = bands.count
    self.binCount = binCount
    var packed: [Float] = []
    for band in bands {
      let blockCount = (band.weights.count + Self.blockLength - 1) / Self.blockLength
      first.append(UInt32(min(band.first, binCount - 1)))
      blocks.append(UInt32(blockCount))
      packed += band.weights
      packed += Array(repeating: 0, count: blockCount * Self.blockLength - band.weights.count)
    }
    weights = AlignedFloats(packed)
  }

  /// The bands' sums; with `floor` positive the natural logarithm of the sum or the floor, whichever is larger.
  func apply(_ spectrum: AlignedFloats, floor: Float = 0, into out: AlignedFloats) {
    precondition(spectrum.count >= Self.readable(binCount) && out.count >= count, "buffers are made for these bands")
    unsafe braid_mel_bands(spectrum.base, first, blocks, weights.base, count, floor, out.base)
  }
}
