import BraidCore
import BraidFeatures
import BraidTestSupport
import Glibc
import Testing

@Suite("Hits in pictures without a model")
struct HitPictureTests {
  private static let width = 160
  private static let height = 90

  /// A disc with soft edges on a checked ground; several if there are several centres.
  private func picture(
    _ centres: [(x: Double, y: Double)], radius: Double = 6, ground: Int = 0, noise: Int = 0, level: Double = 230,
    using generator: inout SeededGenerator
  ) -> [UInt8] {
    var pixels = [UInt8](repeating: 0, count: Self.width * Self.height)
    for y in 0..<Self.height {
      for x in 0..<Self.width {
        var value = 80.0 + Double(((x + ground) / 16 + y / 16) % 2) * 20
        for centre in centres {
          let distance =
            ((Double(x) + 0.5 - centre.x) * (Double(x) + 0.5 - centre.x)
            + (Double(y) + 0.5 - centre.y) * (Double(y) + 0.5 - centre.y)).squareRoot()
          value += (level - value) * max(0, min(1, radius - distance + 0.5))
        }
        let shift = noise > 0 ? Int.random(in: -noise...noise, using: &generator) : 0
        pixels[y * Self.width + x] = UInt8(clamping: Int(value) + shift)
      }
    }
    return pixels
  }

  private func hits(_ pictures: [[UInt8]], fps: Double, finish: Bool = true) -> [Double] {
    var detector = PictureHitDetector()
    var found: [DetectedHit] = []
    for (index, picture) in pictures.enumerated() {
      let time = MediaTime(nanoseconds: Int64(Double(index) / fps * 1e9))
      if let hit = detector.update(picture.span, width: Self.width, height: Self.height, time: time) {
        found.append(hit)
      }
    }
    if finish, let hit = detector.finish() { found.append(hit) }
    #expect(found.allSatisfy { $0.score >= 0 && $0.score <= 1 })
    return found.map(\.time.seconds)
  }

  /// A zigzag between two walls, from the left one at time 0: where it is, and when it hits.
  private func zigzag(_ time: Double, speed: Double, room: Double) -> Double {
    let way = (time * speed).truncatingRemainder(dividingBy: 2 * room)
    return way < room ? way : 2 * room - way
  }

  private func pictures(
    _ seconds: Double, fps: Double, radius: Double = 6, noise: Int = 0, level: Double = 230,
    _ path: (Double) -> [(x: Double, y: Double)]
  ) -> [[UInt8]] {
    var generator = SeededGenerator(seed: 11)
    return (0..<Int(seconds * fps)).map {
      picture(path(Double($0) / fps), radius: radius, noise: noise, level: level, using: &generator)
    }
  }

  @Test(
    "a ball between two walls hits them when it does",
    arguments: [(24.0, 6.0, 0, 230.0), (25, 4, 0, 20), (30, 9, 6, 230), (50, 6, 0, 160), (60, 10, 3, 250)])
  func bounce(fps: Double, radius: Double, noise: Int, level: Double) {
    let found = hits(
      pictures(4, fps: fps, radius: radius, noise: noise, level: level) {
        [(x: 20 + zigzag($0, speed: 170, room: 117), y: 45 + 8 * $0)]
      }, fps: fps)
    let expected = (1...5).map { Double($0) * 117 / 170 }
    #expect(found.count == expected.count, "\(found)")
    for (time, hit) in zip(expected, found) { #expect(abs(hit - time) < 0.006, "\(hit) for \(time)") }
  }

  @Test("a ball that falls hits the floor, and does not hit anything at the top of its flight")
  func gravity() {
    // Thrown up anew from the floor with 150 pixels a second against 300 a second squared: a second a bounce.
    let found = hits(
      pictures(4.5, fps: 50) { time in
        let since = time.truncatingRemainder(dividingBy: 1)
        return [(x: 20 + 25 * time, y: 75 - 150 * since + 150 * since * since)]
      }, fps: 50)
    #expect(found.count == 4, "\(found)")
    for (second, hit) in zip(1...4, found) { #expect(abs(hit - Double(second)) < 0.01, "\(hit)") }
  }

  @Test("pendulums, circles, a straight path and a stop have no hits")
  func smooth() {
    typealias Path = @Sendable (Double) -> [(x: Double, y: Double)]
    let pendulum: Path = { [(x: 80 + 50 * sin(3.8 * $0), y: 45)] }
    let fastPendulum: Path = { [(x: 80 + 50 * sin(6.9 * $0), y: 45)] }
    let circle: Path = { [(x: 80 + 30 * cos(4 * $0), y: 45 + 30 * sin(4 * $0))] }
    let straight: Path = { [(x: 10 + 35 * $0, y: 20 + 10 * $0)] }
    let stop: Path = { [(x: 10 + 60 * min($0, 2), y: 45)] }
    let rest: Path = { time in
      let x: Double = time < 1 ? 20 + 90 * time : time < 2 ? 110 : 110 - 90 * (time - 2)
      return [(x: x, y: 45)]
    }
    let two: Path = { time in
      let left = 20 + zigzag(time, speed: 60, room: 30)
      let right = 140 - zigzag(time, speed: 90, room: 40)
      return [(x: left, y: 20), (x: right, y: 75)]
    }
    let paths: [(String, Path)] = [
      ("a pendulum", pendulum), ("a fast pendulum", fastPendulum), ("a circle", circle), ("a straight path", straight),
      ("a stop", stop), ("a stop and, later, the way back", rest), ("two balls apart", two),
    ]
    for (name, path) in paths {
      for fps in [25.0, 30, 50] { #expect(hits(pictures(4, fps: fps, path), fps: fps) == [], "\(name) at \(fps)") }
    }
  }

  @Test("a camera that pans there and back, flashes, cuts and noise have no hits")
  func diffuse() {
    var generator = SeededGenerator.printed()
    let pan = (0..<200).map { index in
      picture([(x: 80, y: 45)], ground: Int(zigzag(Double(index), speed: 2, room: 60)), using: &generator)
    }
    #expect(hits(pan, fps: 50) == [])
    let still = picture([(x: 80, y: 45)], using: &generator)
    let white = [UInt8](repeating: 250, count: Self.width * Self.height)
    #expect(hits((0..<100).map { $0 % 20 == 10 ? white : still }, fps: 25) == [])
    #expect(hits((0..<100).map { $0 / 10 % 2 == 0 ? white : still }, fps: 25) == [])
    #expect(hits((0..<100).map { _ in picture([(x: 80, y: 45)], noise: 12, using: &generator) }, fps: 25) == [])
  }

  @Test("pictures that are repeated do not hide a hit")
  func repeated() {
    let twice = pictures(3, fps: 25) { [(x: 20 + zigzag($0, speed: 170, room: 117), y: 45)] }.flatMap { [$0, $0] }
    let found = hits(twice, fps: 50)
    #expect(found.count == 4, "\(found)")
    for (number, hit) in zip(1...4, found) { #expect(abs(hit - Double(number) * 117 / 170) < 0.02) }
  }

  @Test("a hit is known eight pictures after it at most, and a path that ends gives out what it held")
  func latency() {
    let all = pictures(1.5, fps: 50) { [(x: 20 + zigzag($0, speed: 170, room: 117), y: 45)] }
    let hit = 117.0 / 170
    let last = Int(hit * 50) + 9
    #expect(hits(Array(all.prefix(last)), fps: 50, finish: false).count == 1)
    #expect(hits(Array(all.prefix(last - 2)), fps: 50, finish: true).count == 1)
    #expect(hits(Array(all.prefix(last - 5)), fps: 50, finish: true) == [])
  }

  @Test("a change of size and a reset start anew")
  func restart() {
    let all = pictures(1.2, fps: 50) { [(x: 20 + zigzag($0, speed: 170, room: 117), y: 45)] }
    let corner = Int(117.0 / 170 * 50)
    for isReset in [true, false] {
      var detector = PictureHitDetector()
      for (index, picture) in all.enumerated() {
        if index == corner + 1 {
          if isReset {
            detector.reset()
          } else {
            let time = MediaTime(nanoseconds: Int64(index) * 20_000_000 - 1)
            #expect(detector.update(picture.span, width: 90, height: 160, time: time) == nil)
          }
        }
        let time = MediaTime(nanoseconds: Int64(index) * 20_000_000)
        #expect(detector.update(picture.span, width: Self.width, height: Self.height, time: time) == nil)
      }
      #expect(detector.finish() == nil)
    }
  }
}
