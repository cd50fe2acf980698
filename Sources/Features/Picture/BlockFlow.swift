public import BraidCore
internal import CKernels

/// Where the picture moves (`flow`), by matching of blocks: the mean motion of its blocks across and down, and the mean
/// length of their motions, in pixels of the picture given from one picture to the next. The first picture has no row.
///
/// Each whole block of 16 by 16 pixels is looked for in the picture before: first at half the size over `range` pixels
/// each way (sum of absolute differences; the nearest of equals), then within a pixel of it at full size. A block that
/// differs from its old place by no more than a level for each pixel above the best match has not moved, so that even
/// ground and noise stand still. What comes into the picture, or moves further than `range`, is matched with what is most
/// alike. Pictures of less than 16 pixels across or down do not move.
public final class BlockFlow: PictureFeature {
  static let definition = FeatureDefinition(
    "flow", unit: "pixels", columns: ["x", "y", "length"],
    parameters: [
      FeatureParameter("range", .integer(2...64), standard: .integer(16), unit: "pixels", "furthest motion looked for")
    ], "mean motion of blocks of 16 pixels to the right and down, and its mean length, at 320 by 180",
    maker: .picture { settings throws(FeatureError) in BlockFlow(range: settings.integer("range")) })

  private static let side = 16

  /// 3.
  public let dimension = 3
  private let range: Int
  private var format: PictureFormat?
  private var luma: [UInt8] = []
  private var half: [UInt8] = []
  private var previousLuma: [UInt8] = []
  private var previousHalf: [UInt8] = []
  private var vectors: [Int32] = []
  private let values = AlignedFloats(count: 3)

  /// A feature that has seen no picture and looks 2 to 64 pixels far.
  public init(range: Int = 16) {
    precondition((2...64).contains(range), "2 to 64 pixels")
    self.range = range
  }

  /// Takes the next picture; see ``PictureFeature``.
  public func push(_ planes: Span<UInt8>, format: PictureFormat, time: MediaTime, row: (Span<Float>) -> Void) {
    let isFirst = format != self.format
    if isFirst { resize(format) }
    swap(&luma, &previousLuma)
    swap(&half, &previousHalf)
    unsafe format.withPlanes(planes) { plane, _, _ in
      unsafe luma.withUnsafeMutableBufferPointer {
        unsafe $0.baseAddress?.update(from: plane, count: format.pixelCount)
      }
      unsafe braid_halve_u8(plane, format.width, format.height, &half)
    }
    guard !isFirst else { return }
    unsafe braid_match_blocks_u8(
      luma, previousLuma, half, previousHalf, format.width, format.height, range, &vectors)
    var (x, y, length) = (0.0, 0.0, 0.0)
    for index in stride(from: 0, to: vectors.count, by: 2) {
      let (dx, dy) = (Double(vectors[index]), Double(vectors[index + 1]))
      x += dx
      y += dy
      length += (dx * dx + dy * dy).squareRoot()
    }
    let blocks = Double(max(1, vectors.count / 2))
    unsafe values.base[0] = Float(x / blocks)
    unsafe values.base[1] = Float(y / blocks)
    unsafe values.base[2] = Float(length / blocks)
    values.withSpan(3, row)
  }

  /// Forgets the last picture.
  public func reset() { format = nil }

  private func resize(_ format: PictureFormat) {
    self.format = format
    luma = Array(repeating: 0, count: format.pixelCount)
    previousLuma = luma
    half = Array(repeating: 0, count: (format.width / 2) * (format.height / 2))
    previousHalf = half
    vectors = Array(repeating: 0, count: 2 * (format.width / Self.side) * (format.height / Self.side))
  }
}
