import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// Pipeline files, as the program runs them.
  @Suite("Pipelines", .timeLimit(.minutes(4)))
  struct PipelineTests {
    private static let root = SharedData.packageRoot.path

    private func print(_ arguments: [String], folder: String? = nil) throws -> String {
      let outcome = try Program.run(["run", "--print-config"] + arguments, folder: folder)
      #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(arguments): \(outcome.errors)")
      return outcome.text
    }

    /// The keys that a printed pipeline has, at any level.
    private func keys(_ text: String) -> Set<String> {
      Set(
        text.split(separator: "\n").compactMap { line in
          let field = line.drop { $0 == " " || $0 == "-" }
          return field.firstIndex(of: ":").map { String(field[..<$0]) }
        })
    }

    @Test("Every option of run is a field of a pipeline, or is known not to be one")
    func optionsAndFields() throws {
      let help = try Program.run(["run", "--help"]).text
      let options = help.matches(of: /(?m)^  (?:-\w, )?--(?:no-)?([a-z][a-z-]*)/).map { String($0.1) }
      #expect(options.count > 35)
      let gathered = [
        "model": "models", "schedule": "schedule", "gate": "gates", "crops": "crops", "chain": "chain",
        "track": "track", "sink": "sinks",
      ]
      // How the program is run, not what.
      let apart: Set = ["pipeline", "print-config", "each", "jobs", "resume", "quiet", "help", "version"]
      let printed = keys(
        try print(
          [
            Self.root + "/samples/media/bounce.mp4", "--model", "hit-sound", "--model", "hit-picture", "--gate",
            "hit-picture=hit-sound", "--features", "rms", "--moments", "video:0,audio:0",
          ], folder: Self.root + "/samples/models"))
      for option in options where !apart.contains(option) {
        #expect(printed.contains(gathered[option] ?? option), "--\(option) is no field of a pipeline")
      }
      // And each field is described in its reference.
      let reference = try String(contentsOfFile: Self.root + "/docs/pipelines.md", encoding: .utf8)
      for key in printed { #expect(reference.contains("\(key):") || reference.contains("`\(key)`"), "\(key)") }
    }

    @Test("Each option says in a pipeline's print what was given, and wins over the file")
    func overrides() throws {
      let scratch = try Scratch()
      let clip = Self.root + "/samples/media/bounce.mp4"
      let file = try scratch.write(
        "p.yaml",
        Data(
          """
          version: braid-pipeline/1
          sources: [\(clip)]
          source-options: {streams: all, max-pixels: 5000, keep-time: true}
          live: {reconnect: true, open-timeout: 7s}
          features: [rms]
          pace: realtime
          budget: 70ms
          skip: none
          prefer: newest
          tolerance: 1ms
          wait: 2ms
          threads: 2
          fft-measure: true
          stats-every: 3s
          """.utf8))
      let plain = try print(["--pipeline", file])
      for line in [
        "  - \(clip)", "  streams: all", "  max-pixels: 5000", "  keep-time: true", "  reconnect: true",
        "  open-timeout: 7s",
        "  - rms", "pace: realtime", "budget: 70ms", "skip: none", "prefer: newest", "tolerance: 1ms", "wait: 2ms",
        "threads: 2", "fft-measure: true", "stats-every: 3s", "deterministic: false", "measure-kernels: false",
        "  read-timeout: 5s", "  decoder-threads: 0", "output: \"-\"",
      ] { #expect(plain.contains(line + "\n"), "\(line)") }
      let other = Self.root + "/samples/media/speech.mp4"
      let changed = try print([
        "--pipeline", file, other, "--streams", "v:0", "--max-pixels", "6000", "--no-keep-time", "--no-reconnect",
        "--open-timeout", "8s", "--features", "luma", "--pace", "fast", "--budget", "80ms", "--skip", "every:2",
        "--prefer",
        "content", "--tolerance", "3ms", "--wait", "4ms", "--threads", "1", "--no-fft-measure", "--deterministic",
        "--stats-every", "0", "--output", "out",
      ])
      for line in [
        "  - \(other)", "  streams: v:0", "  max-pixels: 6000", "  keep-time: false", "  reconnect: false",
        "  open-timeout: 8s", "  - luma", "pace: fast", "budget: 80ms", "skip: every:2", "prefer: content",
        "tolerance: 3ms",
        "wait: 4ms", "threads: 1", "fft-measure: false", "deterministic: true", "stats-every: 0s",
      ] { #expect(changed.contains(line + "\n"), "\(line)") }
      #expect(!changed.contains(clip))
    }

    @Test("What is printed runs as what was asked for, and is printed again as the same bytes")
    func printed() throws {
      let scratch = try Scratch()
      let arguments = [
        "samples/media/bounce.mp4", "--model", "samples/models/hit-sound", "--model", "samples/models/hit-picture",
        "--gate",
        "hit-picture=hit-sound:hit,hold=400ms", "--schedule", "hit-picture@1.0.0:weight=2", "--deterministic",
        "--duration",
        "4s", "--features", "rms,hop=500",
      ]
      let version = try #require(
        try Program.run(["run", "-q"] + arguments.prefix(3) + ["--duration", "0.1s"], folder: Self.root).text
          .firstMatch(of: /hit-sound@([0-9.]+)/)?.1)
      let asked = arguments.map { $0.replacing("@1.0.0", with: "@\(version)") }
      let text = try print(asked, folder: Self.root)
      #expect(text.contains("model: hit-sound\n") && text.contains("label: hit\n") && text.contains("weight: 2.0\n"))
      let file = try scratch.write("p.yaml", Data(text.utf8))
      #expect(try print(["--pipeline", file]) == text)
      let straight = try Program.run(["run", "-q"] + asked, folder: Self.root)
      let piped = try Program.run(["run", "-q", "--pipeline", file])
      #expect(straight.status == 0 && piped.status == 0, "\(straight.errors) \(piped.errors)")
      // Only the path that the session names the clip by is another.
      func rest(_ output: Data) -> [Data.SubSequence] {
        output.split(separator: UInt8(ascii: "\n")).dropFirst().map { $0 }
      }
      #expect(rest(straight.output) == rest(piped.output) && rest(piped.output).count > 10)
      // Through a pipe as well, also where threads are asked for.
      let through = try Program.run(["run", "-q", "--pipeline", "-", "--threads", "2"], input: file)
      #expect(through.status == 0 && rest(through.output) == rest(piped.output), "\(through.errors)")
    }

    @Test("The sample pipelines run", arguments: ["default-events", "speech", "hits", "captions"])
    func samples(name: String) throws {
      let file = Self.root + "/samples/pipelines/\(name).yaml"
      // From any folder: paths are seen from the file.
      let records = try Program.records(["--pipeline", file], folder: "/")
      switch name {
      case "default-events": #expect(!records.events("hit").isEmpty)
      case "speech": #expect(!records.events("speech").isEmpty && !records.of("features").isEmpty)
      case "hits": #expect(records.summary["models"].object.count == 2 && !records.of("stats").isEmpty)
      default: #expect(!records.of("event").isEmpty)
      }
    }

    @Test("Faces, their emotions and speech: the cascade of the benchmark", .enabled(if: SharedData.isPresent))
    func cascade() throws {
      let file = Self.root + "/Benchmarks/cascade.yaml"
      let piped = try Program.records(["--pipeline", file, "--deterministic", "--duration", "1s"])
      let models = SharedData.folder.path + "/models/"
      let straight = try Program.records([
        SharedData.media("faces_speech_h264_aac.mp4"), "--deterministic", "--duration", "1s", "--model",
        models + "ultraface_RFB-320_int8_qdq.onnx", "--model", models + "fer_mini_xception_int8_qdq.onnx", "--model",
        models + "silero_vad_16k_op15.onnx", "--crops",
        "fer_mini_xception_int8_qdq=ultraface_RFB-320_int8_qdq,margin=0.2,square=yes",
      ])
      #expect(piped.lines.dropFirst() == straight.lines.dropFirst() && piped.results.count > 60)
    }

    @Test("Every example of the reference is a pipeline")
    func reference() throws {
      let scratch = try Scratch()
      try FileManager.default.createSymbolicLink(
        atPath: scratch.path("samples"), withDestinationPath: Self.root + "/samples")
      let text = try String(contentsOfFile: Self.root + "/docs/pipelines.md", encoding: .utf8)
      let blocks = text.matches(of: /(?s)```yaml( excerpt)?\n(.*?)```/)
      #expect(blocks.count >= 10)
      for block in blocks where block.1 == nil {
        let yaml = String(block.2)
        let whole = yaml.contains("version:") ? yaml : "version: braid-pipeline/1\n" + yaml
        let file = try scratch.write("p.yaml", Data(whole.utf8))
        let outcome = try Program.run(["run", "--print-config", "--pipeline", file])
        #expect(outcome.status == 0, "\(outcome.errors)\n\(yaml)")
      }
    }

    @Test("A pipeline with faults names all of them and opens nothing; a file that is none is told as such")
    func faults() throws {
      let scratch = try Scratch()
      let bad = try scratch.write(
        "bad.yaml",
        Data(
          """
          version: braid-pipeline/1
          sources: [none.mp4]
          budgt: 50ms
          models:
            - {name: a, file: nowhere.onnx, gates: [{model: b}]}
          output: made.jsonl
          """.utf8))
      let outcome = try Program.run(["run", "--pipeline", bad])
      #expect(outcome.status == 2 && outcome.output.isEmpty)
      for words in [
        "4 things are wrong", "bad.yaml:2:11: sources[0]: there is no file", "bad.yaml:3:1: budgt",
        "Did you mean 'budget'?",
        "bad.yaml:5:21: models[0].file: ", "bad.yaml:5:51: models[0].gates[0].model: the pipeline has no model 'b'",
      ] { #expect(outcome.errors.contains(words), "\(words): \(outcome.errors)") }
      #expect(!FileManager.default.fileExists(atPath: scratch.path("made.jsonl")))
      for (file, words) in [
        (scratch.path("no.yaml"), "cannot be read"), (scratch.folder.path, "cannot be read"),
        (try scratch.write("empty.yaml", Data()), "it is empty"),
        (Self.root + "/samples/media/bounce.mp4", "bounce.mp4"),
      ] {
        let outcome = try Program.run(["run", "--pipeline", file])
        #expect(outcome.status == 2 && outcome.output.isEmpty && outcome.errors.contains(words), "\(outcome.errors)")
      }
      // Models that are given take the place of those that there are not.
      let sound = Self.root + "/samples/models/hit-sound"
      let other = try scratch.write(
        "other.yaml", Data("version: braid-pipeline/1\nsources: [x]\nmodels: [{file: nowhere.onnx}]".utf8))
      let clip = Self.root + "/samples/media/bounce.mp4"
      let records = try Program.records(["--pipeline", other, clip, "--model", sound, "--duration", "1s"])
      #expect(records.summary["models"].object.count == 1)
    }

    @Test("A pipeline is run on each of many files")
    func each() throws {
      let scratch = try Scratch()
      let file = try scratch.write(
        "p.yaml",
        Data(
          "version: braid-pipeline/1\nfeatures: [rms]\ndeterministic: true\noutput: results\nsource-options: {duration: 1s}"
            .utf8))
      let clips = ["bounce.mp4", "speech.mp4"].map { Self.root + "/samples/media/\($0)" }
      let outcome = try Program.run(["run", "--pipeline", file, "--each"] + clips)
      #expect(outcome.status == 0, "\(outcome.errors)")
      for clip in ["bounce.mp4", "speech.mp4"] {
        #expect(FileManager.default.fileExists(atPath: scratch.path("results/\(clip).jsonl")))
      }
    }
  }
}
