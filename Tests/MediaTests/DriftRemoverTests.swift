import BraidCore
import BraidMedia
import BraidTestSupport
import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct DriftRemoverTests {
  private static let rate = 48_000
  private static let frames = 480
  private static let frequency = 1000.0

  /// What a run of a simulated microphone became.
  private struct Outcome {
    var samples: [Float] = []
    var origin = MediaTime.zero
    var taken = 0
    var worstGap = 0
    var last: AudioBlock?
  }

  /// A sine of true ``frequency``, captured by a clock that is off, its blocks timed by its recovered clock.
  private func record(_ partsPerMillion: Double, seconds: Int, jitter: Double = 1e-4) throws -> Outcome {
    var random = SeededGenerator(seed: 21)
    var clock = ClockRecovery()
    var remover = DriftRemover()
    var outcome = Outcome()
    let step = 1 / (Double(Self.rate) * (1 + partsPerMillion * 1e-6))
    var start = clock.update(source: .zero, observed: HostTime(nanoseconds: 0))
    outcome.origin = MediaTime(nanoseconds: start.nanoseconds)
    let take: (AudioBlock) -> Void = { block in
      #expect(block.time == outcome.origin + .samples(Int64(outcome.samples.count), sampleRate: Self.rate))
      block.withSamples { for index in 0..<block.frameCount { outcome.samples.append($0[index * 2 + 1]) } }
      outcome.last = block
    }
    for index in 0..<seconds * Self.rate / Self.frames {
      let buffer = SampleBuffer(capacity: Self.frames * 2)
      unsafe buffer.withUnsafeMutableSamples(Self.frames * 2) { samples in
        for sample in 0..<Self.frames {
          let phase = Self.frequency * Double(index * Self.frames + sample) * step
          unsafe samples[sample * 2] = 0.25
          unsafe samples[sample * 2 + 1] = Float(0.5 * sin(2 * .pi * phase.truncatingRemainder(dividingBy: 1)))
        }
      }
      let truth = Double((index + 1) * Self.frames) * step
      let observed = truth + Double.random(in: -jitter...jitter, using: &random)
      let end = clock.update(
        source: .samples(Int64((index + 1) * Self.frames), sampleRate: Self.rate),
        observed: HostTime(nanoseconds: Int64(observed * 1e9)))
      let block = AudioBlock(
        time: MediaTime(nanoseconds: start.nanoseconds), captured: end, epoch: 0, sampleRate: Self.rate,
        channelCount: 2, frameCount: Self.frames, decodedFrames: 1, samples: buffer)
      try remover.process(block, rate: clock.rate, take)
      start = end
      outcome.taken += Self.frames
      let should = (MediaTime(nanoseconds: end.nanoseconds) - outcome.origin).seconds * Double(Self.rate)
      if index > 1000 { outcome.worstGap = max(outcome.worstGap, abs(outcome.samples.count - Int(should))) }
    }
    try remover.finish(take)
    #expect(remover.taken == Int64(outcome.taken) && remover.given == Int64(outcome.samples.count))
    return outcome
  }

  /// The phase of the sine in a stretch, in cycles against the session's clock, and what is not the sine, over it.
  private func measure(_ samples: ArraySlice<Float>, from start: Int) -> (phase: Double, distortion: Double) {
    let turn = 2 * Double.pi * Self.frequency / Double(Self.rate)
    var (sine, cosine) = (0.0, 0.0)
    for (offset, sample) in samples.enumerated() {
      sine += Double(sample) * sin(turn * Double(start + offset))
      cosine += Double(sample) * cos(turn * Double(start + offset))
    }
    let scale = 2 / Double(samples.count)
    (sine, cosine) = (sine * scale, cosine * scale)
    var rest = 0.0
    for (offset, sample) in samples.enumerated() {
      let expected = sine * sin(turn * Double(start + offset)) + cosine * cos(turn * Double(start + offset))
      rest += (Double(sample) - expected) * (Double(sample) - expected)
    }
    let power = (sine * sine + cosine * cosine) / 2
    return (atan2(cosine, sine) / 2 / .pi, (rest / Double(samples.count) / power).squareRoot())
  }

  @Test(arguments: [500.0, -300, 0])
  func `after it the nominal rate is the session's, and a sine stays a sine`(partsPerMillion: Double) throws {
    let seconds = 130
    let outcome = try record(partsPerMillion, seconds: seconds)
    // As many samples as the session's clock says: 3117 fewer than were taken, at +500 ppm.
    let truth = Double(outcome.taken) / (1 + partsPerMillion * 1e-6)
    #expect(abs(Double(outcome.samples.count) - truth) < 10)
    #expect(outcome.worstGap < 100, "no more is held back than the filter is long")
    var (worstPhase, worstDistortion) = (0.0, 0.0)
    for second in 10..<seconds - 1 {
      let start = second * Self.rate
      let (phase, distortion) = measure(outcome.samples[start..<start + Self.rate / 20], from: start)
      worstPhase = max(worstPhase, abs(phase))
      if second >= 20 { worstDistortion = max(worstDistortion, distortion) }
      #expect(distortion < 2e-3)
    }
    print(
      "\(partsPerMillion) ppm: \(worstPhase / Self.frequency * 1e6) us, distortion \(20 * log10(worstDistortion)) dB")
    #expect(worstPhase / Self.frequency < 1e-4, "a tenth of a millisecond")
    #expect(worstDistortion < 1e-4, "-80 dB of harmonics and noise in 50 ms")
    // What was captured when is known of the newest sample.
    let last = try #require(outcome.last)
    #expect(abs(try #require(last.captured).nanoseconds - last.end.nanoseconds) < 20_000)
  }

  @Test func `a new epoch gives out the rest of the last, and runs do not overlap`() throws {
    var remover = DriftRemover()
    var blocks: [AudioBlock] = []
    let take: (AudioBlock) -> Void = { blocks.append($0) }
    for epoch in 0..<4 {
      for part in 0..<50 {
        let start = MediaTime.zero + .milliseconds(Int64(epoch * 700 + part * 10))
        try remover.process(
          AudioBlock(
            time: start, captured: nil, epoch: epoch, sampleRate: 44_100, channelCount: 1, frameCount: 441,
            decodedFrames: 1, samples: SampleBuffer(capacity: 441)), rate: 1, take)
      }
    }
    try remover.finish(take)
    #expect(remover.taken == 4 * 50 * 441 && remover.given == remover.taken)
    #expect(blocks.reduce(0) { $0 + $1.decodedFrames } == 200)
    for (one, next) in zip(blocks, blocks.dropFirst()) {
      #expect(next.time >= one.end - MediaDuration(nanoseconds: 1))
      if one.epoch == next.epoch { #expect((next.time - one.end).magnitude.nanoseconds <= 1) }
    }
    #expect(Set(blocks.map(\.epoch)) == [0, 1, 2, 3])
  }

  @Test func `rates and times that no source has do no harm`() throws {
    var remover = DriftRemover()
    var count = 0
    for rate in [Double.nan, .infinity, 0, -1, 1e-300, 1e300, 1] {
      for time in [Int64.min, .max, 0, 1_000_000_000_000_000_000] {
        try remover.process(
          AudioBlock(
            time: MediaTime(nanoseconds: time), captured: nil, epoch: 0, sampleRate: 48_000, channelCount: 1,
            frameCount: 480, decodedFrames: 1, samples: SampleBuffer(capacity: 480)), rate: rate
        ) { count += $0.frameCount }
      }
    }
    #expect(count > 0)
  }
}
