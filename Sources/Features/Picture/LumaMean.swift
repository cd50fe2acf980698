public import BraidCore
internal import CKernels

/// The mean brightness of a picture (`luma`): 0 black to 1 white.
public final class LumaMean: PictureFeature {
  static let definition = FeatureDefinition(
    "luma", unit: "0..1", "mean brightness of each picture, black 0 to white 1",
    maker: .picture { _ throws(FeatureError) in LumaMean() })

  /// 1.
  public let dimension = 1
  private let value = AlignedFloats(count: 1)

  /// A feature of each picture by itself.
  public init() {}

  /// Takes the next picture; see ``PictureFeature``.
  public func push(_ planes: Span<UInt8>, format: PictureFormat, time: MediaTime, row: (Span<Float>) -> Void) {
    let sum = unsafe format.withPlanes(planes) { luma, _, _ in unsafe braid_sum_u8(luma, format.pixelCount) }
    unsafe value.base[0] = Float(Double(sum) / (Double(format.pixelCount) * 255))
    value.withSpan(1, row)
  }

  /// Has nothing to forget.
  public func reset() {}
}
