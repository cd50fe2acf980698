public import BraidCore
internal import CKernels

/// How far the luma of a picture is spread (`luma-contrast`): its standard deviation over all pixels, 0 even to 0.5 half black
/// and half white.
public final class LumaContrast: PictureFeature {
  static let definition = FeatureDefinition(
    "luma-contrast", unit: "0..0.5", "standard deviation of the luma of each picture, white being 1",
    maker: .picture { _ throws(FeatureError) in LumaContrast() })

  /// 1.
  public let dimension = 1
  private let value = AlignedFloats(count: 1)

  /// A feature of each picture by itself.
  public init() {}

  /// Takes the next picture; see ``PictureFeature``.
  public func push(_ planes: Span<UInt8>, format: PictureFormat, time: MediaTime, row: (Span<Float>) -> Void) {
    var sums = braid_plane_moments()
    unsafe format.withPlanes(planes) { luma, _, _ in unsafe braid_moments_u8(luma, format.pixelCount, &sums) }
    let mean = Double(sums.sum) / Double(format.pixelCount)
    let variance = max(0, Double(sums.squares) / Double(format.pixelCount) - mean * mean)
    unsafe value.base[0] = Float(variance.squareRoot() / 255)
    value.withSpan(1, row)
  }

  /// Has nothing to forget.
  public func reset() {}
}
