import BraidCore
import BraidFeatures
import BraidTestSupport
import Testing

@Suite("Motion and cuts without a model")
struct PictureDetectorTests {
  private static let width = 160
  private static let height = 90

  /// A scene: smooth random shapes that a seed determines, shifted by some pixels.
  private func scene(_ seed: UInt64, shift: Int = 0, gain: Float = 1, offset: Float = 0) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    let shapes = (0..<12).map { _ in
      (
        x: Int.random(in: -100...300, using: &generator), y: Int.random(in: 0..<90, using: &generator),
        width: Int.random(in: 20...80, using: &generator), height: Int.random(in: 20...60, using: &generator),
        level: Float.random(in: 20...230, using: &generator)
      )
    }
    let ground = Float.random(in: 20...230, using: &generator)
    return (0..<(Self.width * Self.height)).map { index in
      let x = index % Self.width + shift
      let y = index / Self.width
      let top = shapes.last { abs(x - $0.x) < $0.width / 2 && abs(y - $0.y) < $0.height / 2 }
      return UInt8(max(0, min(255, (top?.level ?? ground) * gain + offset)))
    }
  }

  private func time(_ picture: Int) -> MediaTime { MediaTime(nanoseconds: Int64(picture) * 40_000_000) }

  /// The numbers of the pictures that begin a scene.
  private func cuts(_ pictures: [[UInt8]]) -> [Int] {
    var detector = SceneCutDetector()
    var cuts: [Int] = []
    for (index, picture) in pictures.enumerated() {
      let cut = detector.update(picture.span, width: Self.width, height: Self.height, time: time(index))
      if let cut { cuts.append(Int(cut.time.nanoseconds / 40_000_000)) }
    }
    if let cut = detector.finish() { cuts.append(Int(cut.time.nanoseconds / 40_000_000)) }
    return cuts
  }

  private func intervals(_ pictures: [[UInt8]]) -> [DetectedInterval] {
    var detector = MotionDetector()
    var found = pictures.enumerated().compactMap { index, picture in
      detector.update(picture.span, width: Self.width, height: Self.height, time: time(index))
    }
    if let last = detector.finish() { found.append(last) }
    return found
  }

  private func still(_ seed: UInt64, _ count: Int) -> [[UInt8]] { Array(repeating: scene(seed), count: count) }

  @Test("cuts between scenes are found where they are", arguments: 1...8)
  func cuts(seed: UInt64) {
    #expect(cuts(still(seed, 20) + still(seed + 100, 30) + still(seed + 200, 10)) == [20, 50])
  }

  @Test("a cut on the last picture is given at the end")
  func lastPicture() {
    #expect(cuts(still(1, 20) + still(101, 1)) == [20])
  }

  @Test("flashes of one and two pictures are no cuts", arguments: 1...8)
  func flashes(seed: UInt64) {
    let flash = [UInt8](repeating: 250, count: Self.width * Self.height)
    let other = scene(seed + 300)
    for length in 1...2 {
      #expect(cuts(still(seed, 20) + Array(repeating: flash, count: length) + still(seed, 20)) == [])
      #expect(cuts(still(seed, 20) + Array(repeating: other, count: length) + still(seed, 20)) == [])
    }
  }

  @Test("fast pans, fades and steps of brightness are no cuts", arguments: 1...8)
  func movement(seed: UInt64) {
    #expect(cuts(still(seed, 10) + (0..<40).map { scene(seed, shift: $0 * 12) }) == [])
    #expect(cuts((0..<40).map { scene(seed, gain: Float($0) / 40) }) == [])
    #expect(cuts(still(seed, 20) + (0..<20).map { _ in scene(seed, gain: 0.6, offset: 60) }) == [])
  }

  @Test("a cut into a pan is still a cut")
  func cutIntoPan() {
    #expect(cuts(still(1, 20) + (0..<20).map { scene(101, shift: $0 * 2) }) == [20])
  }

  @Test("a change of size starts anew without a cut")
  func size() {
    var detector = SceneCutDetector()
    let picture = scene(1)
    #expect(detector.update(picture.span, width: 160, height: 90, time: time(0)) == nil)
    #expect(detector.update(picture.span, width: 90, height: 160, time: time(1)) == nil)
    #expect(detector.difference == 0)
    #expect(detector.finish() == nil)
  }

  @Test("a small ball that crosses the picture is motion from when it starts to when it stops")
  func motion() throws {
    let pictures = (0..<150).map { index -> [UInt8] in
      let x = 10 + 2 * min(max(0, index - 50), 60)
      return (0..<(Self.width * Self.height)).map { pixel in
        abs(pixel % Self.width - x) < 6 && abs(pixel / Self.width - 45) < 6 ? 240 : 30
      }
    }
    let found = intervals(pictures)
    #expect(found.map(\.isFinal) == [false, true])
    let last = try #require(found.last)
    #expect(abs(last.start.seconds - 2) <= 0.3 && abs(last.end.seconds - 4.4) <= 0.3)
    #expect(last.score > 0 && last.score <= 1)
  }

  @Test("still pictures with noise, cuts and flashes are no motion")
  func noMotion() {
    var generator = SeededGenerator.printed()
    let base = scene(3)
    let noisy = (0..<60).map { _ in base.map { UInt8(clamping: Int($0) + Int.random(in: -4...4, using: &generator)) } }
    #expect(intervals(noisy) == [])
    #expect(intervals(still(1, 40) + still(101, 40) + still(201, 40)) == [])
    let flash = [UInt8](repeating: 250, count: Self.width * Self.height)
    #expect(intervals(still(1, 40) + [flash] + still(1, 40)) == [])
  }
}
