internal import BraidCore

/// The one small thing that moved between two pictures, if there is just that.
///
/// Pixels that changed by more than a threshold `max(10, 5 * mean change)` are weighed by their change. Their centre is the
/// centroid of those within a window about their median; for a thing before a still ground it lies halfway between where
/// it was and where it is. Allocates: only when the picture's size changes.
struct MovingBlob {
  /// How a picture differs from the one it is compared with.
  enum Change {
    /// Nothing moved: the comparison stays with the older picture.
    case none
    /// Much moved, or in many places.
    case diffuse
    /// One compact region changed; its centre in pixels from the upper left corner.
    case compact(x: Double, y: Double)
  }

  private var previous: [UInt8] = []
  private var width = 0
  private var columns: [Int] = []
  private var rows: [Int] = []
  private var strongest: [UInt8] = []

  /// Takes the next picture; nil for the first and after a change of size.
  mutating func update(_ luma: Span<UInt8>, width: Int, height: Int) -> Change? {
    precondition(width > 0 && height > 0 && luma.count >= width * height)
    guard width == self.width, rows.count == height else {
      self.width = width
      previous = (0..<(width * height)).map { luma[$0] }
      columns = Array(repeating: 0, count: width)
      rows = Array(repeating: 0, count: height)
      strongest = Array(repeating: 0, count: height)
      return nil
    }
    let change = compare(luma, height)
    if case .none = change { return change }
    var target = previous.mutableSpan
    for index in 0..<(width * height) { unsafe target[unchecked: index] = luma[unchecked: index] }
    return change
  }

  private mutating func compare(_ luma: Span<UInt8>, _ height: Int) -> Change {
    // A second reference, not a copy: it ends before `previous` is written.
    let kept = previous
    let old = kept.span
    var total = 0
    for y in 0..<height {
      var sum: UInt32 = 0
      var largest: UInt8 = 0
      for index in (y * width)..<((y + 1) * width) {
        let a = unsafe luma[unchecked: index]
        let b = unsafe old[unchecked: index]
        let difference = max(a, b) &- min(a, b)
        sum &+= UInt32(difference)
        largest = max(largest, difference)
      }
      total += Int(sum)
      strongest[y] = largest
    }
    let pixels = width * height
    // A small thing changes little of the picture, however strongly.
    guard total < 16 * pixels else { return .diffuse }
    let threshold = max(10, 5 * total / pixels)

    for x in 0..<width { columns[x] = 0 }
    var changed = 0
    for y in 0..<height {
      rows[y] = 0
      guard Int(strongest[y]) > threshold else { continue }
      var sum = 0
      for x in 0..<width {
        let difference = unsafe abs(Int(luma[unchecked: y * width + x]) - Int(old[unchecked: y * width + x]))
        if difference > threshold {
          columns[x] += difference
          sum += difference
          changed += 1
        }
      }
      rows[y] = sum
    }
    guard changed * 3600 >= pixels else { return .none }
    guard changed * 12 < pixels else { return .diffuse }
    let across = Self.centre(columns.span, reach: width / 6)
    let down = Self.centre(rows.span, reach: height / 4)
    guard across.share > 0.85, down.share > 0.85 else { return .diffuse }
    return .compact(x: across.centre, y: down.centre)
  }

  /// The centroid of the weights within `reach` of their median, and the share of all weight that lies there.
  private static func centre(_ weights: Span<Int>, reach: Int) -> (centre: Double, share: Double) {
    var total = 0
    for index in weights.indices { total += weights[index] }
    var median = 0
    var sum = 0
    while median < weights.count - 1 {
      sum += weights[median]
      if 2 * sum >= total { break }
      median += 1
    }
    var inside = 0
    var moment = 0
    for index in max(0, median - reach)..<min(weights.count, median + reach + 1) {
      inside += weights[index]
      moment += weights[index] * index
    }
    guard inside > 0 else { return (0, 0) }
    return (Double(moment) / Double(inside) + 0.5, Double(inside) / Double(total))
  }
}
