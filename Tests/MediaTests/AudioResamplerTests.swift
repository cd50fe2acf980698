import BraidCore
import BraidMedia
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite("Resampling sound", .timeLimit(.minutes(1)))
struct AudioResamplerTests {
  private func block(
    _ samples: [Float], at time: MediaTime, rate: Int, channels: Int, epoch: Int = 0
  ) -> AudioBlock {
    let buffer = SampleBuffer(capacity: samples.count)
    unsafe buffer.withUnsafeMutableSamples(samples.count) { target in
      for index in samples.indices { unsafe target[index] = samples[index] }
    }
    return AudioBlock(
      time: time, captured: nil, epoch: epoch, sampleRate: rate, channelCount: channels,
      frameCount: samples.count / channels, decodedFrames: 1, samples: buffer)
  }

  private func run(
    _ samples: [Float], rate: Int, channels: Int, to target: Int, _ layout: AudioResampler.Channels, chunks: [Int],
    start: MediaTime = .zero
  ) throws -> (samples: [Float], times: [(position: Int, time: MediaTime)]) {
    var resampler = try AudioResampler(sampleRate: target, channels: layout)
    var output: [Float] = []
    var times: [(position: Int, time: MediaTime)] = []
    let take: (AudioBlock) -> Void = { block in
      times.append((output.count / block.channelCount, block.time))
      block.withSamples { for index in $0.indices { output.append($0[index]) } }
    }
    var position = 0
    var turn = 0
    while position < samples.count / channels {
      let count = min(chunks[turn % chunks.count], samples.count / channels - position)
      try resampler.process(
        block(
          Array(samples[position * channels..<(position + count) * channels]),
          at: start + .samples(Int64(position), sampleRate: rate), rate: rate, channels: channels), take)
      position += count
      turn += 1
    }
    try resampler.finish(take)
    return (output, times)
  }

  private func sine(_ frequency: Double, rate: Int, count: Int) -> [Float] {
    (0..<count).map { Float(sin(2 * .pi * frequency * Double($0) / Double(rate))) * 0.5 }
  }

  @Test(
    "However the input is cut, the bits are the same",
    arguments: [
      (44100, 16000, 2), (48000, 16000, 1), (8000, 16000, 2), (11025, 16000, 3), (16000, 44100, 1), (22050, 22050, 2),
      (44101, 16000, 1),
    ])
  func chunking(_ from: Int, _ to: Int, _ channels: Int) throws {
    var seed: UInt64 = 42
    let samples = (0..<from * channels).map { _ -> Float in
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int32(truncatingIfNeeded: seed >> 32)) / 2_147_483_648
    }
    let whole = try run(samples, rate: from, channels: channels, to: to, .mono, chunks: [from])
    #expect(abs(whole.samples.count - to) <= 1)
    for chunks in [[1], [7, 640, 3], [160], [1764], [from / 3, 1, 1, 2], [4096, 100]] {
      let cut = try run(samples, rate: from, channels: channels, to: to, .mono, chunks: chunks)
      #expect(cut.samples.map(\.bitPattern) == whole.samples.map(\.bitPattern), "chunks \(chunks)")
      for (position, time) in cut.times { #expect(time == .zero + .samples(Int64(position), sampleRate: to)) }
    }
  }

  @Test(
    "The filter's delay is taken out: sample k is the input at time k / rate", arguments: [44100, 48000, 8000, 11025])
  func delay(_ from: Int) throws {
    let output = try run(
      sine(440, rate: from, count: from), rate: from, channels: 1, to: 16000, .mono, chunks: [from / 25])
    let expected = sine(440, rate: 16000, count: 16000)
    for index in 200..<15800 { #expect(abs(output.samples[index] - expected[index]) < 2e-3) }
  }

  @Test("Mono is the average of the channels")
  func mono() throws {
    let samples = (0..<300).flatMap { index -> [Float] in [Float(index) / 1000, Float(-index) / 500, 0.3] }
    let output = try run(samples, rate: 16000, channels: 3, to: 16000, .mono, chunks: [100])
    #expect(output.samples.count == 300)
    for index in 0..<300 {
      let expected: Float = (0.3 - Float(index) / 1000) / 3
      #expect(abs(output.samples[index] - expected) < 1e-6)
    }
  }

  @Test("Where nothing is to be done, blocks pass through")
  func identity() throws {
    var resampler = try AudioResampler(sampleRate: 16000, channels: .mono)
    let input = block([1, 2, 3], at: .zero, rate: 16000, channels: 1)
    var passed = 0
    try resampler.process(input) { output in
      #expect(output.samples === input.samples && output.decodedFrames == 1)
      passed += 1
    }
    #expect(passed == 1)
  }

  @Test("A new epoch gives out the rest of the last and starts its own clock")
  func epochs() throws {
    var resampler = try AudioResampler(sampleRate: 16000, channels: .mono)
    var counts: [Int: Int] = [:]
    var first: [Int: MediaTime] = [:]
    let take: (AudioBlock) -> Void = { block in
      counts[block.epoch, default: 0] += block.frameCount
      if first[block.epoch] == nil { first[block.epoch] = block.time }
    }
    for epoch in 0..<3 {
      let start = MediaTime.zero + .seconds(Int64(epoch) * 10)
      for part in 0..<10 {
        let samples = [Float](repeating: 0.1, count: 4800 * (epoch + 1))
        try resampler.process(
          block(samples, at: start + .milliseconds(Int64(part) * 100), rate: 48000, channels: epoch + 1, epoch: epoch),
          take)
      }
    }
    try resampler.finish(take)
    for epoch in 0..<3 {
      #expect(abs((counts[epoch] ?? 0) - 16000) <= 1)
      #expect(first[epoch] == .zero + .seconds(Int64(epoch) * 10))
    }
  }

  @Test("Settings out of range and impossible rates are errors")
  func errors() throws {
    #expect(throws: MediaError.self) { _ = try AudioResampler(sampleRate: 0).sampleRate }
    #expect(throws: MediaError.self) { _ = try AudioResampler(sampleRate: 16000, channels: .count(65)).sampleRate }
    var resampler = try AudioResampler(sampleRate: 16000, channels: .mono)
    do {
      try resampler.process(block([Float](repeating: 0, count: 200), at: .zero, rate: 48000, channels: 100)) { _ in }
      Issue.record("100 channels were taken")
    } catch { #expect(error.code == .unsupportedConversion) }
  }
}
