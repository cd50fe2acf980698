import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// The same input gives the same bytes, whatever the machine does meanwhile.
  @Suite("Determinism", .timeLimit(.minutes(4)))
  struct DeterminismTests {
    private static let bounce = SharedData.sample("media/bounce.mp4")

    static let cases: [[String]] = [
      [bounce],
      [bounce, "--stats-every", "700ms"],
      [bounce, "--features", "rms,mfcc,motion"],
      [
        bounce, "--model", SharedData.sample("models/hit-sound"), "--model", SharedData.sample("models/hit-picture"),
        "--model", SharedData.sample("models/hit-moment"), "--stats-every", "1s",
      ],
      [
        SharedData.sample("media/captions.mkv"), "--model",
        SharedData.sample("models/hit-picture/model-int8.onnx"), "--model",
        SharedData.sample("models/speech-activity/model-int8.onnx"), "--skip", "every:2",
      ],
    ]

    @Test("Four runs, on one core and beside a busy process too, are alike", arguments: cases)
    func same(arguments: [String]) throws {
      let words = ["run", "-q", "--deterministic"] + arguments
      let first = try Program.run(words)
      #expect(first.status == 0 && !first.output.isEmpty, "\(first.errors)")
      #expect(try Program.run(words).output == first.output)
      #expect(try Program.run(words, prefix: ["taskset", "-c", "0"]).output == first.output)
      let busy = Process()
      busy.executableURL = URL(fileURLWithPath: "/usr/bin/sh")
      busy.arguments = ["-c", "while :; do :; done"]
      try busy.run()
      defer {
        kill(busy.processIdentifier, SIGKILL)
        busy.waitUntilExit()
      }
      #expect(try Program.run(words, prefix: ["taskset", "-c", "0", "nice"]).output == first.output)
      let records = try Records(first.output)
      checkOrder(records)
      for name in ["id", "host", "started"] { #expect(records.session[name] == .null, "\(name)") }
      for name in ["wall", "realtime_factor", "peak_memory_mb"] { #expect(records.summary[name] == .null, "\(name)") }
      for result in records.results { #expect(result["captured"] == .null && result["latency_ms"] == .null) }
    }

    /// Results leave in the order of (pts, stream, model).
    private func checkOrder(_ records: Records) {
      let streams = ["video:0", "audio:0", "text:0"]
      let models = Array(Set(records.results.compactMap { $0["model"].string }))
      var last = (-Double.infinity, "")
      for result in records.results {
        let pts = result["pts"].number ?? -.infinity
        #expect(pts >= last.0)
        if pts == last.0, let stream = result["stream"].string {
          #expect((streams.firstIndex(of: stream) ?? 9) >= (streams.firstIndex(of: last.1) ?? 0))
        }
        last = (pts, result["stream"].string ?? "")
      }
      let stats = records.of("stats").compactMap { $0["pts"].number }
      #expect(zip(stats, stats.dropFirst()).allSatisfy { $0 < $1 })
      #expect(records.results.isEmpty == models.isEmpty)
    }

    @Test("Real-time pace cannot be deterministic")
    func contradiction() throws {
      let outcome = try Program.run(["run", Self.bounce, "--deterministic", "--pace", "realtime"])
      #expect(outcome.status == 2 && outcome.output.isEmpty)
      #expect(outcome.errors.contains("--deterministic") && outcome.errors.contains("--pace"))
    }

    @Test("Measured kernels cannot be deterministic")
    func measured() throws {
      let outcome = try Program.run(["run", Self.bounce, "--deterministic", "--measure-kernels"])
      #expect(outcome.status == 2 && outcome.output.isEmpty)
      #expect(outcome.errors.contains("--deterministic") && outcome.errors.contains("--measure-kernels"))
    }
  }
}
