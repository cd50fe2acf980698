public import BraidCore

/// How different a picture is from the one before it as a scene (`scene-cut`): 0 the same to 1 another scene. The first
/// picture has no row.
///
/// The cube root of the product of three differences, each 0 to 1: of the means of blocks of 16 by 16 pixels (six times
/// their mean absolute difference over 255), of the histograms of luma in 32 bins (half the sum of absolute
/// differences), and of the pattern (1 less the correlation of the blocks' means). A flash or a fade keeps the pattern, a
/// moving camera the histogram, fine movement the blocks: none of them scores high. ``SceneCutDetector`` tells cuts from it.
public final class SceneCutScore: PictureFeature {
  static let definition = FeatureDefinition(
    "scene-cut", unit: "0..1", "how different each picture is from the one before as a scene; a cut is above 0.4",
    maker: .picture { _ throws(FeatureError) in SceneCutScore() })

  /// 1.
  public let dimension = 1
  private var current = SceneDescriptor(block: 16)
  private var previous = SceneDescriptor(block: 16)
  private var hasPrevious = false
  private let value = AlignedFloats(count: 1)

  /// A feature that has seen no picture.
  public init() {}

  /// Takes the next picture; see ``PictureFeature``.
  public func push(_ planes: Span<UInt8>, format: PictureFormat, time: MediaTime, row: (Span<Float>) -> Void) {
    swap(&previous, &current)
    current.update(planes, width: format.width, height: format.height)
    defer { hasPrevious = true }
    guard hasPrevious, current.blocks.matches(previous.blocks) else { return }
    unsafe value.base[0] = current.difference(previous)
    value.withSpan(1, row)
  }

  /// Forgets the last picture.
  public func reset() { hasPrevious = false }
}
