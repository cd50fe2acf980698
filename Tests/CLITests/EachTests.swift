import BraidTestSupport
import Foundation
import Glibc
import Testing

extension ProgramTests {
  /// Many files as one job.
  @Suite("Many files", .timeLimit(.minutes(4)))
  struct EachTests {
    /// A folder with short clips in two folders, one that is broken and one that is no media.
    private func clips() throws -> Scratch {
      let scratch = try Scratch()
      for folder in ["in", "in/more", "in/.hidden"] {
        try FileManager.default.createDirectory(atPath: scratch.path(folder), withIntermediateDirectories: true)
      }
      for (name, length) in [("in/a.wav", 1), ("in/a.mp3", 2), ("in/more/b.wav", 3), ("in/.hidden/c.wav", 1)] {
        try Tool.ffmpeg("-f", "lavfi", "-i", "sine=r=16000:d=\(length)", scratch.path(name))
      }
      try scratch.write("in/broken.mp4", Data(repeating: 7, count: 3000))
      try scratch.write("in/notes.txt", Data("no media".utf8))
      return scratch
    }

    private func run(
      _ scratch: Scratch, _ arguments: [String], status: Int32, _ location: SourceLocation = #_sourceLocation
    ) throws -> (records: [JSONValue], errors: String) {
      let outcome = try Program.run(
        ["run", "--each", "--output", scratch.path("out"), "--features", "rms"] + arguments)
      #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: location)
      try Records.validate(outcome.output, location)
      let decoder = JSONDecoder()
      let lines = try outcome.output.split(separator: UInt8(ascii: "\n")).map {
        try decoder.decode(JSONValue.self, from: $0)
      }
      return (lines, outcome.errors)
    }

    private func result(_ scratch: Scratch, _ name: String) throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: scratch.path("out/\(name)")))
    }

    @Test("Each file has a result of its own, the same as alone; one that fails stops no other and its reason is told")
    func results() throws {
      let scratch = try clips()
      let job = try run(scratch, [scratch.path("in"), "--jobs", "2", "--deterministic"], status: 7)
      // In the order of paths, whichever ended first.
      let names = ["a.mp3", "a.wav", "broken.mp4", "more/b.wav"]
      #expect(job.records.dropLast().map { $0["file"].string } == names.map { scratch.path("in/\($0)") })
      #expect(job.records.dropLast().map { $0["status"].string } == ["done", "done", "failed", "done"])
      let total = try #require(job.records.last)
      #expect(total["type"].string == "job" && total["files"].count == 4 && total["done"].count == 3)
      #expect(total["failed"].count == 1 && total["left"].count == 0 && total["skipped"].count == 0)
      #expect(abs((total["duration"].number ?? 0) - 6) < 0.2)
      for name in names where name != "broken.mp4" {
        let alone = try Program.run(
          ["run", "-q", "--features", "rms", "--deterministic", scratch.path("in/\(name)")])
        #expect(try result(scratch, "\(name).jsonl") == alone.output)
      }
      let failed = job.records[2]
      #expect(failed["exit"].count == 3 && failed["output"].string?.hasSuffix("broken.mp4.jsonl.partial") == true)
      #expect(failed["failure"]["message"].string?.isEmpty == false)
      #expect(!FileManager.default.fileExists(atPath: scratch.path("out/broken.mp4.jsonl")))
      #expect(job.errors.contains("1 of 4 files failed:") && job.errors.contains("broken.mp4"))
      #expect(job.errors.contains(failed["failure"]["message"].string ?? "?"))
      #expect(job.errors.contains("3 done, 1 failed of 4 files"))
    }

    @Test("--resume passes over what is complete, and runs anew what failed, changed, or was made with other settings")
    func resume() throws {
      let scratch = try clips()
      try FileManager.default.removeItem(atPath: scratch.path("in/broken.mp4"))
      let folder = scratch.path("in")
      let states = { (job: (records: [JSONValue], errors: String)) in
        Dictionary(
          uniqueKeysWithValues: job.records.dropLast().map {
            (($0["file"].string ?? "").replacing(folder + "/", with: ""), $0["status"].string ?? "")
          })
      }
      _ = try run(scratch, [folder], status: 0)
      let before = try result(scratch, "a.wav.jsonl")
      let again = try run(scratch, [folder, "--resume", "--jobs", "2", "--threads", "2"], status: 0)
      #expect(states(again) == ["a.mp3": "skipped", "a.wav": "skipped", "more/b.wav": "skipped"])
      #expect(again.records.last?["skipped"].count == 3)
      #expect(try result(scratch, "a.wav.jsonl") == before)
      // A file that has changed, a result that is gone, a line of the journal that was cut off.
      try Tool.ffmpeg("-f", "lavfi", "-i", "sine=r=16000:d=4", scratch.path("in/a.wav"))
      try FileManager.default.removeItem(atPath: scratch.path("out/more/b.wav.jsonl"))
      let journal = try FileHandle(forUpdating: URL(fileURLWithPath: scratch.path("out/braid.job")))
      try journal.truncate(atOffset: try journal.seekToEnd() - 5)
      try journal.close()
      let third = try run(scratch, [folder, "--resume"], status: 0)
      #expect(states(third) == ["a.mp3": "skipped", "a.wav": "done", "more/b.wav": "done"])
      // Other settings are told with what has changed; the last option of a name counts.
      let fourth = try run(scratch, [folder, "--resume", "--start", "500ms"], status: 0)
      #expect(Set(states(fourth).values) == ["done"])
      #expect(fourth.errors.contains("3 results were made with other settings (now start: 500ms)"))
      let fifth = try run(scratch, [folder, "--resume", "--start", "500ms"], status: 0)
      #expect(Set(states(fifth).values) == ["skipped"] && !fifth.errors.contains("other settings"))
      // Without --resume all is made anew.
      #expect(Set(states(try run(scratch, [folder], status: 0)).values) == ["done"])
    }

    @Test("Files of one name get a folder more of their path, and a file that is found twice is run once")
    func names() throws {
      let scratch = try clips()
      try FileManager.default.copyItem(atPath: scratch.path("in/a.wav"), toPath: scratch.path("in/more/a.wav"))
      let files = [scratch.path("in/a.wav"), scratch.path("in/more/a.wav"), scratch.path("in/more/../a.wav")]
      let job = try run(scratch, files, status: 0)
      #expect(job.records.last?["files"].count == 2)
      #expect(FileManager.default.fileExists(atPath: scratch.path("out/in/a.wav.jsonl")))
      #expect(FileManager.default.fileExists(atPath: scratch.path("out/more/a.wav.jsonl")))
      // What is named is taken, whatever it is called.
      let named = try run(scratch, [scratch.path("in/notes.txt"), scratch.path("in/none.wav")], status: 7)
      #expect(named.records.dropLast().map { $0["status"].string } == ["failed", "failed"])
    }

    @Test("An interruption ends what runs in order, leaves it marked as partial, and --resume goes on from there")
    func interruption() throws {
      let scratch = try Scratch()
      try Tool.ffmpeg("-f", "lavfi", "-i", "sine=r=16000:d=12", scratch.path("long.wav"))
      try Tool.ffmpeg("-f", "lavfi", "-i", "sine=r=16000:d=1", scratch.path("short.wav"))
      let arguments = [
        "run", "--each", scratch.path("short.wav"), scratch.path("long.wav"), "--pace", "realtime", "--jobs", "2",
        "--features", "rms", "--output", scratch.path("out"),
      ]
      let running = try Program.Running(arguments)
      // The short one has ended, and the long one has written.
      let limit = Date().addingTimeInterval(30)
      let short = scratch.path("out/short.wav.jsonl")
      while !FileManager.default.fileExists(atPath: short), Date() < limit { usleep(20_000) }
      running.send(SIGINT)
      let outcome = try running.finish()
      #expect(outcome.status == 130, "\(outcome.errors)")
      try Records.validate(outcome.output, #_sourceLocation)
      let states = outcome.text.split(separator: "\n").map { $0.contains("\"interrupted\"") }
      #expect(states == [false, true, false])
      #expect(outcome.errors.contains("1 of 2 files are left; --resume goes on with them"))
      let partial = try Records(try result(scratch, "long.wav.jsonl.partial"))
      #expect(partial.summary["duration"].number ?? 12 < 12)
      let resumed = try Program.run(arguments + ["--resume", "-q"])
      #expect(resumed.status == 0, "\(resumed.errors)")
      let ends = try resumed.text.split(separator: "\n").dropLast().map {
        try JSONDecoder().decode(JSONValue.self, from: Data($0.utf8))
      }
      let statuses = ends.reduce(into: [String: String]()) { statuses, end in
        statuses[end["file"].string ?? ""] = end["status"].string
      }
      #expect(statuses == [scratch.path("short.wav"): "skipped", scratch.path("long.wav"): "done"])
      #expect(abs((try Records(try result(scratch, "long.wav.jsonl")).summary["duration"].number ?? 0) - 12) < 0.2)
    }

    @Test("A signal ends a job whose standard output nobody reads")
    func stalledReader() throws {
      let scratch = try Scratch()
      try Tool.ffmpeg("-f", "lavfi", "-i", "sine=r=16000:d=1", scratch.path("a.wav"))
      let pipe = scratch.path("pipe")
      #expect(unsafe mkfifo(pipe, 0o600) == 0)
      // Open at both ends, and full.
      let descriptor = unsafe open(pipe, O_RDWR | O_NONBLOCK)
      try #require(descriptor >= 0)
      defer { close(descriptor) }
      let bytes = [UInt8](repeating: 10, count: 4096)
      while unsafe write(descriptor, bytes, bytes.count) > 0 {}
      let running = try Program.Running(
        ["run", "--each", scratch.path("a.wav"), "--features", "rms", "--output", scratch.path("out")],
        output: pipe)
      let limit = Date().addingTimeInterval(30)
      while !FileManager.default.fileExists(atPath: scratch.path("out/a.wav.jsonl")), Date() < limit { usleep(20_000) }
      running.send(SIGINT)
      while running.isRunning, Date() < limit { usleep(20_000) }
      if running.isRunning { running.send(SIGKILL) }
      let outcome = try running.finish()
      #expect(outcome.status == 130 && outcome.errors.contains("nobody reads it"), "\(outcome)")
    }

    @Test("A job that would write over one of its own files is refused, and the file stays")
    func ownFile() throws {
      let scratch = try clips()
      try scratch.write("in/a.wav.jsonl", Data("mine".utf8))
      let outcome = try Program.run(
        ["run", "--each", "a.wav", "a.wav.jsonl", "--features", "rms", "--output", "."], folder: scratch.path("in"))
      #expect(outcome.status == 2 && outcome.output.isEmpty, "\(outcome.errors)")
      #expect(outcome.errors.contains("a.wav.jsonl: the job would write over this file"), "\(outcome.errors)")
      #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path("in/a.wav.jsonl"))) == Data("mine".utf8))
      #expect(!FileManager.default.fileExists(atPath: scratch.path("in/braid.job")))
    }

    @Test("A session that is killed fails alone, with the signal as its reason")
    func crash() throws {
      let scratch = try Scratch()
      try Tool.ffmpeg("-f", "lavfi", "-i", "sine=r=16000:d=60", scratch.path("long.wav"))
      try Tool.ffmpeg("-f", "lavfi", "-i", "sine=r=16000:d=1", scratch.path("short.wav"))
      let running = try Program.Running([
        "run", "--each", scratch.path("long.wav"), scratch.path("short.wav"), "--pace", "realtime", "--features", "rms",
        "--output", scratch.path("out"),
      ])
      let limit = Date().addingTimeInterval(30)
      var child: pid_t?
      while child == nil || !FileManager.default.fileExists(atPath: scratch.path("out/long.wav.jsonl.partial")),
        Date() < limit
      {
        usleep(20_000)
        child = running.child
      }
      kill(try #require(child), SIGKILL)
      let outcome = try running.finish()
      #expect(outcome.status == 7, "\(outcome.errors)")
      try Records.validate(outcome.output, #_sourceLocation)
      #expect(outcome.text.contains("\"code\":\"crashed\"") && outcome.text.contains("\"exit\":137"))
      #expect(outcome.errors.contains("signal 9") && outcome.errors.contains("1 done, 1 failed"))
    }

    @Test("If the job itself is killed its sessions end in order, and --resume goes on")
    func killedJob() throws {
      let scratch = try Scratch()
      try Tool.ffmpeg("-f", "lavfi", "-i", "sine=r=16000:d=60", scratch.path("long.wav"))
      let arguments = ["run", "--each", scratch.path("long.wav"), "--features", "rms", "--output", scratch.path("out")]
      let running = try Program.Running(arguments + ["--pace", "realtime"])
      let partial = scratch.path("out/long.wav.jsonl.partial")
      let limit = Date().addingTimeInterval(30)
      var child: pid_t?
      while child == nil || (try? Data(contentsOf: URL(fileURLWithPath: partial)))?.isEmpty ?? true, Date() < limit {
        usleep(20_000)
        child = running.child
      }
      let session = try #require(child)
      running.send(SIGKILL)
      #expect(try running.finish().status == -SIGKILL)
      // Whoever takes in orphans may leave what has ended as a zombie: the summary says that it is over.
      let written = { (try? String(contentsOfFile: partial, encoding: .utf8)) ?? "" }
      while kill(session, 0) == 0, !written().contains("\"type\":\"summary\""), Date() < limit { usleep(20_000) }
      let records = try Records(Data(written().utf8))
      #expect(records.summary["duration"].number ?? 60 < 60)
      // The folder is free again.
      let resumed = try Program.run(arguments + ["--resume", "-q"])
      #expect(resumed.status == 0 && resumed.text.contains("\"done\":1,"), "\(resumed.errors)")
    }

    @Test("What cannot be a job is refused before anything runs")
    func refusals() throws {
      let scratch = try clips()
      let out = scratch.path("out")
      for (arguments, status, says) in [
        (["in"], 2, "--each needs --output"),
        (["in", "--output", out, "--trace", "t"], 2, "--trace is for one session"),
        (["-", "--output", out], 2, "neither a file nor a folder"),
        (["rtsp://host/x", "--output", out], 2, "neither a file nor a folder"),
        (["in/.hidden/none", "in/more/empty", "--output", out, "--model", "nowhere"], 4, "no such file"),
        (["in", "--output", "in/notes.txt"], 6, "notes.txt"),
        (["in", "--output", out, "--jobs", "0"], 2, "--jobs must be"),
      ] as [([String], Int32, String)] {
        let outcome = try Program.run(["run", "--each"] + arguments, folder: scratch.folder.path)
        #expect(outcome.status == status && outcome.output.isEmpty, "\(arguments): \(outcome.errors)")
        #expect(outcome.errors.contains(says), "\(arguments): \(outcome.errors)")
      }
      try FileManager.default.createDirectory(atPath: scratch.path("empty"), withIntermediateDirectories: true)
      let nothing = try Program.run(["run", "--each", scratch.path("empty"), "--output", out])
      #expect(nothing.status == 2 && nothing.errors.contains("no file of sound or pictures"))
      let alone = try Program.run(["run", "in/a.wav", "--resume"], folder: scratch.folder.path)
      #expect(alone.status == 2 && alone.errors.contains("--resume goes with --each"))
    }
  }
}
