import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// Real-time pace: budgets, latencies, skipping, and ends that come from outside.
  @Suite("Real time and ends", .timeLimit(.minutes(3)))
  struct RealtimeTests {
    private static let bounce = SharedData.sample("media/bounce.mp4")
    private static let picture = SharedData.sample("models/hit-picture")
    private static let sound = SharedData.sample("models/hit-sound")
    private static let moment = SharedData.sample("models/hit-moment")

    @Test("Every result tells its capture and where the time went; the parts do not exceed the whole")
    func latencies() throws {
      let records = try Program.records([
        Self.bounce, "--pace", "realtime", "--duration", "2s", "--budget", "30ms", "--model", Self.picture, "--model",
        Self.sound, "--model", Self.moment,
      ])
      #expect(!records.results.isEmpty)
      for result in records.results {
        let latency = result["latency_ms"].object.compactMapValues(\.number)
        let total = try #require(latency["total"])
        let parts = ["ring", "sync", "features", "queue", "inference"].compactMap { latency[$0] }
        #expect(parts.count == 5 && parts.allSatisfy { $0 >= 0 })
        #expect(parts.reduce(0, +) <= total + 0.01)
        #expect(result["captured"].string?.hasSuffix("Z") == true)
        #expect(result["budget"]["ms"].number == 30)
        #expect(result["budget"]["met"].bool == (total <= 30))
      }
      #expect((records.summary["wall"].number ?? 0) > 1.9)
      #expect(!records.of("stats").isEmpty)
      for id in ["hit-picture@1.0.0", "hit-sound@1.0.0"] {
        let missed = records.results.filter { $0["model"].string == id && $0["budget"]["met"].bool == false }
        #expect(records.account(id)["missed"].count == missed.count)
      }
    }

    @Test("With a budget that nothing can keep nearly everything is skipped for it, but for probes")
    func hopeless() throws {
      let records = try Program.records([
        Self.bounce, "--pace", "realtime", "--duration", "3s", "--budget", "0.01ms", "--model", Self.picture,
      ])
      let account = records.account("hit-picture@1.0.0")
      let offered = account["offered"].count
      #expect(offered > 100)
      #expect(account["results"].count <= 5 && account["probes"].count == account["results"].count)
      #expect(account["probes"].count >= 1)
      #expect(account["skipped"]["budget"].count >= offered * 8 / 10)
    }

    @Test(
      "Thinning by number and by rate is exact",
      arguments: [("every:3", 49), ("max-fps:5", 15), ("none", 146), ("adaptive", 146)])
    func thinning(policy: String, results: Int) throws {
      let records = try Program.records([Self.bounce, "--duration", "3s", "--skip", policy, "--model", Self.picture])
      let account = records.account("hit-picture@1.0.0")
      #expect(account["offered"].count == 150)
      #expect(account["results"].count == results)
      // The model takes five pictures: before the fifth there is nothing to run on.
      #expect(account["skipped"]["gap"].count == 4)
      #expect(account["skipped"]["interval"].count == 146 - results)
    }

    @Test("More ticks than a moment's stage has room for: a clip of 240 pictures a second")
    func manyTicks() throws {
      let scratch = try Scratch()
      let path = scratch.path("fast.mkv")
      try Tool.ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=64x48:r=240:d=2", "-f", "lavfi", "-i", "sine=r=16000:d=2", "-c:v", "libx264",
        "-c:a", "pcm_s16le", path)
      let records = try Program.records([path, "--model", Self.moment])
      let account = records.account("hit-moment@1.0.0")
      // Windows of sound of 255 ms: the first 62 ticks come before the first is full.
      #expect(account["offered"].count == 480 && account["results"].count >= 410)
      #expect(account["skipped"]["gap"].count == 480 - account["results"].count)
      let waiting = try Program.records([path, "--model", Self.moment, "--pace", "realtime", "--wait", "5s"])
      #expect(waiting.account("hit-moment@1.0.0")["offered"].count > 100)
      withExtendedLifetime(scratch) {}
    }

    @Test("Sound that begins two seconds late holds moments up, but not for ever")
    func lateSound() throws {
      let scratch = try Scratch()
      let path = scratch.path("late.mkv")
      try Tool.ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=64x48:r=50:d=3", "-itsoffset", "2", "-f", "lavfi", "-i", "sine=r=16000:d=1",
        "-c:v", "libx264", "-c:a", "pcm_s16le", path)
      let records = try Program.records([path, "--model", Self.moment, "--pace", "realtime", "--wait", "10s"])
      #expect(records.account("hit-moment@1.0.0")["offered"].count == 150)
      withExtendedLifetime(scratch) {}
    }

    @Test("SIGINT and SIGTERM in the middle still write the summary", arguments: [SIGINT, SIGTERM])
    func signals(number: Int32) throws {
      let running = try Program.Running([
        "run", "-q", Self.bounce, "--pace", "realtime", "--model", Self.picture, "--model", Self.sound, "--model",
        Self.moment,
      ])
      // Waiting for the tenth result, not for a time: a busy machine may take long to begin.
      let deadline = Date(timeIntervalSinceNow: 60)
      while running.soFar.count < 6000, Date() < deadline { usleep(20_000) }
      running.send(number)
      // As `timeout` does: to the process, then to its group.
      usleep(5_000)
      running.send(number)
      let outcome = try running.finish()
      #expect(outcome.status == (number == SIGINT ? 130 : 143))
      #expect(outcome.errors.isEmpty)
      let records = try Records(outcome.output)
      #expect((records.summary["duration"].number ?? 99) < 13)
    }

    @Test("A signal ends a run that waits for a silent standard input, with its summary")
    func silentInput() throws {
      let scratch = try Scratch()
      let fifo = scratch.path("fifo")
      let made = unsafe mkfifo(fifo, 0o600)
      #expect(made == 0)
      // Open both ends, so that neither the program's nor ours blocks.
      let descriptor = unsafe open(fifo, O_RDWR)
      defer { close(descriptor) }
      let running = try Program.Running(["run", "-q", "-"], input: fifo)
      let deadline = Date(timeIntervalSinceNow: 60)
      while !running.catches(SIGINT), Date() < deadline { usleep(20_000) }
      running.send(SIGINT)
      let outcome = try running.finish()
      #expect(outcome.status == 130)
      #expect(try Records(outcome.output).summary["duration"].number == 0)
      withExtendedLifetime(scratch) {}
    }

    @Test("A reader that goes away ends the run quietly")
    func head() throws {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/bash")
      process.arguments = [
        "-c",
        "set -o pipefail; timeout 60 \"$0\" run \"$1\" --model \"$2\" --pace realtime -q 2>\"$3\" | head -3 >\"$4\"",
        Program.path, Self.bounce, Self.picture,
      ]
      let scratch = try Scratch()
      process.arguments? += [scratch.path("err"), scratch.path("out")]
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path("err"))).isEmpty)
      #expect(try String(contentsOfFile: scratch.path("out"), encoding: .utf8).split(separator: "\n").count == 3)
    }

    @Test("A file as output: every line carries the session's id")
    func outputFile() throws {
      let scratch = try Scratch()
      let path = scratch.path("records.jsonl")
      let outcome = try Program.run(["run", "-q", Self.bounce, "--duration", "2s", "-o", path])
      #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty)
      let records = try Records(try Data(contentsOf: URL(fileURLWithPath: path)))
      let id = try #require(records.session["id"].string)
      for line in records.lines.dropFirst() { #expect(line["session"].string == id) }
      withExtendedLifetime(scratch) {}
    }

    @Test("Outputs that cannot be written end with status 6 and say why")
    func badOutputs() throws {
      let full = try Program.run(["run", "-q", Self.bounce, "-o", "/dev/full"])
      #expect(full.status == 6)
      #expect(full.errors.contains("/dev/full") && full.errors.contains("No space left"))
      let stdout = try Program.run(["run", "-q", Self.bounce], output: "/dev/full")
      #expect(stdout.status == 6 && stdout.errors.contains("stdout") && stdout.errors.contains("No space left"))
      let folder = try Program.run(["run", "-q", Self.bounce, "-o", "/no/such/dir/x"])
      #expect(folder.status == 6 && folder.errors.contains("/no/such/dir/x"))
      let directory = try Program.run(["run", "-q", Self.bounce, "-o", "/"])
      #expect(directory.status == 6)
    }

    @Test("An output that is the input is refused and the input kept")
    func outputIsInput() throws {
      let scratch = try Scratch()
      let clip = try Data(contentsOf: URL(fileURLWithPath: SharedData.sample("media/captions.mkv")))
      let path = try scratch.write("clip.mkv", clip)
      let outcome = try Program.run(["run", path, "-o", path])
      #expect(outcome.status == 2 && outcome.errors.contains(path))
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == clip)
      withExtendedLifetime(scratch) {}
    }

    @Test("Standard input is an input")
    func standardInput() throws {
      let records = try Program.records(["-"], input: SharedData.sample("media/captions.mkv"))
      #expect(records.session["inputs"].array.first?["uri"].string == "-")
      #expect((records.summary["duration"].number ?? 0) > 3.5)
      #expect(try Program.run(["run", "-", "-"]).status == 2)
    }
  }
}
