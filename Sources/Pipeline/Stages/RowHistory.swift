/// The newest rows of a run, addressed by their number since the run began.
///
/// Allocates: only in `init` and ``grow(to:)``.
struct RowHistory {
  /// Values in a row.
  let width: Int
  private(set) var capacity: Int
  /// Rows so far; the newest is `end - 1`.
  private(set) var end = 0
  private var storage: [Float]

  init(width: Int, capacity: Int) {
    self.width = width
    self.capacity = max(1, capacity)
    storage = Array(repeating: 0, count: self.width * self.capacity)
  }

  /// Makes room for at least `capacity` rows. Only before the first row.
  mutating func grow(to capacity: Int) {
    guard capacity > self.capacity, end == 0 else { return }
    self.capacity = capacity
    storage = Array(repeating: 0, count: width * capacity)
  }

  /// Adds whole rows.
  mutating func append(_ values: Span<Float>) {
    var offset = 0
    while offset + width <= values.count {
      let base = (end % capacity) * width
      for column in 0..<width { storage[base + column] = values[offset + column] }
      end += 1
      offset += width
    }
  }

  /// Forgets all rows; the next one is row 0.
  mutating func removeAll() { end = 0 }

  /// Whether all rows of `range` are still there; rows before 0 are zeros and always there.
  func contains(_ range: Range<Int>) -> Bool {
    range.upperBound <= end && max(0, range.lowerBound) >= end - capacity
  }

  /// The first value of a row; nil for rows that are no more or have not come.
  func value(_ row: Int) -> Float? {
    row >= max(0, end - capacity) && row < end ? storage[(row % capacity) * width] : nil
  }

  /// Copies the rows of `range` into `output`, zeros for rows before 0 and for rows that are no more.
  func copy(_ range: Range<Int>, into output: inout [Float]) {
    var position = 0
    for row in range {
      let isThere = row >= max(0, end - capacity) && row < end
      let base = isThere ? (row % capacity) * width : 0
      for column in 0..<width where position < output.count {
        output[position] = isThere ? storage[base + column] : 0
        position += 1
      }
    }
  }
}
