import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidIngest

@Suite("Screens", .timeLimit(.minutes(2)))
struct ScreenTests {
  @Test("A screen is captured at the rate asked for, at times that are those of the host's clock")
  func capture() throws {
    let server = try XServer(width: 320, height: 200)
    let session = try LiveSession("screen:\(server.display)?rate=20")
    let video = try #require(session.input.description.streams.first?.video)
    #expect((video.width, video.height, video.averageFrameRate) == (320, 200, "20/1"))
    session.run(for: .seconds(10)) { $0.taken.count >= 40 }
    session.stop()
    let times = session.frames(0).map { $0.time - MediaTime.zero }
    try #require(times.count >= 40)
    // Each in a slot of its own, by the clock: late ones are late, and nobody makes up for them.
    for (time, next) in zip(times, times.dropFirst()) { #expect(next - time > .milliseconds(1)) }
    #expect(times[39] - times[0] > .milliseconds(39 * 50 - 25))
    session.checkTimes()
    for (one, at) in zip(session.taken, session.takenAt) {
      let captured = try #require(one.captured)
      #expect(captured == session.start + (one.time - .zero) && captured <= at)
    }
  }

  @Test("A part of the screen is captured where a size is given, and refused where it is larger")
  func size() throws {
    let server = try XServer(width: 320, height: 200)
    let input = try InputOpening.open("screen:\(server.display)+16,8?size=64x48")
    #expect(input.description.streams.first?.video?.width == 64)
    let error = #expect(throws: IngestError.self) { try InputOpening.open("screen:\(server.display)?size=321x200") }
    #expect(error?.code == .formatRefused)
    #expect(
      Screens.list().contains { $0.name == server.display && $0.state == .ready && $0.formats == ["bgr0 320x200"] })
  }

  @Test("A server that dies is waited for: the stream comes back with a gap and a new epoch")
  func comesBack() throws {
    var server = try XServer(width: 160, height: 120)
    let display = server.display
    var options = InputOptions()
    options.live.reconnectWait = .milliseconds(100)
    options.live.longestWait = .milliseconds(200)
    let session = try LiveSession("screen:\(display)?rate=20", options)
    #expect(session.run(for: .seconds(10)) { $0.taken.count >= 5 })
    server.kill()
    #expect(session.run(for: .seconds(10)) { $0.count(.disconnected) == 1 })
    server = try XServer(width: 160, height: 120, display: display)
    #expect(session.run(for: .seconds(10)) { $0.count(.reconnected) == 1 && $0.taken.last?.epoch == 1 })
    server.kill()
    #expect(session.run(for: .seconds(10)) { $0.count(.disconnected) == 2 })
    let before = MonotonicClock().now
    session.stop()
    #expect(MonotonicClock().now - before < .milliseconds(500))
    #expect(session.gaps(0).map(\.reason) == [.unplug])
    #expect(session.input.failure == nil)
    session.checkTimes()
    let counters = try #require(session.input.counters(stream: 0))
    #expect(counters.frames == session.frames(0).count && counters.gaps == 1)
  }

  @Test("One that is gone for good ends its stream with a failure where the attempts are limited")
  func limit() throws {
    let server = try XServer(width: 160, height: 120)
    var options = InputOptions()
    options.live.reconnectWait = .milliseconds(20)
    options.live.reconnectLimit = 3
    let session = try LiveSession("screen:\(server.display)?rate=20", options)
    #expect(session.run(for: .seconds(10)) { $0.taken.count >= 3 })
    server.kill()
    #expect(session.run(for: .seconds(20)) { $0.hasEnded })
    #expect(session.input.failure?.code == .lost)
  }

  @Test("A display without a server is not found")
  func absent() {
    let error = #expect(throws: IngestError.self) { try InputOpening.open("screen::4711") }
    #expect(error?.code == .notFound)
  }
}
