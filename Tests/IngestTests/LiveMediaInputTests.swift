import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidIngest

@Suite("Live inputs", .timeLimit(.minutes(3)), .serialized)
struct LiveMediaInputTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test(
    "Pictures and sound come with the time of their capture, and keep their distance",
    arguments: LiveSender.Kind.allCases)
  func protocols(_ kind: LiveSender.Kind) throws {
    let sender = try LiveSender(kind, scratch)
    let session = try LiveSession.open(sender.url)
    let (video, audio) = (try session.index(.video), try session.index(.audio))
    let came = session.run(for: .seconds(8)) { $0.frames(video).count >= 75 && $0.frames(audio).count >= 150 }
    session.stop()
    #expect(came, "\(session.frames(video).count) pictures, \(session.frames(audio).count) blocks of sound")
    #expect(session.input.description.isLive)
    session.checkTimes()
    #expect(session.notices.isEmpty && session.input.failure == nil, "\(session.notices)")
    for (one, taken) in zip(session.taken, session.takenAt) where one.gap == nil {
      let captured = try #require(one.captured)
      #expect((captured - taken).magnitude < .seconds(2))
      // Sound is captured at the end of its block.
      let host = session.start + (one.time - .zero) + (one.stream == audio ? one.duration : .zero)
      #expect((captured - host).magnitude < .milliseconds(30))
    }
    for stream in [video, audio] {
      let counters = try #require(session.input.counters(stream: stream))
      let ring = try #require(session.rings[stream]).counters
      let units =
        stream == audio ? counters.samples - counters.samplesLostInGaps : counters.frames - counters.framesLostInGaps
      #expect(ring.dropped == 0 && ring.pushed == units)
      #expect(session.input.clockEstimate(stream: stream) != nil)
    }
  }

  @Test("With resampling the count of samples is the session's clock's, and all of them are accounted for")
  func resampling() throws {
    let sender = try LiveSender(.tcp, scratch)
    var options = InputOptions()
    options.live.resamples = true
    let session = try LiveSession.open(sender.url, options)
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
  }

  @Test("What is never taken is dropped and counted, and reading goes on")
  func neverTaken() throws {
    let sender = try LiveSender(.udp, scratch)
    let session = try LiveSession.open(sender.url, depth: 4)
    let (video, audio) = (try session.index(.video), try session.index(.audio))
    let end = MonotonicClock().now + .seconds(10)
    while session.input.counters(stream: video)?.frames ?? 0 < 100, MonotonicClock().now < end { usleep(20_000) }
    session.stop()
    for stream in [video, audio] {
      let (counters, ring) = (try #require(session.input.counters(stream: stream)), try #require(session.rings[stream]))
      #expect(ring.depth <= 4 && ring.counters.dropped > 0)
      #expect(ring.counters.pushed == (stream == audio ? counters.samples : counters.frames))
      guard case .gap(let gap)? = ring.pop() else {
        Issue.record("what was dropped is told first")
        continue
      }
      #expect(gap.reason == .overrun)
      #expect((stream == audio ? gap.samples : gap.frames) == ring.counters.dropped)
    }
    #expect(session.input.counters(stream: video)?.frames ?? 0 >= 100)
  }

  @Test(
    "Packets that are lost, late and out of order by UDP: decoding goes on, losses are counted, time does not go back")
  func impaired() throws {
    let (listen, target) = (FreePort.next(), FreePort.next())
    let proxy = try BackgroundProcess.rig(
      "udp_impairment.py", ["\(listen)", "\(target)", "--loss", "0.05", "--jitter", "30", "--reorder"])
    let sender = try BackgroundProcess.ffmpeg(
      LiveSender.source() + ["-f", "mpegts", "udp://127.0.0.1:\(listen)?pkt_size=1316"])
    let session = try LiveSession.open("udp://127.0.0.1:\(target)")
    let (video, audio) = (try session.index(.video), try session.index(.audio))
    session.run(for: .seconds(10))
    session.stop()
    sender.kill()
    proxy.terminate()
    #expect(proxy.readOutput().contains("\"lost\""))
    session.checkTimes()
    #expect(session.frames(video).count > 100 && session.frames(audio).count > 200)
    let (pictures, sound) = (session.input.counters(stream: video), session.input.counters(stream: audio))
    #expect((pictures?.decodeErrors ?? 0) + (sound?.decodeErrors ?? 0) + session.gaps(audio).count > 0)
    // Gaps account for the time between runs of sound: each to the tolerance of stamps.
    let frames = session.of(audio)
    let whole = try #require(frames.last).time - (try #require(frames.first).time)
    let samples =
      session.frames(audio).dropLast().reduce(0) { $0 + $1.samples } + session.gaps(audio).reduce(0) { $0 + $1.samples }
    #expect(
      (whole - .samples(Int64(samples), sampleRate: 48000)).magnitude < .milliseconds(200) + .milliseconds(10)
        * Int64(session.gaps(audio).count))
    #expect(session.input.failure == nil)
  }

  @Test("A source that goes away ends with an error that names the way out; without time-out nothing is noticed early")
  func lost() throws {
    for kind in [LiveSender.Kind.udp, .tcp, .http] {
      let sender = try LiveSender(kind, scratch)
      var options = InputOptions()
      options.live.readTimeout = .seconds(1)
      let session = try LiveSession.open(sender.url, options)
      let video = try session.index(.video)
      #expect(session.run(for: .seconds(8)) { $0.frames(video).count >= 10 })
      let killed = MonotonicClock().now
      sender.kill()
      #expect(session.run(for: .seconds(8)) { $0.hasEnded })
      #expect(MonotonicClock().now - killed < .seconds(4))
      let failure = try #require(session.input.failure)
      #expect(failure.code == .lost && failure.remedy.contains("--reconnect"))
      #expect(session.count(.disconnected) == 0)
    }
  }

  @Test("A stream that changes its codec and its size on the way goes on, and says so")
  func codecChange() throws {
    // The second part has streams of its own numbers; the third goes on with them.
    let parts = [
      ("160x120", "libx264", ["-output_ts_offset", "0"]),
      ("160x120", "mpeg2video", ["-output_ts_offset", "2", "-mpegts_start_pid", "0x200", "-tables_version", "1"]),
      ("320x240", "mpeg2video", ["-output_ts_offset", "4", "-mpegts_start_pid", "0x200", "-tables_version", "1"]),
    ]
    var data = Data()
    for (size, codec, more) in parts {
      try Tool.run(
        "ffmpeg",
        [
          "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", "testsrc2=s=\(size):r=25:d=2", "-f", "lavfi", "-i",
          "sine=r=48000:d=2", "-c:v", codec, "-g", "12", "-bf", "0", "-b:v", "300k", "-c:a", "mp2", "-muxdelay", "0",
        ] + more + [scratch.path("part.ts")])
      data += try Data(contentsOf: URL(fileURLWithPath: scratch.path("part.ts")))
    }
    let path = try scratch.write("joined.ts", data)
    let port = FreePort.next()
    let server = try BackgroundProcess.rig(
      "http_server.py", ["\(port)", "--file", path, "--rate", "\(data.count / 6)"])
    let session = try LiveSession.open("http://127.0.0.1:\(port)/stream")
    let video = try session.index(.video)
    #expect(session.run(for: .seconds(15)) { $0.hasEnded })
    session.stop()
    session.checkTimes()
    let causes = session.notices.filter { $0.kind == .formatChanged }.map(\.cause)
    #expect(causes.contains("mpeg2video") && causes.contains("320x240"), "\(session.notices)")
    #expect(session.frames(video).count > 90, "\(session.gaps(video))")
    if case .video(let width, _)? = session.frames(video).last?.content { #expect(width == 320) }
    #expect(session.input.failure?.code == .lost)
    server.kill()
  }

  @Test("A change of the codec that the container does not tell of is found by the errors, and the source opened anew")
  func untoldChange() throws {
    var data = Data()
    for (codec, offset, length) in [("libx264", "0", "3"), ("mpeg2video", "3", "30")] {
      try Tool.ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=\(length)", "-c:v", codec, "-g", "12", "-bf", "0", "-b:v",
        "300k",
        "-muxdelay", "0", "-output_ts_offset", offset, scratch.path("part.ts"))
      data += try Data(contentsOf: URL(fileURLWithPath: scratch.path("part.ts")))
    }
    let path = try scratch.write("joined.ts", data)
    let proxy = try BackgroundProcess.rig("tcp_sender.py", ["0", path, "\(data.count / 33)"])
    let session = try LiveSession.open("tcp://127.0.0.1:\(proxy.firstLine)")
    let video = try session.index(.video)
    #expect(session.run(for: .seconds(18)) { $0.gaps(video).contains { $0.reason == .network } })
    session.stop()
    session.checkTimes()
    #expect(session.count(.disconnected) == 1 && session.count(.reconnected) == 1, "\(session.notices)")
  }

  @Test("Stamps that wrap on the way go on without a gap")
  func wrap() throws {
    // 2^33 ticks of 1/90000 s are 95443.7 s.
    try Tool.ffmpeg(
      "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=4", "-f", "lavfi", "-i", "sine=r=48000:d=4", "-c:v", "libx264",
      "-g",
      "12", "-bf", "2", "-c:a", "mp2", "-muxdelay", "0", "-output_ts_offset", "95441.5", scratch.path("wrap.ts"))
    let size = try Data(contentsOf: URL(fileURLWithPath: scratch.path("wrap.ts"))).count
    let sender = try BackgroundProcess.rig("tcp_sender.py", ["0", scratch.path("wrap.ts"), "\(size / 4)"])
    let session = try LiveSession.open("tcp://127.0.0.1:\(sender.firstLine)")
    #expect(session.run(for: .seconds(12)) { $0.hasEnded })
    session.stop()
    session.checkTimes()
    #expect(session.notices.isEmpty, "\(session.notices)")
    for stream in session.rings.keys {
      #expect(session.gaps(stream).isEmpty)
      let span = try #require(session.frames(stream).last).time - (try #require(session.frames(stream).first).time)
      #expect(span > .seconds(3) && span < .seconds(5))
    }
  }

  @Test("stop ends reading, a wait and an opening at once")
  func stopping() throws {
    for phase in 0..<3 {
      let sender = try LiveSender(.udp, scratch)
      var options = InputOptions()
      options.live.reconnects = true
      options.live.readTimeout = phase == 0 ? .seconds(60) : .milliseconds(300)
      options.live.openTimeout = phase == 1 ? .milliseconds(300) : .seconds(60)
      (options.live.reconnectWait, options.live.longestWait) = (.seconds(60), .seconds(60))
      let session = try LiveSession.open(sender.url, options)
      sender.kill()
      // Silent in the middle of a read; waiting for the second attempt; in the middle of the first.
      if phase > 0 { #expect(session.run(for: .seconds(10)) { $0.count(.disconnected) == 1 }) }
      session.run(for: .milliseconds(phase == 1 ? 1000 : 200))
      let asked = MonotonicClock().now
      session.stop()
      // FFmpeg asks every 100 ms.
      #expect(MonotonicClock().now - asked < .milliseconds(500), "phase \(phase)")
      #expect(session.hasEnded || session.run(for: .milliseconds(100)) { $0.hasEnded })
      #expect(session.input.failure == nil)
    }
  }

  @Test("RTSP goes over to TCP where the server does not send by UDP")
  func transportFallback() throws {
    let port = FreePort.next()
    let server = try BackgroundProcess.rig("rtsp_server.py", ["\(port)", "--transports", "tcp"])
    let session = try LiveSession.open("rtsp://127.0.0.1:\(port)/live")
    let video = try session.index(.video)
    #expect(session.run(for: .seconds(10)) { $0.frames(video).count > 20 })
    session.stop()
    server.kill()
  }

  @Test("Stamps that jump begin a new epoch with a gap, and time goes on")
  func jump() throws {
    var data = Data()
    for (name, offset) in [("one.ts", "100"), ("two.ts", "5000")] {
      try Tool.ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=3", "-f", "lavfi", "-i", "sine=r=48000:d=3", "-c:v", "libx264",
        "-preset", "ultrafast", "-tune", "zerolatency", "-g", "12", "-c:a", "mp2", "-muxdelay", "0",
        "-output_ts_offset", offset,
        scratch.path(name))
      data += try Data(contentsOf: URL(fileURLWithPath: scratch.path(name)))
    }
    let path = try scratch.write("joined.ts", data)
    let port = FreePort.next()
    let server = try BackgroundProcess.rig(
      "http_server.py", ["\(port)", "--file", path, "--rate", "\(data.count / 6)"])
    let session = try LiveSession.open("http://127.0.0.1:\(port)/stream")
    #expect(session.run(for: .seconds(15)) { $0.hasEnded })
    session.stop()
    session.checkTimes()
    #expect(session.count(.clockJumped) == 1, "\(session.notices)")
    for stream in session.rings.keys {
      #expect(session.gaps(stream).count { $0.reason == .timestamps } >= 1)
      let last = try #require(session.frames(stream).last)
      #expect(last.epoch >= 1 && last.time < .zero + .seconds(12))
    }
    server.kill()
  }

  @Test("HLS over HTTP is played as its segments are due; complete, it is read as a file")
  func hls() throws {
    let playlist = scratch.path("it.m3u8")
    let port = FreePort.next()
    let server = try BackgroundProcess.rig("http_server.py", ["\(port)", "--folder", scratch.folder.path])
    let sender = try BackgroundProcess.ffmpeg(
      LiveSender.source() + [
        "-f", "hls", "-hls_time", "1", "-hls_list_size", "4", "-hls_flags", "delete_segments", playlist,
      ])
    let session = try LiveSession.open("http://127.0.0.1:\(port)/folder/it.m3u8")
    let video = try session.index(.video)
    #expect(session.run(for: .seconds(10)) { $0.frames(video).count >= 75 })
    session.stop()
    session.checkTimes()
    #expect(session.input is LiveMediaInput && session.notices.isEmpty)
    for (one, taken) in zip(session.taken, session.takenAt).dropFirst(10) where one.gap == nil {
      #expect((try #require(one.captured) - taken).magnitude < .seconds(1))
    }
    sender.kill()
    try Tool.run(
      "ffmpeg",
      ["-v", "error", "-nostdin", "-y"] + LiveSender.source(paced: false, "-t", "3")
        + ["-f", "hls", "-hls_list_size", "0", scratch.path("whole.m3u8")])
    #expect(try InputOpening.open("http://127.0.0.1:\(port)/folder/whole.m3u8") is MediaInput)
    server.kill()
  }

  @Test("HTTP with a length is a file")
  func httpFile() throws {
    try Tool.ffmpeg("-f", "lavfi", "-i", "sine=r=48000:d=2", "-c:a", "mp2", scratch.path("a.ts"))
    let port = FreePort.next()
    let server = try BackgroundProcess.rig("http_server.py", ["\(port)", "--folder", scratch.folder.path])
    for path in ["folder", "bounded"] {
      let input = try #require(try InputOpening.open("http://127.0.0.1:\(port)/\(path)/a.ts") as? MediaInput)
      #expect(!input.description.isLive)
      let session = try Session.run(input)
      #expect(session.failure == nil && (95_000...97_000).contains(session.counters[0]?.samples ?? 0))
    }
    server.kill()
  }
}
