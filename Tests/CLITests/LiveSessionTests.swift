import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// Sessions whose inputs are live, with generators in place of devices.
  @Suite("Live sessions", .timeLimit(.minutes(3)))
  struct LiveSessionTests {
    private static let picture = "lavfi:testsrc2=size=320x240:rate=30"
    private static let sound = "lavfi:sine=frequency=440:sample_rate=48000"

    @Test("Two inputs on one timeline: a session of --duration ends by itself, with everything accounted for")
    func duration() throws {
      let records = try Program.records([Self.picture, Self.sound, "--duration", "3s", "--features", "rms,luma"])
      #expect(records.session["pace"].string == "live")
      for id in ["video:0", "audio:0"] {
        let first = try #require(records.summary["streams"][id]["first_pts"].number)
        let last = try #require(records.summary["streams"][id]["last_pts"].number)
        #expect(first >= 0 && first < 1.5 && last > 2 && last < 3.5)
      }
      #expect(records.summary["streams"]["video:0"]["delivered"].count > 40)
      #expect(records.of("stats").count >= 2)
      #expect(records.of("features").count > 50)
    }

    @Test(
      "An interruption is the usual end of a live session: the summary comes, and nothing that came is let go by it")
    func interruption() throws {
      let running = try Program.Running(["run", Self.picture, Self.sound, "--features", "rms"])
      for _ in 0..<600 where running.soFar.count(where: { $0 == 10 }) < 100 { usleep(50_000) }
      running.send(SIGINT)
      let outcome = try running.finish()
      #expect(outcome.status == 130, "\(outcome.errors)")
      let records = try Records(outcome.output)
      // A busy machine may have dropped some before; that was told then.
      for (id, unit) in [("video:0", "frames"), ("audio:0", "samples")] {
        let told = records.of("gap").filter { $0["stream"].string == id }.reduce(0) { $0 + $1[unit].count }
        #expect(records.summary["streams"][id]["lost"]["ring"].count <= told)
      }
    }

    @Test("A file in a live session is paced, and its end leaves the others running")
    func mixed() throws {
      let clip = SharedData.sample("media/bounce.mp4")
      let records = try Program.records([clip, Self.sound, "--duration", "4s", "--features", "luma"])
      #expect(records.session["pace"].string == "live")
      #expect((records.summary["wall"].number ?? 0) > 3.5)
      #expect(records.summary["streams"]["audio:1"]["delivered"].count > 3 * 44_100)
    }

    @Test("What a live session tells is repeated from its recording, byte for byte", arguments: [1, 2])
    func recorded(models: Int) throws {
      let scratch = try Scratch()
      let folder = scratch.path("recording")
      let names = ["hit-picture", "hit-moment"].prefix(models)
      let arguments =
        ["run", Self.picture, Self.sound, "--duration", "3s", "--budget", "50ms", "--record", folder]
        + names.flatMap { ["--model", SharedData.sample("models/\($0)")] }
      let outcome = try Program.run(arguments)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try Program.run(["run", "replay:\(folder)"]).output == outcome.output)
      let busy = ["taskset", "-c", "0", "nice", "-n", "19"]
      #expect(try Program.run(["run", "replay:\(folder)"], prefix: busy).output == outcome.output)
      withExtendedLifetime(scratch) {}
    }

    @Test(
      "A reader that does not read holds up no capture: memory stays, what is dropped is counted, and then it goes on")
    func blockedReader() throws {
      let scratch = try Scratch()
      let path = scratch.path("out")
      let run = "'\(Program.path)' run '\(Self.picture)' '\(Self.sound)' --duration 8s --features stft"
      // Rows of spectra are many megabytes; what is told of them is in the rest.
      let command = "\(run) | (sleep 6; grep -v '\"type\":\"features\"' > '\(path)')"
      try Tool.run("sh", ["-c", command])
      let records = try Records(try Data(contentsOf: URL(fileURLWithPath: path)))
      let lost = records.summary["streams"]["audio:0"]["lost"]["ring"].count
      #expect(lost > 48_000)
      let told = records.of("gap").filter { $0["stream"].string == "audio:0" && $0["reason"].string == "overrun" }
      #expect(told.reduce(0) { $0 + $1["samples"].count } == lost)
      #expect((records.summary["peak_memory_mb"].number ?? .infinity) < 400)
      withExtendedLifetime(scratch) {}
    }

    @Test("A session that is interrupted while nobody reads ends all the same")
    func givenUp() throws {
      let pipe = Pipe()
      let running = Process()
      running.executableURL = URL(fileURLWithPath: Program.path)
      running.arguments = ["run", Self.sound, "--features", "stft"]
      running.standardOutput = pipe
      running.standardError = FileHandle.nullDevice
      try running.run()
      sleep(4)
      kill(running.processIdentifier, SIGINT)
      let start = Date()
      running.waitUntilExit()
      #expect(running.terminationStatus == 130)
      #expect(Date().timeIntervalSince(start) < 10)
      withExtendedLifetime(pipe) {}
    }
  }
}
