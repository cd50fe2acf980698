/// What is drawn into one picture.
public struct Overlay: Sendable {
  /// Something that was found at a place.
  public struct Box: Sendable {
    /// Left edge, 0 to 1 of the picture.
    public var x: Float
    /// Upper edge, 0 to 1 of the picture.
    public var y: Float
    /// Width, 0 to 1 of the picture.
    public var width: Float
    /// Height, 0 to 1 of the picture.
    public var height: Float
    /// What stands at it.
    public var title: String
    /// Chooses the colour, by the remainder: the same for the same thing.
    public var color: Int
    /// Whether it was found in an earlier picture, and this one has not been looked at: it is drawn faintly.
    public var isOld: Bool
    /// Points of it, each x and y, 0 to 1 of the picture.
    public var points: [(x: Float, y: Float)] = []

    /// A box.
    public init(
      x: Float, y: Float, width: Float, height: Float, title: String, color: Int, isOld: Bool,
      points: [(x: Float, y: Float)] = []
    ) {
      self.x = x
      self.y = y
      self.width = width
      self.height = height
      self.title = title
      self.color = color
      self.isOld = isOld
      self.points = points
    }
  }

  /// The boxes, the first undermost.
  public var boxes: [Box] = []
  /// What goes on at the time, a line each, in the upper left corner.
  public var events: [String] = []
  /// Figures, a line each, in the upper right corner.
  public var figures: [String] = []
  /// The lowest and the highest sample of equal stretches of the sound up to the picture, -1 to 1, the oldest first; empty for none.
  public var wave: [(low: Float, high: Float)] = []

  /// Nothing.
  public init() {}

  /// Red, green and blue, 0 to 1, of a colour's number.
  public static func color(_ number: Int) -> (red: Double, green: Double, blue: Double) {
    palette[Int(number.magnitude % UInt(palette.count))]
  }

  /// Bright colours that differ to most people: after Okabe and Ito, "Color Universal Design" (2008), without black.
  private static let palette: [(Double, Double, Double)] = [
    (0.00, 1.00, 0.40), (0.90, 0.62, 0.00), (0.34, 0.71, 0.91), (0.94, 0.89, 0.26), (0.84, 0.37, 0.00),
    (0.80, 0.47, 0.65), (0.00, 0.62, 0.45), (0.45, 0.55, 1.00),
  ]
}
