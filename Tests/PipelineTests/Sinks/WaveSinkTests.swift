import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidPipeline

/// Sound in WAVE files, read back by FFmpeg and by Python's own reader.
@Suite("WAVE sinks", .timeLimit(.minutes(1)))
struct WaveSinkTests {
  private func time(_ seconds: Double) -> MediaTime {
    MediaTime(nanoseconds: Int64((seconds * 1e9).rounded()))
  }

  /// Writes pieces, each at its time.
  private func write(
    _ pieces: [(samples: [Float], time: Double, rate: Int)], _ path: String,
    _ format: SinkSetting.SampleFormat
  ) throws -> (account: SinkAccount, taken: [Bool]) {
    let channel = SinkChannel(
      SinkChannel.Settings(id: "test", capacity: 1 << 20, drop: .none),
      writer: try WaveSink(path: path, format: format),
      clock: MonotonicClock(), ready: Signal(), place: 0, note: { _ in })
    var timeline = WaveTimeline(format)
    let taken = pieces.map { piece in
      timeline.take(
        piece.samples, sampleRate: piece.rate, of: "m@1.0.0", "audio:0", at: time(piece.time)
      ) { item, place in
        channel.offer(item, tag: place) { false }
      }
    }
    channel.drain { nil }
    channel.end { nil }
    return (channel.account, taken)
  }

  /// The samples as FFmpeg reads them.
  private func read(_ path: String, _ scratch: Scratch) throws -> [Float] {
    try Tool.ffmpeg("-i", path, "-f", "f32le", scratch.path("raw"))
    return try unsafe Data(contentsOf: URL(fileURLWithPath: scratch.path("raw"))).withUnsafeBytes {
      unsafe Array($0.bindMemory(to: Float.self))
    }
  }

  @Test(
    "Samples stand where their times say, with silence between; rounding of times makes no gaps",
    arguments: [
      SinkSetting.SampleFormat.s16, .f32,
    ])
  func placement(format: SinkSetting.SampleFormat) throws {
    var generator = SeededGenerator.printed()
    let scratch = try Scratch()
    let rate = 16000
    var pieces: [(samples: [Float], time: Double, rate: Int)] = []
    var expected: [Float] = []
    var place = 0
    for number in 0..<40 {
      // Every tenth piece has a gap before it.
      if number % 10 == 9 {
        place += 4000
        expected += [Float](repeating: 0, count: 4000)
      }
      let samples = (0..<Int.random(in: 1...700, using: &generator)).map { _ in
        Float.random(in: -1.2...1.2, using: &generator)
      }
      let jitter = Double.random(in: -0.0005...0.0005, using: &generator)
      pieces.append(
        (samples, 3 + Double(place) / Double(rate) + (number % 10 == 9 ? 0 : jitter), rate))
      expected += samples
      place += samples.count
    }
    let (account, taken) = try write(pieces, scratch.path("a.wav"), format)
    #expect(account.lines == 40 && account.dropped == 0 && taken.allSatisfy { $0 })
    let found = try read(scratch.path("a.wav"), scratch)
    // The first piece's time may be off by the jitter, so that gaps are by as much.
    #expect(abs(found.count - expected.count) <= 16)
    let first = pieces[0].samples + pieces[1].samples
    for (value, wanted) in zip(found, first) {
      let limit = format == .s16 ? max(-1, min(1, wanted)) : wanted
      #expect(abs(value - limit) < 4e-5)
    }
    #expect(found.filter { $0 == 0 }.count >= 4 * 3980)
    if format == .s16 {
      let script = "import sys, wave; w = wave.open(sys.argv[1]); print(w.getparams()[:4])"
      let told = try Tool.run("/usr/bin/python3", ["-c", script, scratch.path("a.wav")])
      #expect(told == "(1, 2, 16000, \(found.count))\n")
    }
  }

  @Test("What is not whole is read to its end, and without sound there is a note and no head")
  func unfinished() throws {
    let scratch = try Scratch()
    let (account, _) = try write([], scratch.path("none.wav"), .s16)
    #expect(account.offered == 0)
    #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path("none.wav"))).isEmpty)
    let path = scratch.path("cut.wav")
    let channel = SinkChannel(
      SinkChannel.Settings(id: "test", capacity: 1 << 20, drop: .none),
      writer: try WaveSink(path: path, format: .s16),
      clock: MonotonicClock(), ready: Signal(), place: 0, note: { _ in })
    var timeline = WaveTimeline(.s16)
    _ = timeline.take(
      [Float](repeating: 0.5, count: 1000), sampleRate: 8000, of: "m", "audio:0", at: .zero
    ) {
      channel.offer($0, tag: $1) { false }
    }
    channel.drain { nil }
    // Not ended: the lengths are not known yet.
    #expect(try read(path, scratch).count == 1000)
    channel.end { nil }
    #expect(try read(path, scratch).count == 1000)
  }

  @Test("Sound of another rate or model is left out; a full device fails")
  func others() throws {
    let scratch = try Scratch()
    let (_, taken) = try write(
      [([1, 1], 0, 8000), ([1], 0.1, 16000), ([1], 0.2, 8000)], scratch.path("a.wav"), .f32)
    #expect(taken == [true, false, true])
    let (account, _) = try write([([1, 1], 0, 8000)], "/dev/full", .s16)
    #expect(account.errors == 1 && account.lines == 0 && account.dropped == 1)
  }
}
