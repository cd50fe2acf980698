/// A rectangle of a picture, in pixels.
public struct PictureRegion: Hashable, Sendable {
  /// The first column.
  public var x: Int
  /// The first row.
  public var y: Int
  /// Pixels across.
  public var width: Int
  /// Pixels down.
  public var height: Int

  /// A rectangle, which may reach beyond any picture.
  public init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// The pixels of a picture around a box that is given in parts of it.
  ///
  /// The box is widened by `margin` times its width on the left and on the right, and by `margin` times its height above
  /// and below; then, for a square, its shorter side about its centre to the longer one. Edges are rounded outwards, the
  /// left and the upper one to even numbers because of formats that share colour between pixels; a hundredth of a pixel
  /// is no part of one. What reaches beyond the picture is cut off. At least 2 x 2 pixels, where the picture has them.
  ///
  /// - Parameters:
  ///   - x: the left edge, 0 to 1 of the picture.
  ///   - y: the upper edge, 0 to 1 of the picture.
  ///   - boxWidth: 0 to 1 of the picture.
  ///   - boxHeight: 0 to 1 of the picture.
  ///   - margin: 0 or more.
  ///   - isSquare: whether it is to be as wide as high, in pixels.
  ///   - width: the picture's, in pixels, at least 1.
  ///   - height: the picture's, in pixels, at least 1.
  public init(
    aroundX x: Float, y: Float, width boxWidth: Float, height boxHeight: Float, margin: Float, isSquare: Bool,
    in width: Int, _ height: Int
  ) {
    var across = Double(boxWidth) * Double(width) * (1 + 2 * Double(margin))
    var down = Double(boxHeight) * Double(height) * (1 + 2 * Double(margin))
    let centreX = (Double(x) + Double(boxWidth) / 2) * Double(width)
    let centreY = (Double(y) + Double(boxHeight) / 2) * Double(height)
    if isSquare { (across, down) = (max(across, down), max(across, down)) }
    (self.x, self.width) = Self.span(centreX - across / 2, centreX + across / 2, in: width)
    (self.y, self.height) = Self.span(centreY - down / 2, centreY + down / 2, in: height)
  }

  private static func span(_ low: Double, _ high: Double, in size: Int) -> (first: Int, count: Int) {
    // A picture has at most 2^31 pixels a side; what is no number is taken as nothing.
    let limit = Double(size)
    let first = low.isFinite ? Int(min(max(low + 0.01, 0), limit - 1).rounded(.down)) & ~1 : 0
    let end = high.isFinite ? Int(min(max(high - 0.01, 0), limit).rounded(.up)) : size
    let held = max(0, min(first, (size - 2) & ~1))
    return (held, max(min(2, size - held), end - held))
  }
}
