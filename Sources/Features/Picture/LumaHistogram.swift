public import BraidCore
internal import CKernels

/// How the luma of a picture is distributed (`luma-histogram`): the share of pixels in each of some equal bins from black
/// to white. Bin `b` holds the levels of 0 to 255 for which `level * bins / 256`, rounded down, is `b`.
public final class LumaHistogram: PictureFeature {
  static let definition = FeatureDefinition(
    "luma-histogram", unit: "share",
    parameters: [FeatureParameter("bins", .integer(2...256), standard: .integer(32), "bins from black to white")],
    "share of the pixels of each picture in equal bins of luma",
    maker: .picture { settings throws(FeatureError) in LumaHistogram(bins: settings.integer("bins")) })

  /// The number of bins.
  public let dimension: Int
  private let values: AlignedFloats
  private var counts = [UInt32](repeating: 0, count: 256)

  /// A feature of each picture by itself, with 2 to 256 bins.
  public init(bins: Int = 32) {
    precondition((2...256).contains(bins), "2 to 256 bins")
    dimension = bins
    values = AlignedFloats(count: bins)
  }

  /// Takes the next picture; see ``PictureFeature``.
  public func push(_ planes: Span<UInt8>, format: PictureFormat, time: MediaTime, row: (Span<Float>) -> Void) {
    unsafe format.withPlanes(planes) { luma, _, _ in unsafe braid_histogram_u8(luma, format.pixelCount, &counts) }
    var level = 0
    for bin in 0..<dimension {
      var count: UInt64 = 0
      while level < 256, level * dimension / 256 == bin {
        count += UInt64(counts[level])
        level += 1
      }
      unsafe values.base[bin] = Float(Double(count) / Double(format.pixelCount))
    }
    values.withSpan(dimension, row)
  }

  /// Has nothing to forget.
  public func reset() {}
}
