import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// `braid model quantize` and `braid model compare` from outside.
  @Suite("Quantising and comparing models", .timeLimit(.minutes(2)))
  struct ModelQuantizeTests {
    private static let model = SharedData.sample("models/hit-picture")
    private static let clip = SharedData.sample("media/bounce.mp4")
    private static let quick = ["--rounds", "1", "--rate", "0", "--samples", "40"]

    private static func quantize(_ scratch: Scratch, _ more: [String] = []) throws -> Program.Outcome {
      try Program.run(
        ["model", "quantize", model, "--calibrate", clip, "--output", scratch.path("int8.onnx")] + quick + more)
    }

    @Test("A model is quantised with a clip, measured beside itself, and runs in its package's place")
    func quantised() throws {
      let scratch = try Scratch()
      let outcome = try Self.quantize(scratch, ["--json", "--method", "min-max", "--html", scratch.path("page.html")])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let answer = try JSONDecoder().decode(JSONValue.self, from: outcome.output)
      #expect(answer["mode"].string == "static" && answer["method"].string == "min-max")
      #expect((answer["faster"].number ?? 0) > 0 && answer["cpu"].string?.isEmpty == false)
      #expect(answer["agreement_is"].string == "same side of the threshold")
      #expect((answer["agreement"].number ?? 0) > 0.9 && (answer["outputs"].array.first?["cosine"].number ?? 0) > 0.9)
      let counts = answer["calibration"].object.mapValues { $0.number ?? 0 }
      #expect(Set(counts.keys) == ["ranges", "choices", "held_out"] && counts.values.allSatisfy { $0 >= 1 })
      #expect(answer["layers"].array.count > 2 && answer["activations"].array.count > 2)
      let page = try String(contentsOfFile: scratch.path("page.html"), encoding: .utf8)
      #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("<svg") && !page.contains("http"))
      // Beside a description that names it, the file is a model like any other.
      let description = try String(contentsOfFile: "\(Self.model)/braid.json", encoding: .utf8)
      _ = try scratch.write(
        "braid.json",
        Data(
          description.replacing("\"model.onnx\"", with: "\"int8.onnx\"").replacing(
            "\"variants\": {\n    \"int8\": \"model-int8.onnx\"\n  },", with: ""
          ).utf8))
      let records = try Program.records([Self.clip, "--model", scratch.path("int8.onnx")])
      #expect((records.summary["models"].object.values.first?["results"].number ?? 0) > 10)
    }

    @Test("The text says how fast, how alike, what was tried and what every layer costs")
    func text() throws {
      let scratch = try Scratch()
      let outcome = try Self.quantize(scratch)
      #expect(outcome.status == 0, "\(outcome.errors)")
      for part in [
        "times as fast", "agreement on", "held out", "min-max", "entropy", "mse", "layers:", "Conv", "p95 ms",
      ] {
        #expect(outcome.text.contains(part), "\(part)")
      }
    }

    @Test("What is required and not reached is status 8, told by name, and the file is there")
    func required() throws {
      let scratch = try Scratch()
      let missed = try Self.quantize(scratch, ["--method", "min-max", "--no-sparing", "--require", "faster=900"])
      #expect(missed.status == 8 && missed.errors.contains("900"))
      #expect(FileManager.default.fileExists(atPath: scratch.path("int8.onnx")))
      let same = try Program.run(
        ["model", "compare", Self.model, Self.model, "--on", Self.clip, "--json", "--require", "agreement=0.999"]
          + Self.quick)
      #expect(same.status == 0, "\(same.errors)")
      let answer = try JSONDecoder().decode(JSONValue.self, from: same.output)
      #expect(answer["agreement"].number == 1 && answer["missed"].array.isEmpty)
      #expect(answer["outputs"].array.allSatisfy { ($0["cosine"].number ?? 0) > 0.999_999 })
    }

    @Test("Wrong arguments are status 2; black pictures, one frame and a quantised model are status 4 with a remedy")
    func failures() throws {
      let scratch = try Scratch()
      let output = scratch.path("out.onnx")
      for arguments in [
        [Self.model, "--output", output], [Self.model, "--calibrate", Self.clip],
        [Self.model, "--calibrate", Self.clip, "--output", output, "--require", "fastr=2"],
        [Self.model, "--calibrate", Self.clip, "--output", output, "--require", "agreement=2"],
        [Self.model, "--calibrate", Self.clip, "--output", output, "--method", "best"],
      ] {
        let outcome = try Program.run(["model", "quantize"] + arguments)
        #expect(outcome.status == 2 && outcome.output.isEmpty && !outcome.errors.isEmpty, "\(arguments)")
      }
      let guess = try Program.run(
        ["model", "quantize", Self.model, "--calibrate", Self.clip, "--output", output, "--require", "fastr=2"])
      #expect(guess.errors.contains("Did you mean faster?"))
      let black = scratch.path("black.mp4")
      try Tool.ffmpeg("-f", "lavfi", "-i", "color=black:s=64x48:r=10:d=3", black)
      let single = scratch.path("single.mp4")
      try Tool.ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x48:r=10:d=3,loop=loop=-1:size=1,trim=duration=3", single)
      for (clip, words) in [(black, "black pictures"), (single, "again and again")] {
        let outcome = try Program.run(
          ["model", "quantize", Self.model, "--calibrate", clip, "--output", output])
        #expect(outcome.status == 4 && outcome.errors.contains(words), "\(outcome.errors)")
        #expect(outcome.errors.contains("Give material") && !FileManager.default.fileExists(atPath: output))
      }
      let twice = try Program.run(
        ["model", "quantize", "\(Self.model)/model-int8.onnx", "--calibrate", Self.clip, "--output", output])
      #expect(twice.status == 4 && twice.errors.contains("already"))
      let over = scratch.path("own.onnx")
      try FileManager.default.copyItem(atPath: "\(Self.model)/model.onnx", toPath: over)
      let missing = try Program.run(
        ["model", "quantize", Self.model, "--calibrate", "/no/such.mp4", "--output", output])
      #expect(missing.status == 4 && missing.errors.contains("/no/such.mp4"))
    }
  }
}

extension ProgramTests {
  /// `braid model bench --stream` from outside.
  @Suite("Measuring sessions", .timeLimit(.minutes(1)))
  struct StreamBenchTests {
    @Test("A whole session is told with every model's account, as JSON a line a round, and as text")
    func session() throws {
      let arguments = [
        "--stream", SharedData.sample("media/bounce.mp4"), "--model", SharedData.sample("models/hit-picture"),
        "--duration", "2",
      ]
      let outcome = try Program.run(["model", "bench", "--json", "--rounds", "2"] + arguments)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let lines = outcome.text.split(separator: "\n")
      #expect(lines.count == 2)
      for line in lines {
        let answer = try JSONDecoder().decode(JSONValue.self, from: Data(line.utf8))
        #expect((answer["realtime_factor"].number ?? 0) > 0 && (answer["duration"].number ?? 0) > 1.9)
        let model = answer["models"]["hit-picture@1.0.0"]
        #expect(model["offered"].number == 100 && model["results"].number == 96)
        #expect(model["skipped"].object.mapValues { $0.number ?? 0 } == ["gap": 4])
        let times = ["p50", "p95", "p99", "max"].map { model["inference_ms"][$0].number ?? -1 }
        #expect(times[0] > 0 && times == times.sorted())
      }
      let text = try Program.run(["model", "bench"] + arguments).text
      #expect(text.contains("times real time") && text.contains("passed over: 4 gap"))
      #expect(try Program.run(["model", "bench", "--stream", "/no/such.mp4"]).status == 3)
      #expect(try Program.run(["model", "bench", "x.onnx"] + arguments).status == 2)
    }
  }
}
