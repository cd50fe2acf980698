import BraidCore
import BraidTestSupport
import Testing

@testable import BraidIngest

/// A sound server between the device and us: its stamps are only "now", it dies, and it hangs.
@Suite("Capture through PulseAudio", .serialized, .timeLimit(.minutes(2)))
struct PulseTests {
  private static func capture(_ server: PulseServer) throws -> Microphone {
    var settings = TestMicrophone.Settings()
    settings.counter = -1
    var live = LiveOptions()
    live.reconnectWait = .milliseconds(200)
    live.longestWait = .seconds(1)
    return try Microphone(server.uri, settings, live: live)
  }

  @Test("A server that is killed and started again: one gap, and samples again")
  func killed() throws {
    let server = try PulseServer()
    let microphone = try Self.capture(server)
    #expect(microphone.take(seconds: 10) { microphone.sampleCount >= 48000 })
    server.kill()
    #expect(microphone.take(seconds: 5) { microphone.notices.map(\.kind) == [.disconnected] })
    microphone.take(seconds: 0.5)
    try server.start()
    let before = microphone.sampleCount
    #expect(microphone.take(seconds: 15) { microphone.sampleCount >= before + 24000 })
    #expect(microphone.notices.map(\.kind) == [.disconnected, .reconnected])
    #expect(microphone.finish() < .milliseconds(150))
    #expect(microphone.gaps.map(\.reason).filter { $0 == .unplug }.count == 1)
    #expect(microphone.blocks.last?.epoch == microphone.gaps.count)
    let counters = try #require(microphone.input.counters(stream: 0))
    #expect(counters.samples == microphone.sampleCount + counters.samplesLostInGaps)
    for (before, after) in zip(microphone.blocks, microphone.blocks.dropFirst()) {
      #expect(after.time >= before.time)
      #expect(after.captured >= before.captured)
    }
  }

  @Test("A server that hangs holds nobody up: neither the end of capture nor an opening")
  func hanging() throws {
    let server = try PulseServer()
    let microphone = try Self.capture(server)
    #expect(microphone.take(seconds: 10) { microphone.sampleCount >= 4800 })
    server.suspend()
    microphone.take(seconds: 1.5)
    #expect(microphone.finish() < .milliseconds(150))

    let clock = MonotonicClock()
    let location = try #require(try DeviceLocation(server.uri))
    var options = InputOptions()
    options.live.openTimeout = .milliseconds(400)
    var begun = clock.now
    let late = #expect(throws: IngestError.self) {
      _ = try AlsaInput.open(location, options: options, interruption: InputInterruption())
    }
    #expect(late?.code == .timedOut)
    #expect(clock.now - begun < .milliseconds(900))
    let interruption = InputInterruption()
    interruption.interrupt()
    begun = clock.now
    let stopped = #expect(throws: IngestError.self) {
      _ = try AlsaInput.open(location, options: InputOptions(), interruption: interruption)
    }
    #expect(stopped?.code == .interrupted)
    #expect(clock.now - begun < .milliseconds(150))
  }

  @Test("A server that is not there is said so")
  func absent() throws {
    let server = try PulseServer()
    server.kill()
    let location = try #require(try DeviceLocation(server.uri))
    let error = #expect(throws: IngestError.self) {
      _ = try AlsaInput.open(location, options: InputOptions(), interruption: InputInterruption())
    }
    #expect(error?.code == .notFound)
    #expect(error?.message.contains("sound server") == true)
    #expect(error?.cause == "Connection refused")
  }
}
