public import BraidCore

/// How much a picture differs from the one before it (`motion`), as a feature: see ``BlockMotion``. The first picture has
/// no row.
public final class Motion: PictureFeature {
  static let definition = FeatureDefinition(
    "motion", unit: "0..1",
    parameters: [
      FeatureParameter("block", .integer(1...64), standard: .integer(16), unit: "pixels", "side of a block")
    ], "mean absolute difference of blocks to the picture before, at 320 by 180",
    maker: .picture { settings throws(FeatureError) in Motion(block: settings.integer("block")) })

  /// 1.
  public let dimension = 1
  private var motion: BlockMotion
  private let value = AlignedFloats(count: 1)

  /// A feature that has seen no picture, with blocks of `block` pixels, 1 to 64, along a side.
  public init(block: Int = 16) {
    precondition((1...64).contains(block), "blocks of 1 to 64 pixels")
    motion = BlockMotion(block: block)
  }

  /// Takes the next picture; see ``PictureFeature``.
  public func push(_ planes: Span<UInt8>, format: PictureFormat, time: MediaTime, row: (Span<Float>) -> Void) {
    guard let difference = motion.update(planes, width: format.width, height: format.height) else { return }
    unsafe value.base[0] = difference
    value.withSpan(1, row)
  }

  /// Forgets the last picture.
  public func reset() { motion.reset() }
}
