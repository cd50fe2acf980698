public import BraidCore
internal import CKernels

/// How sharp a picture is (`sharpness`): the variance of the Laplacian of its luma, levels of 0 to 255, as
/// `cv2.Laplacian(luma, cv2.CV_64F).var()` has it: the four neighbours less four times the pixel, mirrored at the edges
/// about the outermost pixel.
///
/// Counts detail at the size of the picture given, so it is to be compared at one size only.
public final class Sharpness: PictureFeature {
  static let definition = FeatureDefinition(
    "sharpness", unit: "squared levels of 255",
    "variance of the Laplacian of the luma of each picture, scaled to 320 by 180",
    maker: .picture { _ throws(FeatureError) in Sharpness() })

  /// 1.
  public let dimension = 1
  private let value = AlignedFloats(count: 1)

  /// A feature of each picture by itself.
  public init() {}

  /// Takes the next picture; see ``PictureFeature``.
  public func push(_ planes: Span<UInt8>, format: PictureFormat, time: MediaTime, row: (Span<Float>) -> Void) {
    var sums = braid_laplacian_moments()
    unsafe format.withPlanes(planes) { luma, _, _ in
      unsafe braid_laplacian_moments_u8(luma, format.width, format.height, &sums)
    }
    let count = Double(format.pixelCount)
    let mean = Double(sums.sum) / count
    unsafe value.base[0] = Float(max(0, Double(sums.squares) / count - mean * mean))
    value.withSpan(1, row)
  }

  /// Has nothing to forget.
  public func reset() {}
}
