public import BraidCore

/// How much a picture differs from the one before it (`motion`), as a feature: see ``BlockMotion``. The first picture has
/// no row.
public final class Motion: PictureFeature {
  static let definition = FeatureDefinition(
    "motion", unit: "0..1", "mean absolute difference of 8 by 8 blocks to the picture before",
    maker: .picture { _ throws(FeatureError) in Motion() })

  /// 1.
  public let dimension = 1
  private var motion = BlockMotion()
  private let value = AlignedFloats(count: 1)

  /// A feature that has seen no picture.
  public init() {}

  /// Takes the next picture; see ``PictureFeature``.
  public func push(_ luma: Span<UInt8>, width: Int, height: Int, time: MediaTime, row: (Span<Float>) -> Void) {
    guard let difference = motion.update(luma, width: width, height: height) else { return }
    unsafe value.base[0] = difference
    value.withSpan(1, row)
  }

  /// Forgets the last picture.
  public func reset() { motion.reset() }
}
