import BraidCore

@testable import BraidPipeline

/// How well numbers follow known things: MOTA and switches by Bernardin and Stiefelhagen (2008), IDF1 by Ristani et al. (2016).
struct TrackingMeasures {
  typealias Box = (left: Float, top: Float, right: Float, bottom: Float)

  private var last: [Int: Int] = [:]
  private var together: [Int: [Int: Int]] = [:]
  private var truths: [Int: Int] = [:]
  private var givens: [Int: Int] = [:]
  private var faults = 0
  private var total = 0
  private(set) var switches = 0
  private var assignment = Assignment()

  var mota: Double { 1 - Double(faults + switches) / Double(max(1, total)) }

  var idf1: Double {
    var assignment = Assignment()
    let (names, numbers) = (truths.keys.sorted(), givens.keys.sorted())
    let gains = names.flatMap { name in numbers.map { Double(together[name]?[$0] ?? 0) } }
    var both = 0.0
    assignment.solve(rows: names.count, columns: numbers.count, gains: gains) { row, column in
      both += gains[row * numbers.count + column]
    }
    return 2 * both / Double(truths.values.reduce(0, +) + givens.values.reduce(0, +))
  }

  static func overlap(_ a: Box, _ b: Box) -> Float {
    let across = min(a.right, b.right) - max(a.left, b.left)
    let down = min(a.bottom, b.bottom) - max(a.top, b.top)
    guard across > 0, down > 0 else { return 0 }
    let area = { (box: Box) in (box.right - box.left) * (box.bottom - box.top) }
    return across * down / (area(a) + area(b) - across * down)
  }

  /// Takes a picture: what is there, and what was given a number.
  mutating func add(_ truth: [(id: Int, box: Box)], _ given: [(number: Int, box: Box)]) {
    total += truth.count
    for item in truth { truths[item.id, default: 0] += 1 }
    for item in given { givens[item.number, default: 0] += 1 }
    var (freeTruth, freeGiven) = (Set(truth.indices), Set(given.indices))
    var pairs: [(Int, Int)] = []
    for (a, item) in truth.enumerated() {
      for (b, other) in given.enumerated() where Self.overlap(item.box, other.box) >= 0.5 {
        together[item.id, default: [:]][other.number, default: 0] += 1
        // Pairs of the picture before stay.
        if last[item.id] == other.number, freeTruth.contains(a), freeGiven.contains(b) {
          pairs.append((a, b))
          freeTruth.remove(a)
          freeGiven.remove(b)
        }
      }
    }
    let (rows, columns) = (freeTruth.sorted(), freeGiven.sorted())
    let gains = rows.flatMap { row in
      columns.map { column in
        let overlap = Self.overlap(truth[row].box, given[column].box)
        return overlap >= 0.5 ? Double(overlap) : 0
      }
    }
    assignment.solve(rows: rows.count, columns: columns.count, gains: gains) { row, column in
      let (a, b) = (rows[row], columns[column])
      pairs.append((a, b))
      if let number = last[truth[a].id], number != given[b].number { switches += 1 }
    }
    for (a, b) in pairs { last[truth[a].id] = given[b].number }
    faults += truth.count - pairs.count + given.count - pairs.count
  }
}
