public import BraidCore
internal import CKernels

/// How the colours of a picture are distributed (`colour-histogram`), brightness apart: the share of pixels in each square
/// of the plane of Cb and Cr, `[bins of Cb, bins of Cr]`.
///
/// Cb and Cr are the frame's own, full range, 128 for no colour; each is cut into equal bins as in ``LumaHistogram``. With
/// an even number of bins the middle of the plane, gray, is the corner of four squares, and 128 is in the upper ones.
public final class ChromaHistogram: PictureFeature {
  static let definition = FeatureDefinition(
    "colour-histogram", unit: "share",
    parameters: [
      FeatureParameter("bins", .integer(2...32), standard: .integer(8), "bins of Cb, and as many of Cr for each")
    ], "share of the pixels of each picture in squares of the plane of Cb and Cr",
    maker: .picture { settings throws(FeatureError) in ChromaHistogram(bins: settings.integer("bins")) })

  /// Bins of Cb times bins of Cr.
  public let dimension: Int
  private let values: AlignedFloats
  private var counts: [UInt32]
  private let binOfCb: [UInt16]
  private let binOfCr: [UInt16]

  /// A feature of each picture by itself, with 2 to 32 bins of each.
  public init(bins: Int = 8) {
    precondition((2...32).contains(bins), "2 to 32 bins")
    dimension = bins * bins
    values = AlignedFloats(count: dimension)
    counts = Array(repeating: 0, count: dimension)
    binOfCb = (0..<256).map { UInt16($0 * bins / 256 * bins) }
    binOfCr = (0..<256).map { UInt16($0 * bins / 256) }
  }

  /// Takes the next picture; see ``PictureFeature``.
  public func push(_ planes: Span<UInt8>, format: PictureFormat, time: MediaTime, row: (Span<Float>) -> Void) {
    unsafe format.withPlanes(planes) { _, cb, cr in
      unsafe braid_joint_histogram_u8(cb, cr, format.pixelCount, binOfCb, binOfCr, &counts, dimension)
    }
    for bin in 0..<dimension {
      unsafe values.base[bin] = Float(Double(counts[bin]) / Double(format.pixelCount))
    }
    values.withSpan(dimension, row)
  }

  /// Has nothing to forget.
  public func reset() {}
}
