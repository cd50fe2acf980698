import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// Sinks beside standard output, as the program runs them.
  @Suite("Sinks", .timeLimit(.minutes(3)))
  struct SinkTests {
    private static let bounce = SharedData.sample("media/bounce.mp4")
    private static let speech = SharedData.sample("media/speech.mp4")
    private static let picture = SharedData.sample("models/hit-picture")
    private static let sound = SharedData.sample("models/hit-sound")

    private func lines(_ path: String) throws -> [JSONValue] {
      try Data(contentsOf: URL(fileURLWithPath: path)).split(separator: UInt8(ascii: "\n"))
        .map { try JSONDecoder().decode(JSONValue.self, from: $0) }
    }

    /// The line without its session.
    private func plain(_ line: JSONValue) -> JSONValue { .object(line.object.filter { $0.key != "session" }) }

    @Test("A file gets every line of standard output with the session's id; types and models choose among them")
    func files() throws {
      let scratch = try Scratch()
      let records = try Program.records([
        Self.bounce, "--duration", "2s", "--model", Self.picture, "--model", Self.sound, "--sink",
        "jsonl:\(scratch.path("all"))", "--sink",
        "jsonl:\(scratch.path("some")),types=result,event,models=hit-sound",
      ])
      let id = try #require(records.session["id"].string)
      let all = try lines(scratch.path("all"))
      #expect(all.map(plain) == records.lines)
      #expect(all.allSatisfy { $0["session"].string == id })
      let some = try lines(scratch.path("some"))
      let wanted = records.lines.filter {
        ["result", "event"].contains($0["type"].string) && $0["model"].string == "hit-sound@1.0.0"
      }
      #expect(some.map(plain) == wanted && !wanted.isEmpty)
      let accounts = records.summary["sinks"]
      // The summary tells of what came before it.
      let account = accounts["jsonl:\(scratch.path("all"))"]
      #expect(account["offered"].count == records.lines.count - 1 && account["lines"].count == records.lines.count - 1)
      #expect(account["dropped"].count == 0 && account["errors"].count == 0)
      #expect(accounts["jsonl:\(scratch.path("some"))"]["lines"].count == some.count)
    }

    @Test("At real-time pace cues are written while the session runs")
    func cuesWhileRunning() throws {
      let scratch = try Scratch()
      let path = scratch.path("a.vtt")
      let running = try Program.Running([
        "run", "-q", Self.bounce, "--pace", "realtime", "--duration", "12s", "--sink", "vtt:\(path),names=hit",
      ])
      let limit = ContinuousClock.now + .seconds(11)
      var cues = 0
      while cues < 2, ContinuousClock.now < limit {
        Thread.sleep(forTimeInterval: 0.1)
        cues =
          (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n").count { $0.contains("-->") } ?? 0
      }
      #expect(cues >= 2)
      running.send(SIGINT)
      #expect(try running.finish().status == 130)
    }

    @Test("With --deterministic files of every kind have the same bytes in every run, rotated ones too")
    func deterministic() throws {
      var seen: [[String: Data]] = []
      for _ in 0..<2 {
        let scratch = try Scratch()
        let outcome = try Program.run(
          [
            "run", "-q", Self.speech, "--deterministic", "--stats-every", "1s", "--sink", "jsonl:a.jsonl,rotate=2kB",
            "--sink", "vtt:a.vtt", "--sink", "srt:a.srt", "--sink", "rttm:a.rttm",
          ], folder: scratch.folder.path)
        _ = try Records(outcome.output)
        var files: [String: Data] = ["stdout": outcome.output]
        for name in try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path) {
          files[name] = try Data(contentsOf: URL(fileURLWithPath: scratch.path(name)))
        }
        seen.append(files)
      }
      #expect(seen[0].keys.contains("a.jsonl.1") && seen[0].count >= 6)
      #expect(seen[1] == seen[0])
      let rttm = String(decoding: seen[0]["a.rttm"] ?? Data(), as: UTF8.self)
      #expect(rttm.hasPrefix("SPEAKER speech 1 "))
      #expect(String(decoding: seen[0]["a.vtt"] ?? Data(), as: UTF8.self).hasPrefix("WEBVTT\n\n"))
    }

    @Test("Speech in RTTM, WebVTT and SubRip is the speech of the events")
    func speech() throws {
      let scratch = try Scratch()
      let records = try Program.records(
        [
          Self.speech, "--sink", "rttm:a.rttm", "--sink", "vtt:a.vtt,names=speech", "--sink", "srt:a.srt,names=speech",
        ], folder: scratch.folder.path)
      let wanted = records.events("speech").map { [$0["pts"].number ?? -1, $0["duration"].number ?? -1] }
      #expect(!wanted.isEmpty)
      let told = try String(contentsOfFile: scratch.path("a.rttm"), encoding: .utf8).split(separator: "\n").map {
        $0.split(separator: " ").dropFirst(3).prefix(2).compactMap { Double($0) }
      }
      #expect(told.count == wanted.count)
      for (told, wanted) in zip(told, wanted.sorted { $0[0] < $1[0] }) {
        #expect(abs(told[0] - wanted[0]) < 0.0006 && abs(told[1] - wanted[1]) < 0.0011)
      }
      for name in ["a.vtt", "a.srt"] {
        let packets = try Tool.run(
          "ffprobe",
          ["-v", "error", "-show_entries", "packet=pts_time,duration_time", "-of", "csv=p=0", scratch.path(name)]
        ).split(separator: "\n").map { $0.split(separator: ",").compactMap { Double($0) } }
        #expect(packets.count == wanted.count)
        for (packet, wanted) in zip(packets, wanted.sorted { $0[0] < $1[0] }) {
          #expect(abs(packet[0] - wanted[0]) < 0.0006 && abs(packet[1] - wanted[1]) < 0.0011)
        }
      }
    }

    @Test("Sound that a model makes is in a WAVE file at its time", .enabled(if: SharedData.isPresent))
    func sound() throws {
      let scratch = try Scratch()
      let clip = SharedData.media("jfk.wav")
      let records = try Program.records([
        clip, "--duration", "5s", "--model", SharedData.model("gtcrn_stream_simple.onnx"), "--sink",
        "wav:\(scratch.path("a.wav"))",
      ])
      let told = records.results.reduce(0) { $0 + max(0, $1["output"]["audio"]["samples"].count) }
      func samples(_ path: String) throws -> [Float] {
        try Tool.ffmpeg("-i", path, "-f", "f32le", scratch.path("raw"))
        return try unsafe Data(contentsOf: URL(fileURLWithPath: scratch.path("raw"))).withUnsafeBytes {
          unsafe Array($0.bindMemory(to: Float.self))
        }
      }
      let (made, source) = (try samples(scratch.path("a.wav")), try samples(clip))
      #expect(made.count == told && told > 70_000)
      // The model takes noise away, of which there is little: what is left is the source, where it was.
      let likeness = [0, -16, 16].map { shift in
        let places = 1000..<made.count - 1000
        func sum(_ value: (Int) -> Float) -> Double { places.reduce(0) { $0 + Double(value($1)) } }
        return sum { made[$0] * source[$0 + shift] }
          / (sum { made[$0] * made[$0] } * sum { source[$0 + shift] * source[$0 + shift] }).squareRoot()
      }
      #expect(likeness[0] > 0.95 && likeness[0] > likeness[1] && likeness[0] > likeness[2], "\(likeness)")
    }

    @Test("A sink that stalls costs a live session nothing: its results and their latency are as without")
    func stalled() throws {
      let scratch = try Scratch()
      let fifo = scratch.path("fifo")
      try Tool.run("mkfifo", [fifo])
      let stalled = try BackgroundProcess("sh", ["-c", "exec 3<>\"$0\"; echo open; exec sleep 60", fifo])
      stalled.waitForOutput()
      let arguments = [
        Self.bounce, "--pace", "realtime", "--duration", "2s", "--budget", "100ms", "--model", Self.picture,
        "--features",
        "mfcc,mel:librosa",
      ]
      let alone = try Program.records(arguments)
      let beside = try Program.records(arguments + ["--sink", "fifo:\(fifo),queue=64kB"])
      let account = beside.summary["sinks"]["fifo:\(fifo)"]
      #expect(account["dropped"].count > 0)
      #expect(account["offered"].count == account["lines"].count + account["dropped"].count)
      #expect(account["offered"].count == beside.lines.count - 1)
      let median = { (records: Records) in
        records.account("hit-picture@1.0.0")["latency_ms"]["total"]["p50"].number ?? .infinity
      }
      // Within a factor of two and a millisecond: the machine has other work.
      #expect(median(beside) < 2 * median(alone) + 1)
      let results = { (records: Records) in Double(records.account("hit-picture@1.0.0")["results"].count) }
      #expect(results(beside) > 0.9 * results(alone))
      // The stalled end had its two seconds.
      #expect((beside.summary["wall"].number ?? 99) < (alone.summary["wall"].number ?? 0) + 3)
    }

    @Test("Interrupted, a session gives a sink that stalls two seconds, and counts what is left")
    func interrupted() throws {
      let scratch = try Scratch()
      let fifo = scratch.path("fifo")
      // Nobody reads: at fast pace the session waits for a reader.
      let running = try Program.Running(["run", Self.bounce, "--features", "mfcc", "--sink", "fifo:\(fifo),queue=64kB"])
      while !running.catches(SIGINT) { usleep(10000) }
      usleep(500_000)
      let started = Date()
      running.send(SIGINT)
      let outcome = try running.finish()
      #expect(outcome.status == 130)
      #expect(Date().timeIntervalSince(started) < 4)
      let records = try Records(outcome.output)
      let account = records.summary["sinks"]["fifo:\(fifo)"]
      #expect(account["lines"].count == 0 && account["offered"].count == account["dropped"].count)
      #expect(account["offered"].count == records.lines.count - 1)
    }

    @Test("A sink that fails is told and leaves the others; one that is required ends the session with status 6")
    func failing() throws {
      let scratch = try Scratch()
      let outcome = try Program.run([
        "run", "-q", Self.bounce, "--features", "mfcc", "--sink", "jsonl:/dev/full", "--sink",
        "jsonl:\(scratch.path("a"))",
      ])
      #expect(outcome.status == 0 && outcome.errors.contains("/dev/full"))
      let records = try Records(outcome.output)
      #expect(records.errors.count == 1 && records.errors[0]["fatal"].bool == false)
      let account = records.summary["sinks"]["jsonl:/dev/full"]
      #expect(account["errors"].count == 1 && account["lines"].count == 0)
      #expect(account["dropped"].count == account["offered"].count)
      #expect(try lines(scratch.path("a")).map(plain) == records.lines)
      let required = try Program.run([
        "run", "-q", Self.bounce, "--features", "mfcc", "--sink", "jsonl:/dev/full,required=yes",
      ])
      #expect(required.status == 6)
      #expect(try Records(required.output).errors.contains { $0["fatal"].bool == true })
      let only = try Program.run([
        "run", "-q", Self.bounce, "--features", "mfcc", "--output", "/dev/null", "--sink", "jsonl:/dev/full",
      ])
      #expect(only.status == 6)
    }

    @Test(
      "What cannot be is said before anything is opened",
      arguments: [
        (["--sink", "jsonl:/no/such/folder/a"], 6, "/no/such/folder/a"),
        (["--sink", "json:a"], 2, "Did you mean jsonl?"),
        (["--sink", "jsonl:a,drop=none", "--pace", "realtime"], 2, "drop=oldest"),
        (["--sink", "jsonl:a", "--sink", "jsonl:a"], 2, "two sinks"),
        (["--sink", "jsonl:a", "--output", "a"], 2, "two outputs"),
        (["--sink", "jsonl:\(SharedData.sample("media/bounce.mp4"))"], 2, "would be lost"),
        (["--sink", "jsonl:a,models=nobody"], 2, "no model 'nobody'"),
        (["--sink", "jsonl:a", "--each", "--output", "results"], 2, "is for one session"),
      ])
    func refused(arguments: [String], status: Int32, message: String) throws {
      let scratch = try Scratch()
      let before = try Data(contentsOf: URL(fileURLWithPath: Self.bounce)).count
      let outcome = try Program.run(["run", "-q", Self.bounce] + arguments, folder: scratch.folder.path)
      #expect(outcome.status == status)
      #expect(outcome.errors.contains(message), "\(outcome.errors)")
      #expect(try Data(contentsOf: URL(fileURLWithPath: Self.bounce)).count == before)
    }
  }
}
