/// How much a picture differs from the one before it: 0 not at all to 1 black to white everywhere.
///
/// The mean absolute difference of the means of square blocks, over 255; blocks rather than pixels, so that noise averages
/// out. Allocates: only when the picture's size changes.
public struct BlockMotion: Sendable {
  /// The last picture's motion without what noise may make: 1.5 levels of 255 taken off each block's difference. 0 where
  /// there is none.
  public private(set) var distinct: Float = 0

  private var previous: LumaBlocks
  private var current: LumaBlocks

  /// A measure that has seen no picture, with blocks of `block` pixels, at least 1, along a side.
  public init(block: Int = 8) {
    precondition(block >= 1, "a block has pixels")
    previous = LumaBlocks(side: block)
    current = LumaBlocks(side: block)
  }

  /// Takes the next picture.
  ///
  /// - Parameters:
  ///   - luma: `[height, width]` bytes, rows without padding, full range.
  ///   - width: pixels across, at least 1.
  ///   - height: pixels down, at least 1.
  /// - Returns: its motion, or nil for the first picture and for the first of another size.
  /// - Precondition: `luma` holds `width * height` bytes.
  public mutating func update(_ luma: Span<UInt8>, width: Int, height: Int) -> Float? {
    swap(&previous, &current)
    current.update(luma, width: width, height: height)
    guard current.matches(previous) else {
      distinct = 0
      return nil
    }
    distinct = current.meanAbsoluteDifference(previous, dead: 1.5) / 255
    return current.meanAbsoluteDifference(previous) / 255
  }

  /// Forgets the last picture. For gaps and new epochs.
  public mutating func reset() { self = BlockMotion(block: current.side) }
}
