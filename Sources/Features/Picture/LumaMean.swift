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
  public func push(_ luma: Span<UInt8>, width: Int, height: Int, time: MediaTime, row: (Span<Float>) -> Void) {
    LumaBlocks.check(luma, width, height)
    let sum = unsafe luma.withUnsafeBufferPointer { bytes -> UInt64 in
      guard let base = bytes.baseAddress else { return 0 }
      return unsafe braid_sum_u8(base, width * height)
    }
    unsafe value.base[0] = Float(Double(sum) / (Double(width * height) * 255))
    value.withSpan(1, row)
  }

  /// Has nothing to forget.
  public func reset() {}
}
