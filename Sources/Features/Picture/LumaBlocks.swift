internal import CKernels

/// A picture as the mean luma of its square blocks: those at the right and lower edge may be smaller.
///
/// Reused from picture to picture; allocates only when the size changes.
struct LumaBlocks {
  /// Pixels along a block's side.
  let side: Int

  private(set) var width = 0
  private(set) var height = 0
  /// `[rows, columns]`, 0 to 255.
  private(set) var means: [Float] = []

  private var sums: [UInt32] = []
  private var areas: [Float] = []

  /// No picture yet; blocks of `side` by `side` pixels.
  init(side: Int = 8) { self.side = side }

  /// Whether `other` was taken from a picture of the same size.
  func matches(_ other: LumaBlocks) -> Bool { width == other.width && height == other.height }

  /// Takes the means of a picture.
  mutating func update(_ luma: Span<UInt8>, width: Int, height: Int) {
    Self.check(luma, width, height)
    if width != self.width || height != self.height { resize(width, height) }
    unsafe luma.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      unsafe braid_block_sums_u8(base, width, height, side, &sums)
    }
    for index in means.indices { means[index] = Float(sums[index]) / areas[index] }
  }

  /// The mean absolute difference of the blocks of two pictures of the same size, 0 to 255, `dead` taken off each first.
  func meanAbsoluteDifference(_ other: LumaBlocks, dead: Float = 0) -> Float {
    var sum: Float = 0
    for index in means.indices { sum += max(0, abs(means[index] - other.means[index]) - dead) }
    return means.isEmpty ? 0 : sum / Float(means.count)
  }

  /// The correlation of the blocks of two pictures of the same size, -1 to 1; 1 for two even pictures.
  func correlation(_ other: LumaBlocks) -> Float {
    let count = Float(max(1, means.count))
    var sum: Float = 0
    var otherSum: Float = 0
    for index in means.indices {
      sum += means[index]
      otherSum += other.means[index]
    }
    // A variance of 4 squared levels is added to each: noise in an even picture is no pattern.
    var variance: Float = 4
    var otherVariance: Float = 4
    var covariance: Float = 4
    for index in means.indices {
      let value = means[index] - sum / count
      let otherValue = other.means[index] - otherSum / count
      variance += value * value / count
      otherVariance += otherValue * otherValue / count
      covariance += value * otherValue / count
    }
    return covariance / (variance * otherVariance).squareRoot()
  }

  static func check(_ luma: Span<UInt8>, _ width: Int, _ height: Int) {
    precondition(
      width > 0 && height > 0 && luma.count / width >= height, "the luma plane is smaller than its picture")
  }

  private mutating func resize(_ width: Int, _ height: Int) {
    self.width = width
    self.height = height
    let side = side
    let columns = (width + side - 1) / side
    let rows = (height + side - 1) / side
    sums = Array(repeating: 0, count: columns * rows)
    means = Array(repeating: 0, count: columns * rows)
    areas = (0..<(columns * rows)).map { index in
      let across = min(side, width - (index % columns) * side)
      let down = min(side, height - (index / columns) * side)
      return Float(across * down)
    }
  }
}
