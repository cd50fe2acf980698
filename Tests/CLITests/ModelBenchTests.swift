import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// `braid model bench` from outside.
  @Suite("Measuring models", .timeLimit(.minutes(2)))
  struct ModelBenchTests {
    private static let model = SharedData.sample("models/hit-sound")

    @Test("A line of JSON a model, with what was measured, the processor and the instruction set")
    func json() throws {
      let outcome = try Program.run(["model", "bench", Self.model, Self.model, "--json", "--seconds", "0.1"])
      #expect(outcome.status == 0 && outcome.errors.isEmpty)
      let lines = outcome.text.split(separator: "\n")
      #expect(lines.count == 2)
      for line in lines {
        let answer = try JSONDecoder().decode(JSONValue.self, from: Data(line.utf8))
        #expect(
          Set(answer.object.keys) == [
            "model", "threads", "p50_ms", "p95_ms", "p99_ms", "first_ms", "load_ms", "memory_mb", "cpu", "isa",
          ])
        #expect(answer["model"].string == Self.model && answer["threads"].number == 1)
        let times = ["p50_ms", "p95_ms", "p99_ms"].map { answer[$0].number ?? -1 }
        #expect(times[0] > 0 && times == times.sorted())
        #expect((answer["first_ms"].number ?? 0) > 0 && (answer["load_ms"].number ?? 0) > 0)
        #expect((answer["memory_mb"].number ?? 0) > 1)
        #expect(answer["cpu"].string?.isEmpty == false && answer["isa"].string?.isEmpty == false)
      }
    }

    @Test("Paced runs keep their rate: as many as the time holds, and no faster")
    func paced() throws {
      let start = Date()
      let outcome = try Program.run(["model", "bench", Self.model, "--json", "--seconds", "0.5", "--rate", "20"])
      // Five runs at least, and a period before each.
      #expect(outcome.status == 0 && Date().timeIntervalSince(start) >= 0.5)
      let answer = try JSONDecoder().decode(JSONValue.self, from: outcome.output)
      #expect(answer["rate_hz"].number == 20)
      #expect((answer["p50_ms"].number ?? 1000) < 50)
    }

    @Test("A profile names every step, and its times are those of the runs")
    func profile() throws {
      let outcome = try Program.run(["model", "bench", Self.model, "--json", "--seconds", "0.2", "--profile"])
      let answer = try JSONDecoder().decode(JSONValue.self, from: outcome.output)
      let steps = answer["profile"].array
      #expect(!steps.isEmpty)
      for step in steps {
        #expect(["oneDNN", "reference"].contains(step["provider"].string ?? ""))
        #expect(step["operation"].string?.isEmpty == false && step["implementation"].string?.isEmpty == false)
        #expect((step["mean_us"].number ?? 0) > 0 && (step["bytes"].number ?? 0) > 0)
        #expect(step["outputs"].array.first?["layout"].string?.isEmpty == false)
      }
      #expect(steps.contains { ($0["multiply_adds"].number ?? 0) > 0 })
      let text = try Program.run(["model", "bench", Self.model, "--seconds", "0.1", "--profile"]).text
      #expect(text.split(separator: "\n").count == steps.count + 3 && text.contains("provider"))
    }

    @Test("Wrong arguments are status 2, a model that is not there or broken is status 4 and the others are measured")
    func failures() throws {
      for arguments in [
        [], [Self.model, "--seconds", "0"], [Self.model, "--rate", "-1"], [Self.model, "--threads", "0"],
        [Self.model, "--dims", "image"], [Self.model, "--dims", "image=1x-3"], [Self.model, "--dims", "=3"],
      ] {
        let outcome = try Program.run(["model", "bench"] + arguments)
        #expect(outcome.status == 2 && outcome.output.isEmpty && !outcome.errors.isEmpty, "\(arguments)")
      }
      let missing = try Program.run(["model", "bench", "/no/such.onnx", Self.model, "--json", "--seconds", "0.05"])
      #expect(missing.status == 4 && missing.errors.contains("/no/such.onnx"))
      #expect(missing.text.split(separator: "\n").count == 1)
      let scratch = try Scratch()
      let broken = try scratch.write("broken.onnx", Data("no model at all".utf8))
      let outcome = try Program.run(["model", "bench", broken])
      #expect(outcome.status == 4 && outcome.errors.contains("broken.onnx"))
      let shape = try Program.run(["model", "bench", Self.model, "--dims", "nothing=1x2"])
      #expect(shape.status == 4 && shape.errors.contains("nothing"))
    }
  }
}
