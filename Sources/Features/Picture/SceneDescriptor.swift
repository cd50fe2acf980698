internal import CKernels
import Glibc

/// What a picture is remembered by when scenes are compared: the means of its blocks and a histogram of its luma.
struct SceneDescriptor {
  private(set) var blocks: LumaBlocks
  private var histogram = [UInt32](repeating: 0, count: 32)
  private var pixels = 0

  /// No picture yet; blocks of `block` by `block` pixels.
  init(block: Int = 8) { blocks = LumaBlocks(side: block) }

  /// Takes a picture.
  mutating func update(_ luma: Span<UInt8>, width: Int, height: Int) {
    blocks.update(luma, width: width, height: height)
    for bin in histogram.indices { histogram[bin] = 0 }
    pixels = width * height
    unsafe luma.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      unsafe braid_histogram32_u8(base, pixels, &histogram)
    }
  }

  /// How different two pictures of the same size are as scenes, 0 to 1: the cube root of the product of
  /// - six times the mean absolute difference of blocks over 255, at most 1;
  /// - half the sum of absolute differences of the histograms;
  /// - 1 less the correlation of the blocks' means, 0 to 1.
  ///
  /// A flash or a fade keeps the correlation, a moving camera the histogram, fine movement the difference: none of them
  /// alone makes a cut. Pictures of different sizes are 1 apart.
  func difference(_ other: SceneDescriptor) -> Float {
    guard blocks.matches(other.blocks), pixels > 0 else { return 1 }
    var histogramDifference: Int64 = 0
    for bin in histogram.indices { histogramDifference += abs(Int64(histogram[bin]) - Int64(other.histogram[bin])) }
    let strength = min(1, 6 * blocks.meanAbsoluteDifference(other.blocks) / 255)
    let shift = Float(histogramDifference) / Float(2 * pixels)
    let change = min(1, max(0, 1 - blocks.correlation(other.blocks)))
    return cbrtf(strength * shift * change)
  }
}
