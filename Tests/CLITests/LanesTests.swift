import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// `--threads`: models that run side by side.
  @Suite("Lanes", .timeLimit(.minutes(3)))
  struct LanesTests {
    private static let bounce = SharedData.sample("media/bounce.mp4")
    private static let small = ["hit-picture", "hit-sound", "hit-moment"].flatMap {
      ["--model", SharedData.sample("models/\($0)")]
    }

    /// The runs that a trace shows, as (lane, model, start, end) in microseconds.
    private static func runs(_ path: String) throws -> [(lane: Int, model: String, start: Double, end: Double)] {
      let events = try JSONDecoder().decode([JSONValue].self, from: Data(contentsOf: URL(fileURLWithPath: path)))
      return events.filter { $0["ph"].string == "X" && $0["cat"].string == "inference" }.map { span in
        let start = span["ts"].number ?? 0
        return (span["tid"].count, span["name"].string ?? "", start, start + (span["dur"].number ?? 0))
      }
    }

    /// How many pairs of runs there are of which one begins while the other goes on.
    private static func overlaps(_ runs: [(lane: Int, model: String, start: Double, end: Double)]) -> Int {
      let runs = runs.sorted { $0.start < $1.start }
      var count = 0
      for (place, run) in runs.enumerated() {
        count += runs[(place + 1)...].prefix { $0.start < run.end }.count
      }
      return count
    }

    @Test(
      "With two threads runs of two models overlap, with one none do; files give the same results",
      arguments: ["fast", "realtime"])
    func sideBySide(pace: String) throws {
      let scratch = try Scratch()
      let isFast = pace == "fast"
      let models = try ["one", "other"].flatMap { name in
        ["--model", try SmallModel.slow(scratch, name: name, milliseconds: 6)]
      }
      var results: [[JSONValue]] = []
      for threads in [1, 2] {
        let path = scratch.path("trace-\(threads).json")
        let records = try Program.records(
          [
            Self.bounce, "--duration", "1s", "--pace", pace, "--budget", "200ms", "--threads", "\(threads)", "--trace",
            path,
          ] + models)
        let runs = try Self.runs(path)
        #expect(runs.count == records.results.count && Set(runs.map(\.lane)).count == threads)
        #expect(threads == 1 ? Self.overlaps(runs) == 0 : Self.overlaps(runs) > 20, "\(Self.overlaps(runs))")
        for model in Set(runs.map(\.model)) {
          #expect(Self.overlaps(runs.filter { $0.model == model }) == 0, "a model runs once at a time")
        }
        // One thread divides no run: two lanes of one are as wide as one of one.
        #expect(records.session["models"].object.values.allSatisfy { $0["threads"].count == 1 })
        #expect(!isFast || records.results.count == 100)
        results.append(
          ["one@0.0.0", "other@0.0.0"].flatMap { id in
            records.results.filter { $0["model"].string == id }.flatMap { [$0["pts"], $0["duration"], $0["output"]] }
          })
      }
      let areSame = !isFast || results[0] == results[1]
      #expect(areSame)
      withExtendedLifetime(scratch) {}
    }

    @Test("With --deterministic one lane has all threads, and the lines are the same every time")
    func deterministic() throws {
      let lines = try [1, 3, 3].map { threads in
        try Program.run(["run", Self.bounce, "--deterministic", "--threads", "\(threads)"] + Self.small).text
          .replacingOccurrences(of: "\"threads\":\(threads)", with: "\"threads\":N")
      }
      #expect(lines[0] == lines[1] && lines[1] == lines[2] && lines[0].contains("\"threads\":N"))
    }

    @Test("A session with several lanes is repeated byte for byte, on any machine")
    func replay() throws {
      let scratch = try Scratch()
      let folder = scratch.path("recording")
      let slow = try SmallModel.slow(scratch, name: "slow", milliseconds: 15)
      let outcome = try Program.run(
        [
          "run", Self.bounce, "--pace", "realtime", "--duration", "2s", "--budget", "60ms", "--threads", "2",
          "--record", folder, "--model", slow,
        ] + Self.small)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try Program.run(["run", "replay:\(folder)"]).output == outcome.output)
      let busy = ["taskset", "-c", "0", "nice", "-n", "19"]
      #expect(try Program.run(["run", "replay:\(folder)"], prefix: busy).output == outcome.output)
      withExtendedLifetime(scratch) {}
    }
  }
}
