import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidIngest

@Suite("Bad live inputs", .timeLimit(.minutes(2)), .serialized)
struct LiveBadInputTests {
  private let scratch: Scratch
  private let port = FreePort.next()
  private let server: BackgroundProcess

  init() throws {
    scratch = try Scratch()
    server = try .rig("http_server.py", ["\(port)", "--folder", scratch.folder.path])
  }

  /// The error of opening, and how long it took.
  private func failure(
    _ uri: String, openTimeout: MediaDuration = .seconds(1), interruption: InputInterruption = InputInterruption()
  ) -> (error: IngestError?, seconds: Double) {
    var options = InputOptions()
    options.live.openTimeout = openTimeout
    let start = MonotonicClock().now
    do throws(IngestError) {
      _ = try InputOpening.open(uri, options: options, interruption: interruption)
      return (nil, 0)
    } catch {
      #expect(!error.description.contains("secret"))
      return (error, (MonotonicClock().now - start).seconds)
    }
  }

  @Test(
    "What never answers is given up in time",
    arguments: [
      "http://127.0.0.1:PORT/silent", "rtsp://127.0.0.1:SILENT/x", "rtmp://127.0.0.1:SILENT/x/y",
      "tcp://127.0.0.1:SILENT",
      "udp://127.0.0.1:FREE", "srt://127.0.0.1:FREE",
    ])
  func silent(_ uri: String) throws {
    let silent = FreePort.next()
    let listener = try BackgroundProcess(
      "/usr/bin/python3",
      [
        "-c",
        "import socket, time; s = socket.create_server(('127.0.0.1', \(silent))); print(1, flush=True); time.sleep(99)",
      ])
    listener.waitForOutput()
    let (error, seconds) = failure(
      uri.replacing("PORT", with: "\(port)").replacing("SILENT", with: "\(silent)").replacing(
        "FREE", with: "\(FreePort.next())"))
    #expect(error?.code == .timedOut, "\(uri): \(String(describing: error))")
    #expect(error?.remedy.contains("--open-timeout") == true && seconds < 3)
    listener.kill()
  }

  @Test("Nobody there, nothing there, garbage, endless redirects, a file of this machine: each its own error")
  func refused() {
    let free = FreePort.next()
    for (uri, code) in [
      ("http://user:secret@127.0.0.1:\(free)/a?token=secret", IngestError.Code.notFound),
      ("rtsp://user:secret@127.0.0.1:\(free)/a", .notFound), ("rtmp://user:secret@127.0.0.1:\(free)/a/b", .notFound),
      ("tcp://127.0.0.1:\(free)", .notFound), ("http://user:secret@127.0.0.1:\(port)/none?token=secret", .notFound),
      ("http://127.0.0.1:\(port)/loop", .readFailed), ("gopher://127.0.0.1/", .protocolRefused),
    ] {
      let error = failure(uri, openTimeout: .seconds(5)).error
      #expect(error?.code == code, "\(uri): \(String(describing: error))")
    }
    let garbage = failure("http://127.0.0.1:\(port)/garbage", openTimeout: .seconds(10)).error
    #expect([.unusable, .protocolRefused].contains(garbage?.code), "\(String(describing: garbage))")
    #expect(failure("http://127.0.0.1:\(port)/local", openTimeout: .seconds(5)).error != nil)
    #expect(failure("rtsp://127.0.0.1:\(free)/a?rtsp_transport=pigeon").error?.code == .invalidOption)
  }

  @Test("A playlist over HTTP opens nothing of this machine, nor itself")
  func playlists() throws {
    try Tool.ffmpeg("-f", "lavfi", "-i", "sine=r=48000:d=2", "-c:a", "mp2", scratch.path("part.ts"))
    let head = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n"
    func playlist(_ name: String, _ segment: String) throws {
      try scratch.write(name, Data("\(head)\(segment)\n#EXT-X-ENDLIST\n".utf8))
    }
    try playlist("good.m3u8", "part.ts")
    try playlist("local.m3u8", "file://" + scratch.path("part.ts"))
    try playlist("path.m3u8", scratch.path("part.ts"))
    try playlist("self.m3u8", "self.m3u8")
    try playlist("concat.m3u8", "concat:" + scratch.path("part.ts"))
    try playlist("hidden.ts", "part.ts")
    let base = "http://127.0.0.1:\(port)/folder/"
    #expect(try InputOpening.open(base + "good.m3u8").description.streams.first?.kind == .audio)
    for name in ["local.m3u8", "path.m3u8", "self.m3u8", "concat.m3u8", "hidden.ts"] {
      #expect(failure(base + name, openTimeout: .seconds(5)).error != nil, "\(name)")
    }
    #expect(failure(base + "hidden.ts").error?.code == .protocolRefused)
  }

  @Test("An interruption ends opening at once: a silent server, a FIFO without a writer")
  func interruption() throws {
    let fifo = scratch.path("fifo")
    #expect(unsafe mkfifo(fifo, 0o600) == 0)
    for uri in ["http://127.0.0.1:\(port)/silent", "udp://127.0.0.1:\(FreePort.next())", fifo] {
      let interruption = InputInterruption()
      let asked = Guarded<HostTime?>(nil)
      let thread = DedicatedThread(name: "interrupter") {
        usleep(300_000)
        asked.withLock { $0 = MonotonicClock().now }
        interruption.interrupt()
      }
      let error = failure(uri, openTimeout: .seconds(20), interruption: interruption).error
      thread.join()
      #expect(error?.code == .interrupted)
      let took = MonotonicClock().now - (try #require(asked.withLock { $0 }))
      #expect(took < .milliseconds(400), "\(uri) took \(took.seconds) s")
    }
    let (error, seconds) = failure(fifo)
    #expect(error?.code == .timedOut && seconds < 3)
  }

  @Test("A FIFO is read from when somebody writes")
  func fifo() throws {
    let fifo = scratch.path("fifo")
    #expect(unsafe mkfifo(fifo, 0o600) == 0)
    let writer = try BackgroundProcess.ffmpeg([
      "-f", "lavfi", "-i", "sine=r=48000:d=2", "-c:a", "pcm_s16le", "-f", "nut", fifo,
    ])
    let session = try Session.run(fifo)
    #expect(session.failure == nil && session.counters[0]?.samples == 96_000)
    _ = writer
  }
}
