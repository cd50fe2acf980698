import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidPipeline

/// Things followed from picture to picture.
@Suite("Tracker")
struct TrackerTests {
  private struct Golden: Decodable {
    struct Assigned: Decodable {
      var rows: Int
      var columns: Int
      var gains: [Double]
      var sum: Double
    }

    struct Picture: Decodable {
      var time: Int64
      var truth: [[Float]]
      var found: [[Float]]
    }

    struct Measured: Decodable {
      var mota: Double
      var idf1: Double
      var switches: Int
    }

    struct Clip: Decodable {
      var name: String
      var frames: [Picture]
      var sort: [[Int?]]
      var measures: Measured
    }

    var assignments: [Assigned]
    var clips: [Clip]

    static func read() throws -> Golden {
      let url = SharedData.packageRoot.appendingPathComponent("Tests/PipelineTests/Goldens/tracks.json")
      return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
    }
  }

  private static func time(_ milliseconds: Int64) -> MediaTime { .zero + .milliseconds(milliseconds) }

  private static func thing(
    _ x: Float, _ y: Float = 0.4, score: Float = 0.9, label: String = "face", size: Float = 0.1
  ) -> ModelOutput.Detection {
    ModelOutput.Detection(label: label, score: score, x: x, y: y, width: size, height: size)
  }

  @Test("Pairs gain as much as SciPy's, whatever the shape")
  func assignment() throws {
    var assignment = Assignment()
    for golden in try Golden.read().assignments {
      var (rows, columns) = (Set<Int>(), Set<Int>())
      var sum = 0.0
      assignment.solve(rows: golden.rows, columns: golden.columns, gains: golden.gains) { row, column in
        #expect(rows.insert(row).inserted && columns.insert(column).inserted)
        sum += golden.gains[row * golden.columns + column]
      }
      #expect(abs(sum - golden.sum) < 1e-9)
    }
  }

  @Test("Pairs gain as much as the best of all ways to pair them")
  func bestOfAll() {
    var generator = SeededGenerator.printed()
    var assignment = Assignment()
    for _ in 0..<300 {
      let (rows, columns) = (Int.random(in: 1...5, using: &generator), Int.random(in: 1...5, using: &generator))
      // Whole numbers, so that many ways gain the same.
      let gains = (0..<rows * columns).map { _ in Double(Int.random(in: 0...4, using: &generator)) }
      func best(_ row: Int, _ used: Set<Int>) -> Double {
        guard row < rows else { return 0 }
        var most = best(row + 1, used)
        for column in 0..<columns where !used.contains(column) {
          most = max(most, gains[row * columns + column] + best(row + 1, used.union([column])))
        }
        return most
      }
      var sum = 0.0
      assignment.solve(rows: rows, columns: columns, gains: gains) { sum += gains[$0 * columns + $1] }
      #expect(sum == best(0, []))
    }
  }

  @Test(
    "A thousand by a thousand of which few gain anything cost no more than looking at them", .timeLimit(.minutes(1)))
  func sparse() {
    let count = 1000
    var gains = [Double](repeating: 0, count: count * count)
    // Each row with its own column, every other one with the next column too: each is best with its own.
    for row in 0..<count { gains[row * count + row] = 2 }
    for row in stride(from: 0, to: count - 1, by: 2) { gains[row * count + row + 1] = 1 }
    var assignment = Assignment()
    var pairs: [Int: Int] = [:]
    assignment.solve(rows: count, columns: count, gains: gains) { pairs[$0] = $1 }
    #expect(pairs.count == count && pairs.allSatisfy { $0.key == $0.value })
  }

  @Test("A filter is the Kalman filter of matrices")
  func filter() {
    // F = [1 t; 0 1], Q = [p t + v t³/3, v t²/2; v t²/2, v t], H = [1 0], written out in matrices.
    var generator = SeededGenerator.printed()
    var filter = MotionFilter(0.3, placeDeviation: 0.1, velocityDeviation: 0.5)
    var (x, v) = (0.3, 0.0)
    var covariance = [[0.01, 0.0], [0.0, 0.25]]
    for _ in 0..<50 {
      let t = Double.random(in: 0.001...0.3, using: &generator)
      let (placeNoise, velocityNoise) = (0.04, 0.2)
      filter.predict(t, placeNoise: placeNoise, velocityNoise: velocityNoise)
      x += v * t
      func product(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
        (0..<2).map { i in (0..<2).map { j in a[i][0] * b[0][j] + a[i][1] * b[1][j] } }
      }
      covariance = product(product([[1, t], [0, 1]], covariance), [[1, 0], [t, 1]])
      let (p, q) = (placeNoise * placeNoise, velocityNoise * velocityNoise)
      covariance[0][0] += p * t + q * t * t * t / 3
      covariance[0][1] += q * t * t / 2
      covariance[1][0] += q * t * t / 2
      covariance[1][1] += q * t
      let measured = Double.random(in: 0...1, using: &generator)
      filter.update(measured, deviation: 0.05)
      let gain = [covariance[0][0], covariance[1][0]].map { $0 / (covariance[0][0] + 0.0025) }
      (x, v) = (x + gain[0] * (measured - x), v + gain[1] * (measured - x))
      covariance = product([[1 - gain[0], 0], [-gain[1], 1]], covariance)
      #expect(abs(filter.place - x) < 1e-9 && abs(filter.velocity - v) < 1e-9)
    }
  }

  @Test("On clips with known tracks it follows at least as well as SORT")
  func clips() throws {
    let golden = try Golden.read()
    #expect(golden.clips.count == 4)
    var better = 0.0
    var switches = (own: 0, sort: 0)
    for clip in golden.clips {
      var tracker = Tracker(Tracker.Settings())
      var (own, sort) = (TrackingMeasures(), TrackingMeasures())
      for (picture, numbers) in zip(clip.frames, clip.sort) {
        let truth = picture.truth.map { (id: Int($0[0]), box: ($0[1], $0[2], $0[3], $0[4])) }
        let boxes = picture.found.map { ($0[0], $0[1], $0[2], $0[3]) }
        sort.add(truth, zip(numbers, boxes).compactMap { number, box in number.map { ($0, box) } })
        var found = picture.found.map {
          ModelOutput.Detection(
            label: "person", score: $0[4], x: $0[0], y: $0[1], width: $0[2] - $0[0], height: $0[3] - $0[1])
        }
        tracker.update(&found, at: Self.time(picture.time))
        own.add(
          truth,
          found.compactMap { one in one.track.map { ($0, (one.x, one.y, one.x + one.width, one.y + one.height)) } })
      }
      // The measures themselves, beside NumPy's.
      #expect(abs(sort.mota - clip.measures.mota) < 1e-6 && abs(sort.idf1 - clip.measures.idf1) < 1e-6)
      #expect(sort.switches == clip.measures.switches)
      print(
        "\(clip.name): MOTA \(own.mota), IDF1 \(own.idf1), \(own.switches) switches;",
        "SORT: \(sort.mota), \(sort.idf1), \(sort.switches)")
      #expect(own.mota > 0.85 && own.idf1 > 0.85 && own.switches <= 2, "\(clip.name)")
      #expect(own.mota >= sort.mota - 0.02 && own.idf1 >= sort.idf1 - 0.02, "\(clip.name)")
      switches.own += own.switches
      switches.sort += sort.switches
      better += own.mota + own.idf1 - sort.mota - sort.idf1
    }
    #expect(better >= 0.1 && switches.own <= switches.sort)
  }

  @Test("A number comes with age, stays over a pause, and is not given again")
  func life() {
    var tracker = Tracker(Tracker.Settings())
    func numbers(_ found: [ModelOutput.Detection], at milliseconds: Int64) -> [Int?] {
      var found = found
      tracker.update(&found, at: Self.time(milliseconds))
      return found.map(\.track)
    }
    #expect(numbers([Self.thing(0.1)], at: 0) == [nil])
    #expect(numbers([Self.thing(0.1)], at: 20) == [nil])
    #expect(numbers([Self.thing(0.1)], at: 40) == [1])
    // Another label is another thing; something seen once is nothing.
    #expect(numbers([Self.thing(0.1), Self.thing(0.1, label: "cat")], at: 80) == [1, nil])
    #expect(numbers([Self.thing(0.1)], at: 120) == [1])
    // Out of sight for a second, but not for longer.
    #expect(numbers([], at: 160).isEmpty)
    #expect(numbers([Self.thing(0.1)], at: 1120) == [1])
    #expect(numbers([], at: 1160).isEmpty)
    #expect(numbers([Self.thing(0.1)], at: 2160) == [nil])
    #expect(numbers([Self.thing(0.1)], at: 2200) == [2])
    tracker.reset()
    #expect(numbers([Self.thing(0.1)], at: 2240) == [nil])
    #expect(numbers([Self.thing(0.1)], at: 2280) == [1])
    // Time that goes back begins anew, with new numbers.
    #expect(numbers([Self.thing(0.1)], at: 10) == [nil])
    #expect(numbers([Self.thing(0.1)], at: 50) == [2])
  }

  @Test("No more is followed than there is a limit for; what was seen last stays", .timeLimit(.minutes(1)))
  func bounded() {
    var tracker = Tracker(Tracker.Settings(birth: .zero, lost: .seconds(60)))
    var (most, last) = (0, [ModelOutput.Detection]())
    // Pictures of 200 things each, none where one of any picture before was.
    for picture in 0..<20 {
      var found = (0..<200).map { place in
        let index = picture * 200 + place
        return Self.thing(Float(index % 64) / 64, Float(index / 64) / 64, size: 0.01)
      }
      tracker.update(&found, at: Self.time(Int64(picture) * 40))
      #expect(found.count == 200)
      (most, last) = (max(most, tracker.followed), found)
    }
    #expect(most == Tracker.limit)
    let before = last.map(\.track)
    tracker.update(&last, at: Self.time(800))
    #expect(last.map(\.track) == before)
  }

  @Test("An unsure detection continues what is followed and begins nothing")
  func unsure() {
    var tracker = Tracker(Tracker.Settings(high: 0.6, birth: .zero))
    var found = [Self.thing(0.1, score: 0.9), Self.thing(0.7, score: 0.3)]
    tracker.update(&found, at: Self.time(0))
    #expect(found.map(\.track) == [1])
    found = [Self.thing(0.11, score: 0.2), Self.thing(0.7, score: 0.3)]
    tracker.update(&found, at: Self.time(40))
    #expect(found.map(\.track) == [1] && found[0].score == 0.2)
  }

  @Test("Two that cross keep their numbers, by their motion, at any rate of pictures", arguments: [20, 40, 100])
  func crossing(period: Int64) {
    var tracker = Tracker(Tracker.Settings(birth: .zero))
    var numbers: [[Int?]] = []
    for milliseconds in stride(from: Int64(0), through: 3000, by: Int(period)) {
      let part = Float(milliseconds) / 3000
      // While they cover each other only one is found.
      let (first, second) = (Self.thing(0.1 + 0.6 * part), Self.thing(0.7 - 0.6 * part, 0.42))
      var found = abs(first.x - second.x) < 0.04 ? [first] : [first, second]
      tracker.update(&found, at: Self.time(milliseconds))
      if found.count == 2 { numbers.append(found.map(\.track)) }
    }
    #expect(Set(numbers.map { "\($0)" }).count == 1, "\(numbers.last ?? []) after \(numbers.first ?? [])")
  }
}
