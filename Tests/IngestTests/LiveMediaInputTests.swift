import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidIngest

@Suite("Live inputs", .timeLimit(.minutes(2)), .serialized)
struct LiveMediaInputTests {
  static let moving = [
    "-re", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25", "-re", "-f", "lavfi", "-i", "sine=r=48000:f=440",
  ]

  @Test("Pictures and sound over TCP come with the time of their capture, and keep their distance")
  func transportStream() throws {
    let port = FreePort.next()
    let sender = try BackgroundProcess.ffmpeg(
      Self.moving + [
        "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25", "-c:a", "aac", "-f", "mpegts",
        "tcp://127.0.0.1:\(port)?listen=1",
      ])
    let session = try open("tcp://127.0.0.1:\(port)")
    session.run(for: .seconds(5))
    let (video, audio) = (try session.index(.video), try session.index(.audio))
    session.stop()
    session.checkTimes()
    #expect(session.notices.isEmpty && session.input.failure == nil)
    #expect(session.frames(video).count > 90 && session.gaps(video).isEmpty && session.gaps(audio).isEmpty)
    for (one, taken) in zip(session.taken, session.takenAt) {
      let captured = try #require(one.captured)
      // Nothing is given out long before or after it was captured; sound is captured at the end of its block.
      #expect((captured - taken).magnitude < .milliseconds(900))
      let host = session.start + (one.time - .zero) + (one.stream == audio ? one.duration : .zero)
      #expect((captured - host).magnitude < .milliseconds(5))
    }
    for stream in [video, audio] {
      let counters = try #require(session.input.counters(stream: stream))
      let ring = try #require(session.rings[stream]).counters
      #expect(counters.frames >= session.frames(stream).count || stream == audio)
      #expect(ring.dropped == 0 && ring.pushed == (stream == audio ? counters.samples : counters.frames))
      #expect(session.input.clockEstimate(stream: stream) != nil)
    }
    _ = sender
  }

  @Test("With resampling the count of samples is the session's clock's, and all of them are accounted for")
  func resampling() throws {
    let port = FreePort.next()
    let sender = try BackgroundProcess.ffmpeg(
      Self.moving + [
        "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25", "-c:a", "aac", "-f", "mpegts",
        "tcp://127.0.0.1:\(port)?listen=1",
      ])
    var options = InputOptions()
    options.live.resamples = true
    let session = try open("tcp://127.0.0.1:\(port)", options)
    session.run(for: .seconds(5))
    let audio = try session.index(.audio)
    session.stop()
    session.run(for: .seconds(1)) { $0.hasEnded }
    let blocks = session.taken.filter { $0.stream == audio }
    let first = try #require(blocks.first)
    var position: Int64 = 0
    for block in blocks {
      #expect(block.time == first.time + .samples(position, sampleRate: 48_000))
      position += Int64((block.duration.seconds * 48_000).rounded())
    }
    #expect(position > 4 * 48_000)
    let counters = try #require(session.input.counters(stream: audio))
    let ring = try #require(session.rings[audio]).counters
    #expect(Int64(counters.samples) == position, "\(counters)")
    #expect(ring.pushed == counters.samples)
    _ = sender
  }

  /// Opens a source that may need a moment to be there.
  private func open(_ uri: String, _ options: InputOptions = InputOptions()) throws -> LiveSession {
    let end = MonotonicClock().now + .seconds(8)
    while true {
      do { return try LiveSession(uri, options) } catch let error as IngestError {
        guard MonotonicClock().now < end, [.notFound, .readFailed].contains(error.code) else { throw error }
        usleep(100_000)
      }
    }
  }
}
