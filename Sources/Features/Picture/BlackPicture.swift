public import BraidCore
internal import CKernels

/// Whether a picture is black (`black`), by the rule of FFmpeg's `blackdetect`: `[1 if it is, else 0; share of its pixels that
/// are black]`.
///
/// A pixel is black when its luma is at most `pixel` of the way from black to white; a picture is, when at least `ratio` of
/// its pixels are. On the scaled picture: a few bright pixels of a large frame are averaged with their neighbours first.
public final class BlackPicture: PictureFeature {
  static let definition = FeatureDefinition(
    "black", unit: "0..1", columns: ["black", "share"],
    parameters: [
      FeatureParameter("pixel", .number(0...1), standard: .number(0.1), "luma up to which a pixel is black"),
      FeatureParameter(
        "ratio", .number(0...1), standard: .number(0.98), "share of black pixels from which on a picture is"),
    ], "whether each picture is black as FFmpeg's blackdetect has it, and the share of its pixels that are",
    maker: .picture { settings throws(FeatureError) in
      BlackPicture(pixel: settings.number("pixel") ?? 0.1, ratio: settings.number("ratio") ?? 0.98)
    })

  /// 2.
  public let dimension = 2
  private let threshold: UInt8
  private let ratio: Double
  private let values = AlignedFloats(count: 2)

  /// A feature of each picture by itself; both from 0 to 1.
  public init(pixel: Double = 0.1, ratio: Double = 0.98) {
    precondition((0...1).contains(pixel) && (0...1).contains(ratio), "thresholds from 0 to 1")
    threshold = UInt8(pixel * 255)
    self.ratio = ratio
  }

  /// Takes the next picture; see ``PictureFeature``.
  public func push(_ planes: Span<UInt8>, format: PictureFormat, time: MediaTime, row: (Span<Float>) -> Void) {
    let count = unsafe format.withPlanes(planes) { luma, _, _ in
      unsafe braid_count_at_most_u8(luma, format.pixelCount, threshold)
    }
    let share = Double(count) / Double(format.pixelCount)
    unsafe values.base[0] = share >= ratio ? 1 : 0
    unsafe values.base[1] = Float(share)
    values.withSpan(2, row)
  }

  /// Has nothing to forget.
  public func reset() {}
}
