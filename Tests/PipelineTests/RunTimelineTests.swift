import BraidCore
import BraidFeatures
import BraidTestSupport
import Testing

@testable import BraidPipeline

@Suite struct RunTimelineTests {
  /// Blocks of silence whose times follow a clock that is off by this much, from 3 s on.
  private func blocks(
    _ count: Int, frames: Int = 480, sampleRate: Int = 48_000, partsPerMillion: (Int) -> Double
  ) -> [AudioBlock] {
    var time = 3_000_000_000.0
    let samples = SampleBuffer(capacity: frames)
    return (0..<count).map { index in
      defer { time += Double(frames) / Double(sampleRate) * 1e9 / (1 + partsPerMillion(index) * 1e-6) }
      return AudioBlock(
        time: MediaTime(nanoseconds: Int64(time.rounded())), captured: nil, epoch: 0, sampleRate: sampleRate,
        channelCount: 1, frameCount: frames, decodedFrames: 1, samples: samples)
    }
  }

  @Test(arguments: [500.0, -300, 20])
  func `a sample's time is its block's, however long the clock has drifted`(drift: Double) {
    var timeline = RunTimeline()
    var said: [(position: MediaDuration, time: MediaTime)] = []
    var previous = MediaTime.distantPast
    for (index, block) in blocks(13_000, partsPerMillion: { _ in drift }).enumerated() {
      timeline.append(block)
      // Within what a block drifts by, and continuous.
      let position = MediaDuration.samples(Int64(index * 480), sampleRate: 48_000)
      #expect((timeline.time(at: position) - block.time).magnitude <= MediaDuration(nanoseconds: 6000))
      for part in 0..<4 {
        let inside = position + .samples(Int64(part * 120), sampleRate: 48_000)
        let time = timeline.time(at: inside)
        #expect(time > previous)
        if index > 9000 { said.append((inside, time)) }
        previous = time
      }
      #expect(timeline.endTime > previous)
    }
    for (position, time) in said { #expect(timeline.time(at: position) == time, "what was said stays true") }
    // Long ago: the oldest drift that is remembered.
    #expect((timeline.time(at: .zero) - MediaTime(nanoseconds: 3_000_000_000)).magnitude < .milliseconds(30))
  }

  @Test func `a clock that is slewed by five per cent for a while goes on`() {
    var timeline = RunTimeline()
    var previous = MediaTime.distantPast
    for (index, block) in blocks(500, partsPerMillion: { (100..<200).contains($0) ? 50_000 : 0 }).enumerated() {
      timeline.append(block)
      for part in 0..<480 {
        let time = timeline.time(at: .samples(Int64(index * 480 + part), sampleRate: 48_000))
        #expect(time > previous)
        previous = time
      }
    }
  }

  @Test(arguments: [44_100, 48_000, 11_025])
  func `without drift times are exact`(sampleRate: Int) {
    var timeline = RunTimeline()
    var random = SeededGenerator.printed()
    let origin = MediaTime(nanoseconds: 123_456_789)
    var taken = 0
    for _ in 0..<2000 {
      let frames = Int.random(in: 1...3000, using: &random)
      timeline.append(
        AudioBlock(
          time: origin + .samples(Int64(taken), sampleRate: sampleRate), captured: nil, epoch: 0,
          sampleRate: sampleRate, channelCount: 1, frameCount: frames, decodedFrames: 1,
          samples: SampleBuffer(capacity: 1)))
      taken += frames
      let sample = Int64.random(in: 0...Int64(taken) * 16_000 / Int64(sampleRate), using: &random)
      #expect(
        timeline.time(at: .samples(sample, sampleRate: 16_000)) == origin + .samples(sample, sampleRate: 16_000))
    }
    #expect(timeline.endTime == origin + .samples(Int64(taken), sampleRate: sampleRate))
    timeline.removeAll()
    #expect(timeline.origin == nil)
  }

  @Test func `times that no clock has do no harm`() {
    var timeline = RunTimeline()
    let odd: [Int64] = [0, .max, .min, 1, .max - 1, -1, .min, .max]
    for time in odd + odd {
      timeline.append(
        AudioBlock(
          time: MediaTime(nanoseconds: time), captured: nil, epoch: 0, sampleRate: 48_000, channelCount: 1,
          frameCount: 480, decodedFrames: 1, samples: SampleBuffer(capacity: 1)))
      for position in odd { _ = timeline.time(at: MediaDuration(nanoseconds: position)) }
    }
  }

  @Test func `rows and samples of a drifting microphone keep to its blocks' times, with the same bits`() throws {
    // 48 kHz to 16 kHz for 40 s at +500 ppm: 20 ms by the end.
    func run(_ drift: Double) throws -> (rows: [Float], times: [MediaTime], path: SoundPath, last: AudioBlock) {
      let path = try SoundPath(format: SoundFormat(sampleRate: 16_000))
      let track = try path.track(FeatureSelection.parse("rms", onStreams: true)[0], rows: 4)
      var rows: [Float] = []
      var times: [MediaTime] = []
      let feature = path.tracks[track].feature
      path.listen(toTrack: track) { [unowned path] row, number in
        rows.append(row[0])
        times.append(path.time(ofSample: feature.centreSample(ofRow: number)))
      }
      var heard: [MediaTime] = []
      path.listen { _, time in heard.append(time) }
      let blocks = blocks(4000) { _ in drift }
      for (index, block) in blocks.enumerated() {
        unsafe block.samples.withUnsafeMutableSamples(480) { samples in
          for sample in 0..<480 { unsafe samples[sample] = Float((index * 480 + sample) * 7919 % 1001) / 1001 - 0.5 }
        }
        try path.push(block)
        // The resampler's delay is taken out: what it gives out now lies up to 2 ms before the block's end.
        let expected = block.time - .milliseconds(1)
        if index > 1 { #expect((try #require(heard.last) - expected).magnitude < .milliseconds(2)) }
      }
      return (rows, times, path, try #require(blocks.last))
    }
    let (steady, drifting) = (try run(0), try run(500))
    #expect(steady.rows == drifting.rows && steady.rows.count > 1000)
    let row = try #require(steady.times.last)
    #expect(abs(try #require(drifting.times.last).seconds - (3 + (row.seconds - 3) / 1.0005)) < 1e-5)
    // An event that detectors time by counting.
    let counted = MediaTime(nanoseconds: 3_000_000_000) + .seconds(30)
    #expect(abs(drifting.path.time(byCount: counted).seconds - (3 + 30 / 1.0005)) < 1e-5)
    #expect(steady.path.time(byCount: counted) == counted)
    // What was captured when is told by the same line.
    #expect(drifting.path.captured(before: 3) == nil)
  }
}
