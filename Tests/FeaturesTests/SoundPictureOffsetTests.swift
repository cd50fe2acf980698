import BraidCore
import BraidFeatures
import BraidTestSupport
import CKernels
import Testing

@Suite("The offset of sound to picture", .timeLimit(.minutes(5)))
struct SoundPictureOffsetTests {
  private func estimate(_ clip: SoundAndPictureClip) throws -> SoundPictureOffset.Estimate? {
    let feature = try SoundPictureOffset()
    clip.feed(feature) { _, _ in }
    feature.finish { _, _ in }
    return feature.overall
  }

  @Test(
    "it is measured to 10 ms, to 12.5 at 24 pictures a second, whatever happens, at any frame rate, with noise and irregular pictures",
    arguments: SoundAndPictureClip.Kind.allCases, [24.0, 30, 60])
  func offsets(kind: SoundAndPictureClip.Kind, rate: Double) throws {
    var generator = SeededGenerator(seed: 5)
    var largest = 0.0
    for (offset, noise, jitter) in [(0.0, 2, 0.0), (-0.4, 2, 0), (0.4, 5, 0), (0.137, 2, 0.3)] {
      let clip = SoundAndPictureClip(
        kind, framesPerSecond: rate, offset: offset, noise: noise, jitter: jitter, using: &generator)
      let found = try #require(try estimate(clip))
      #expect(found.confidence >= SoundPictureOffset.sureConfidence, "\(kind) \(rate) \(offset): \(found)")
      #expect(
        abs(found.offset.milliseconds - offset * 1000) <= max(10, 300 / rate), "\(kind) \(rate) \(offset): \(found)")
      largest = max(largest, abs(found.offset.milliseconds - offset * 1000))
    }
    print("\(kind) at \(rate): off by \(largest) ms at most")
  }

  @Test("sound that has nothing to do with the picture is never sure", arguments: SoundAndPictureClip.Kind.allCases)
  func unrelated(kind: SoundAndPictureClip.Kind) throws {
    var largest = 0.0
    for seed in 1...3 {
      var generator = SeededGenerator(seed: UInt64(seed))
      let clip = SoundAndPictureClip(kind, framesPerSecond: 25, offset: 0, unrelated: true, using: &generator)
      let confidence = try estimate(clip)?.confidence ?? 0
      largest = max(largest, confidence)
      #expect(confidence < SoundPictureOffset.sureConfidence, "\(kind), seed \(seed)")
    }
    print("\(kind): confidence up to \(largest) without any relation")
  }

  @Test("two events are not enough, and neither are silence, stillness or nothing at all")
  func little() throws {
    var generator = SeededGenerator(seed: 5)
    var short = SoundAndPictureClip(.flash, framesPerSecond: 30, offset: 0.1, seconds: 1.9, using: &generator)
    #expect((try estimate(short)?.confidence ?? 0) < SoundPictureOffset.sureConfidence)
    short.samples = Array(repeating: 0, count: 30_000)
    #expect(try estimate(short) == nil)
    short.pictures = short.pictures.map { _ in [UInt8](repeating: 9, count: 14_400) }
    #expect(try estimate(short) == nil)
    #expect(try SoundPictureOffset().overall == nil)
  }

  @Test("rows come every second, the same however the sound is cut, and follow a change of the offset")
  func rows() throws {
    var generator = SeededGenerator.printed()
    let clip = SoundAndPictureClip(.flash, framesPerSecond: 30, offset: 0.12, using: &generator)
    let feature = try SoundPictureOffset(windowSeconds: 8)
    func rows(_ pieces: [Int]) -> [[Double]] {
      feature.reset()
      var rows: [[Double]] = []
      clip.feed(feature, pieces: pieces) { rows.append([$1.seconds, Double($0[0]), Double($0[1])]) }
      feature.finish { rows.append([$1.seconds, Double($0[0]), Double($0[1])]) }
      return rows
    }
    let whole = rows([640])
    #expect(whole.map { $0[0] } == (1...11).map { Double($0) })
    #expect(whole.dropFirst(7).allSatisfy { abs($0[1] - 120) < 10 && $0[2] > 0.4 && $0[2] <= 1 }, "\(whole)")
    for pieces in [[1, 333, 5000, 0], [16_000], [77]] { #expect(rows(pieces) == whole) }
    // The same clip again, 20 s later, the sound early now: a gap in both, and the window forgets.
    let early = SoundAndPictureClip(.flash, framesPerSecond: 30, offset: -0.2, using: &generator)
    feature.reset()
    clip.feed(feature) { _, _ in }
    feature.breakSound()
    feature.breakPictures()
    var last: [Float] = []
    early.feed(feature, shift: .seconds(20)) { row, _ in last = [row[0], row[1]] }
    #expect(abs(last[0] + 200) < 10 && last[1] > 0.4, "\(last)")
  }

  @Test("sound whose clock drifts is where its times say, not its count of samples")
  func drift() throws {
    var generator = SeededGenerator.printed()
    let clip = SoundAndPictureClip(.flash, framesPerSecond: 60, offset: 0.05, using: &generator)
    let feature = try SoundPictureOffset()
    // 4000 ppm: 48 ms by the end.
    clip.feed(feature, partsPerMillion: 4000, pieces: [320]) { _, _ in }
    feature.finish { _, _ in }
    let found = try #require(feature.overall)
    #expect(abs(found.offset.milliseconds - 50) <= 10 && found.confidence > 0.4, "\(found)")
  }

  @Test("time that goes back, samples that are not finite and pictures that change their size do not spoil it")
  func hostile() throws {
    var generator = SeededGenerator.printed()
    let clip = SoundAndPictureClip(.square, framesPerSecond: 25, offset: 0.05, using: &generator)
    let feature = try SoundPictureOffset()
    let format = PictureFormat(width: 3, height: 2)
    feature.push([.nan, .infinity, 1e30].span, time: .distantFuture) { _, _ in }
    for time in [MediaTime.distantFuture, .distantPast, .zero] {
      feature.push([UInt8](repeating: 7, count: 18).span, format: format, time: time) { _, _ in }
    }
    feature.breakSound()
    feature.breakPictures()
    clip.feed(feature, shift: .seconds(100_000)) { _, _ in }
    feature.breakSound()
    feature.breakPictures()
    clip.feed(feature) { row, _ in #expect(row[0].isFinite && row[1].isFinite) }
    feature.finish { _, _ in }
    let found = try #require(feature.overall)
    #expect(abs(found.offset.milliseconds - 50) <= 10 && found.confidence > 0.4)
  }

  @Test("motion of blocks is what plain Swift makes of it, at any size")
  func kernel() {
    var generator = SeededGenerator.printed()
    for (width, height) in [(8, 8), (16, 8), (29, 43), (160, 90)] {
      let a = (0..<(width * height)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let b = (0..<(width * height)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let (columns, rows) = (width / 8, height / 8)
      var motion = [Float](repeating: -1, count: 6 * columns * rows)
      #expect(unsafe braid_block_motion_u8(a, b, width, height, &motion) == 1)
      func both(_ x: Int, _ y: Int) -> Double {
        let index = min(height - 1, max(0, y)) * width + min(width - 1, max(0, x))
        return (Double(a[index]) + Double(b[index])) / 2
      }
      for block in 0..<(columns * rows) {
        let (left, top) = (block % columns * 8, block / columns * 8)
        let pixels = (0..<64).map { (left + $0 % 8, top + $0 / 8) }
        let changes = pixels.map { Double(a[$0.1 * width + $0.0]) - Double(b[$0.1 * width + $0.0]) }
        let mean = changes.reduce(0, +) / 64
        var (x, y) = (0.0, 0.0)
        for (pixel, change) in zip(pixels, changes) {
          x += (change - mean) * (both(pixel.0 + 1, pixel.1) - both(pixel.0 - 1, pixel.1)) / 2
          y += (change - mean) * (both(pixel.0, pixel.1 + 1) - both(pixel.0, pixel.1 - 1)) / 2
        }
        let expected = [x - 512, -x - 512, y - 512, -y - 512, mean - 1.5, -mean - 1.5].map { max(0, $0) }
        for (quantity, value) in expected.enumerated() {
          let found = Double(motion[quantity * columns * rows + block])
          #expect(abs(found - value) <= 1e-4 * max(1, abs(x), abs(y)) + 1, "\(quantity): \(found) \(value)")
        }
      }
      // What stopped: a block has moved, and nothing of its kind is left in it or beside it.
      var after = [Float](repeating: 0, count: motion.count)
      var (stopped, light): (Float, Float) = (0, 0)
      unsafe braid_stopped_motion(motion, after, columns, rows, &stopped, &light)
      let sum = motion[..<(4 * columns * rows)].reduce(0, +)
      #expect(abs(stopped - sum) <= 1e-4 * sum)
      #expect(abs(light - motion[(4 * columns * rows)...].reduce(0, +)) <= 1e-2 * max(1, light))
      for index in after.indices where index % (columns * rows) == 0 { after[index] = .greatestFiniteMagnitude }
      unsafe braid_stopped_motion(motion, after, columns, rows, &stopped, &light)
      if columns <= 2 && rows <= 2 { #expect(stopped == 0 && light == 0) } else { #expect(stopped < sum) }
    }
  }
}
