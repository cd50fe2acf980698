import BraidCore
import BraidIngest
import BraidTestSupport
import Foundation
import Testing

/// Streams of one file that come in another order than their time's. The consumer takes them in merged order of time, as a
/// session does; that it comes to the end at all is half of each test.
@Suite("One stream never holds up another", .timeLimit(.minutes(3)))
struct StarvationTests {
  /// A Matroska file of picture and sound.
  private func file(
    _ scratch: Scratch, _ name: String, seconds: Int, soundDelay: Double = 0, soundSeconds: Double
  ) throws -> String {
    let path = scratch.path(name)
    try Tool.ffmpeg(
      "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=\(seconds)", "-itsoffset", "\(soundDelay)", "-f", "lavfi", "-i",
      "sine=f=440:r=16000:d=\(soundSeconds)", "-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-c:a", "pcm_s16le", path
    )
    return path
  }

  /// Four seconds of MPEG-TS (100 pictures of 4 kB, 16 kHz sound) whose sound packets all stand after all others.
  private func separated(_ scratch: Scratch) throws -> String {
    let path = scratch.path("both.ts")
    try Tool.ffmpeg(
      "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=4", "-f", "lavfi", "-i", "sine=f=440:r=16000:d=4", "-map", "0:v",
      "-map", "1:a", "-c:v", "mpeg2video", "-q:v", "2", "-c:a", "mp2", "-b:a", "32k", "-streamid", "0:256", "-streamid",
      "1:257", path)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    var others = Data()
    var sound = Data()
    for start in stride(from: 0, to: bytes.count - 187, by: 188) {
      let packet = bytes[start..<start + 188]
      let identifier = Int(packet[start + 1] & 0x1f) << 8 | Int(packet[start + 2])
      if identifier == 257 { sound += packet } else { others += packet }
    }
    return try scratch.write("separated.ts", others + sound)
  }

  @Test("Sound that begins ten seconds late keeps its time and loses nothing")
  func offset() throws {
    let scratch = try Scratch()
    let session = try Session.run(try file(scratch, "late.mkv", seconds: 14, soundDelay: 10, soundSeconds: 4))
    let (video, audio) = (try #require(session.selected(.video)), try #require(session.selected(.audio)))
    #expect(session.frames(video).count == 350)
    #expect(session.frames(audio).reduce(0) { $0 + $1.samples } == 64000)
    #expect(session.frames(audio).first?.time == MediaTime.zero + .seconds(10))
    #expect(session.gaps(audio).isEmpty && session.gaps(video).isEmpty)
    expectMerged(session)
  }

  @Test("Sound that ends early holds nothing up")
  func earlyEnd() throws {
    let scratch = try Scratch()
    let session = try Session.run(try file(scratch, "early.mkv", seconds: 20, soundSeconds: 2))
    let (video, audio) = (try #require(session.selected(.video)), try #require(session.selected(.audio)))
    #expect(session.frames(video).count == 500)
    #expect(session.frames(audio).reduce(0) { $0 + $1.samples } == 32000)
    expectMerged(session)
  }

  @Test("All of the picture before all of the sound, within the limit: nothing is lost")
  func pictureFirst() throws {
    let scratch = try Scratch()
    let path = try separated(scratch)
    let session = try Session.run(path)
    let (video, audio) = (try #require(session.selected(.video)), try #require(session.selected(.audio)))
    #expect(session.frames(video).count == 100)
    #expect(session.frames(audio).reduce(0) { $0 + $1.samples } == 56 * 1152)
    #expect(session.gaps(audio).isEmpty)
    expectMerged(session)
  }

  @Test("Beyond the limit the late sound is lost, counted, and said in one gap, whatever the rings' sizes")
  func pictureFirstBeyondLimit() throws {
    let scratch = try Scratch()
    let path = try separated(scratch)
    var results: [[String]] = []
    for depth in [1, 3, 8, 50] {
      var options = InputOptions()
      options.limits.queuedBytes = 60_000
      let session = try Session.run(path, options, depth: depth)
      let (video, audio) = (try #require(session.selected(.video)), try #require(session.selected(.audio)))
      #expect(session.frames(video).count == 100)
      // What is let in until the rule bites, and the packet with which it does.
      #expect(session.peakQueuedBytes > 50_000 && session.peakQueuedBytes < 60_000 + 10_000)
      let counters = try #require(session.counters[audio])
      #expect(counters.samples == 56 * 1152)
      #expect(counters.samplesLostInGaps > 0)
      #expect(session.frames(audio).reduce(0) { $0 + $1.samples } + counters.samplesLostInGaps == 56 * 1152)
      let gap = try #require(session.gaps(audio).first)
      #expect(session.gaps(audio).count == 1)
      #expect(gap.reason == .starved && gap.samples == counters.samplesLostInGaps && gap.time == .zero)
      results.append(
        session.taken.filter { $0.stream == audio }.map { "\($0.time.nanoseconds) \($0.samples) \($0.epoch)" })
    }
    #expect(Set(results).count == 1)
  }

  @Test("One line of text in ten minutes holds neither picture nor sound up")
  func sparseText() throws {
    let scratch = try Scratch()
    let lines = "1\n00:05:00,000 --> 00:05:02,500\n<i>Only</i> line\n\n"
    let subtitles = try scratch.write("line.srt", Data(lines.utf8))
    let path = scratch.path("sparse.mkv")
    try Tool.ffmpeg(
      "-f", "lavfi", "-i", "color=s=32x32:r=2:d=600", "-f", "lavfi", "-i", "sine=r=8000:d=600", "-i", subtitles, "-map",
      "0",
      "-map", "1", "-map", "2", "-c:v", "mpeg4", "-c:a", "pcm_s16le", "-c:s", "srt", path)
    let session = try Session.run(path)
    let text = try #require(session.selected(.text))
    let segments = session.frames(text)
    #expect(segments.count == 1)
    #expect(segments.first?.time == MediaTime.zero + .seconds(300))
    #expect(segments.first?.duration == .milliseconds(2500))
    if case .text(let words) = segments.first?.content {
      #expect(words == "Only line")
    } else {
      Issue.record("no text")
    }
    #expect(session.frames(try #require(session.selected(.video))).count == 1200)
    #expect(session.gaps(text).isEmpty)
    expectMerged(session)
  }

  /// What was taken is in the order of time over all streams.
  private func expectMerged(_ session: Session) {
    for (one, next) in zip(session.taken, session.taken.dropFirst()) { #expect(one.time <= next.time) }
  }
}
