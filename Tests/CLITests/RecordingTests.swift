import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// Sessions that are recorded and repeated.
  @Suite("Recordings", .timeLimit(.minutes(3)))
  struct RecordingTests {
    private static let bounce = SharedData.sample("media/bounce.mp4")
    private static let models = ["hit-picture", "hit-sound", "hit-moment"].flatMap {
      ["--model", SharedData.sample("models/\($0)")]
    }

    /// Records two seconds.
    private static func record(_ scratch: Scratch, _ arguments: [String]) throws -> (folder: String, output: Data) {
      let folder = scratch.path("recording")
      let outcome = try Program.run(
        ["run", bounce, "--pace", "realtime", "--duration", "2s", "--record", folder] + arguments)
      #expect(outcome.status == 0, "\(outcome.errors)")
      return (folder, outcome.output)
    }

    @Test(
      "A recorded session is repeated byte for byte: latencies, skips and statistics too",
      arguments: [
        ["--budget", "30ms", "--features", "rms"], ["--budget", "0.01ms", "--stats-every", "100ms"],
        ["--skip", "none"],
      ])
    func same(options: [String]) throws {
      let scratch = try Scratch()
      let (folder, output) = try Self.record(scratch, Self.models + options)
      #expect(try Program.run(["run", "replay:\(folder)"]).output == output)
      // Another load, another number of cores: nothing of it shows.
      #expect(
        try Program.run(["run", "replay:\(folder)"], prefix: ["taskset", "-c", "0", "nice", "-n", "19"]).output
          == output)
      withExtendedLifetime(scratch) {}
    }

    @Test("Without models the default events are repeated; with --deterministic no measured time is told")
    func defaults() throws {
      let scratch = try Scratch()
      let (folder, output) = try Self.record(scratch, [])
      #expect(try Program.run(["run", "replay:\(folder)"]).output == output)
      let first = try Program.run(["run", "replay:\(folder)", "--deterministic"])
      let second = try Program.run(["run", "replay:\(folder)", "--deterministic"])
      #expect(first.status == 0 && first.output == second.output)
      #expect(!first.text.contains("\"captured\"") && !first.text.contains("\"wall\""))
      withExtendedLifetime(scratch) {}
    }

    @Test("Other models can be run on a recording, each time with the same result")
    func otherModels() throws {
      let scratch = try Scratch()
      let (folder, _) = try Self.record(scratch, Array(Self.models[..<2]))
      let arguments = ["run", "replay:\(folder)", "--model", SharedData.sample("models/hit-moment"), "--budget", "1s"]
      let first = try Program.run(arguments)
      #expect(first.output == (try Program.run(arguments)).output)
      let account = try Records(first.output).account("hit-moment@1.0.0")
      #expect(account["offered"].count == 100 && account["results"].count > 20)
      withExtendedLifetime(scratch) {}
    }

    @Test("A session that was killed is repeated up to a second before its end")
    func killed() throws {
      let scratch = try Scratch()
      let folder = scratch.path("recording")
      let running = try Program.Running([
        "run", Self.bounce, "--pace", "realtime", "--record", folder, "--model",
        SharedData.sample("models/hit-picture"),
      ])
      for _ in 0..<600 where running.soFar.count(where: { $0 == 10 }) < 100 { usleep(100_000) }
      running.send(SIGKILL)
      let output = try running.finish().output
      let again = try Program.run(["run", "replay:\(folder)"])
      #expect(again.status == 0 && again.errors.contains("ends before its session did"))
      let lines = again.output.split(separator: 10)
      #expect(lines.count > 20)
      // All but what was under way at the cut, which ends otherwise there, and the summary.
      #expect(zip(output.split(separator: 10), lines.dropLast(6)).allSatisfy { $0 == $1 })
      withExtendedLifetime(scratch) {}
    }

    @Test("Damaged recordings end in an error or in other records, never in a trap")
    func damaged() throws {
      let scratch = try Scratch()
      let (folder, _) = try Self.record(scratch, Array(Self.models[..<2]))
      var generator = SeededGenerator(seed: 11)
      for round in 0..<12 {
        let copy = scratch.path("damaged-\(round)")
        try FileManager.default.copyItem(atPath: folder, toPath: copy)
        for name in ["journal", "input-0.packets"] {
          var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(copy)/\(name)")))
          for _ in 0...round {
            bytes[Int.random(in: 8..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
          }
          if round % 3 == 2 { bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator)) }
          try Data(bytes).write(to: URL(fileURLWithPath: "\(copy)/\(name)"))
        }
        let outcome = try Program.run(["run", "replay:\(copy)"])
        #expect(outcome.status == 0 || outcome.status == 3, "round \(round): \(outcome.errors)")
        #expect(outcome.text.contains("\"type\":\"summary\""))
      }
      withExtendedLifetime(scratch) {}
    }

    @Test("What cannot be recorded or repeated is refused, with the remedy")
    func refused() throws {
      let scratch = try Scratch()
      let (folder, _) = try Self.record(scratch, [])
      let again = try Program.run(["run", Self.bounce, "--pace", "realtime", "--record", folder])
      #expect(again.status == 2 && again.errors.contains("there is a recording in the folder already"))
      let fast = try Program.run(["run", Self.bounce, "--record", scratch.path("other")])
      #expect(fast.status == 2 && fast.errors.contains("nothing to record"))
      let nested = try Program.run(["run", "replay:\(folder)", "--record", scratch.path("other")])
      #expect(nested.status == 2 && nested.errors.contains("a replay is a session of its own"))
      let missing = try Program.run(["run", "replay:\(scratch.path("none"))"])
      #expect(missing.status == 3 && missing.errors.contains("there is no recording"))
      withExtendedLifetime(scratch) {}
    }
  }
}
