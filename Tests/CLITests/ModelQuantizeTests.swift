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

    private static let written = SharedData.packageRoot.appendingPathComponent(
      "Tests/InferenceTests/Quantization/Goldens/written"
    ).path

    @Test(
      "What needs no ranges is made by the program too, is smaller, and says what it said",
      arguments: [("dynamic", 0.999, 0.9), ("weights", 0.999, 0.5), ("float16", 0.999_99, 0.7)])
    func modes(mode: String, cosine: Double, size: Double) throws {
      let scratch = try Scratch()
      let output = scratch.path("made.onnx")
      let outcome = try Program.run(
        ["model", "quantize", Self.model, "--calibrate", Self.clip, "--json", "--mode", mode, "--output", output]
          + Self.quick)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let answer = try JSONDecoder().decode(JSONValue.self, from: outcome.output)
      #expect(answer["mode"].string == mode && answer["method"].string == nil)
      #expect((answer["outputs"].array.first?["cosine"].number ?? 0) > cosine)
      let bytes = answer["bytes"].array.compactMap(\.number)
      #expect(bytes.count == 2 && bytes[1] > 0 && bytes[1] < bytes[0] * size, "\(bytes)")
      let operators = try Program.run(["model", "inspect", output]).text
      let expected = ["dynamic": "MatMulInteger", "weights": "DequantizeLinear", "float16": "Cast"]
      #expect(operators.contains(expected[mode] ?? "-") && !operators.contains(" QuantizeLinear"), "\(operators)")
    }

    @Test("Both models are held against labels: those that ONNX Runtime's answers give, of which some are made wrong")
    func labels() throws {
      let scratch = try Scratch()
      let answers = try String(contentsOfFile: "\(Self.written)/classes.csv", encoding: .utf8)
      func compare(_ labels: String, _ more: [String] = []) throws -> Program.Outcome {
        let file = try scratch.write("labels.csv", Data(labels.utf8))
        let model = "\(Self.written)/float.onnx"
        return try Program.run(
          ["model", "compare", model, model, "--on", "\(Self.written)/x.npy", "--json", "--labels", file]
            + Self.quick + more)
      }
      func accuracy(_ outcome: Program.Outcome) throws -> [String: Double] {
        #expect(!outcome.output.isEmpty, "\(outcome.errors)")
        return try JSONDecoder().decode(JSONValue.self, from: outcome.output)["accuracy"].object
          .mapValues { $0.number ?? -1 }
      }
      #expect(try accuracy(compare(answers)) == ["first": 1, "second": 1, "count": 40])
      // The first ten are another class than ONNX Runtime's.
      let wrong = answers.split(separator: "\n").map { line in
        let parts = line.split(separator: ",")
        guard let place = Int(parts[0]), let label = Int(parts[1]), place < 10 else { return String(line) }
        return "\(place),\((label + 1) % 5)"
      }.joined(separator: "\n")
      let missed = try compare(wrong, ["--require", "accuracy=0.8"])
      #expect(missed.status == 8 && missed.errors.contains("0.75 of 40"), "\(missed.errors)")
      #expect(try accuracy(missed) == ["first": 0.75, "second": 0.75, "count": 40])
      #expect(try compare(wrong, ["--require", "accuracy=0.7"]).status == 0)
      let unknown = try compare("0,left\n")
      #expect(unknown.status == 4 && unknown.errors.contains("left"), "\(unknown.errors)")
      let none = try Program.run(
        ["model", "compare", Self.model, Self.model, "--on", Self.clip, "--require", "accuracy=0.5"])
      #expect(none.status == 2 && none.errors.contains("--labels"), "\(none.errors)")
    }

    @Test("Nothing that is read, or written besides, is written over, and folders are looked for before any work")
    func overwriting() throws {
      let scratch = try Scratch()
      let arrays = scratch.path("x.npy")
      try FileManager.default.copyItem(atPath: "\(Self.written)/x.npy", toPath: arrays)
      let archive = scratch.path("hit.braidmodel")
      #expect(try Program.run(["model", "pack", Self.model, "--output", archive]).status == 0)
      let packed = FileManager.default.contents(atPath: archive)
      let float = "\(Self.written)/float.onnx"
      for (model, material, output, html) in [
        (float, arrays, arrays, nil), (float, arrays, scratch.path("./x.npy"), nil),
        (archive, Self.clip, archive, nil), (float, arrays, scratch.path("o.onnx"), scratch.path("o.onnx")),
        (float, arrays, scratch.path("none/o.onnx"), nil),
        (float, arrays, scratch.path("o.onnx"), scratch.path("none/o.html")), (float, arrays, scratch.path(""), nil),
      ] as [(String, String, String, String?)] {
        let outcome = try Program.run(
          ["model", "quantize", model, "--calibrate", material, "--output", output] + Self.quick
            + (html.map { ["--html", $0] } ?? []))
        #expect(outcome.status == 4 && outcome.output.isEmpty, "\(output)")
        #expect(outcome.errors.contains(html == nil || html == output ? "--" : "--html"), "\(outcome.errors)")
      }
      #expect(FileManager.default.contentsEqual(atPath: arrays, andPath: "\(Self.written)/x.npy"))
      #expect(packed != nil && FileManager.default.contents(atPath: archive) == packed)
      #expect(!FileManager.default.fileExists(atPath: scratch.path("o.onnx")))
      // The size of a model in an archive is that of its file.
      let outcome = try Program.run(
        ["model", "compare", archive, Self.model, "--on", Self.clip, "--json"] + Self.quick)
      let answer = try JSONDecoder().decode(JSONValue.self, from: outcome.output)
      let size = FileManager.default.contents(atPath: "\(Self.model)/model.onnx")?.count ?? 0
      #expect(answer["bytes"].array.map(\.number) == [Double(size), Double(size)])
    }

    @Test("A packed folder's own variant is made anew, and that the package's hash of it is an old one is told")
    func variant() throws {
      let scratch = try Scratch()
      let folder = scratch.path("picture")
      #expect(try Program.run(["model", "pack", Self.model, "--output", folder]).status == 0)
      let outcome = try Program.run(
        ["model", "quantize", folder, "--calibrate", Self.clip, "--output", "\(folder)/model-int8.onnx"] + Self.quick)
      #expect(outcome.status == 0 && (outcome.text + outcome.errors).contains("writes it anew"), "\(outcome.errors)")
      #expect(
        try Program.run(["run", Self.clip, "--model", "\(folder)/model-int8.onnx", "--duration", "1"]).status == 4)
    }

    @Test("Every command of docs/quantization.md works, in its order")
    func document() throws {
      let document = try DocumentScript("quantization.md")
      #expect(document.blocks.count > 4)
      let scratch = try Scratch()
      let told = try document.run(in: scratch)
      #expect(told.contains("accuracy by the labels given 1.0000 and 1.0000 (of 2)"))
      let report = try JSONDecoder().decode(
        JSONValue.self, from: Data(contentsOf: URL(fileURLWithPath: scratch.path("report.json"))))
      #expect((report["agreement"].number ?? 0) >= 0.9)
      for file in ["hits8.onnx", "dynamic.onnx", "weights.onnx", "half.onnx", "report.html"] {
        #expect(FileManager.default.fileExists(atPath: scratch.path(file)), "\(file)")
      }
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
