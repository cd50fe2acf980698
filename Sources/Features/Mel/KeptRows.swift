/// Rows of floats that are kept to the end of a clip, in blocks, so that growing moves none.
@safe
final class KeptRows {
  /// Values in a row.
  let width: Int
  /// Rows so far.
  private(set) var count = 0

  private var blocks: [AlignedFloats] = []
  /// Rows in a block.
  private let blockRows = 1024

  init(width: Int) {
    self.width = width
  }

  /// Forgets all rows and keeps their memory.
  func removeAll() { count = 0 }

  /// Room for one more row, which counts from now on.
  func append() -> UnsafeMutablePointer<Float> {
    if count == blocks.count * blockRows { blocks.append(AlignedFloats(count: blockRows * width)) }
    let place = unsafe blocks[count / blockRows].base + count % blockRows * width
    count += 1
    return unsafe place
  }

  /// The rows from `first` on that lie together, at most `limit`; there must be one.
  func rows(from first: Int, atMost limit: Int) -> (UnsafePointer<Float>, Int) {
    let inBlock = first % blockRows
    let count = min(limit, blockRows - inBlock, self.count - first)
    return unsafe (UnsafePointer(blocks[first / blockRows].base + inBlock * width), count)
  }
}
