import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// Models that take what others gave in their last runs. What they find is compared in ``KnownSoundTests``.
  @Suite("Chains of models", .timeLimit(.minutes(3)))
  struct ChainTests {
    private static let known = SharedData.packageRoot.appendingPathComponent("Tests/CLITests/Goldens/Known").path
    private static let clip = "\(known)/speech.wav"
    private static let embedding = "\(known)/small_embedding.onnx"
    private static let word = "\(known)/wake_word.onnx"
    private static let models = ["--model", embedding, "--model", word]

    /// A package of a model of the goldens.
    private static func package(_ scratch: Scratch, _ name: String, _ file: String, _ inputs: String, _ output: String)
      throws -> String
    {
      let folder = scratch.path(name)
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: "\(known)/\(file)", toPath: "\(folder)/model.onnx")
      let text = """
        {"format": "braid-model/1", "name": "\(name)", "version": "1.0.0", "model": "model.onnx",
         "inputs": [\(inputs)], "output": \(output)}
        """
      _ = try scratch.write("\(name)/braid.json", Data(text.utf8))
      return folder
    }

    @Test("Each result of the other is accounted for: those before the window is whole as a gap; runs are alike")
    func accounts() throws {
      let words = ["run", "-q", "--deterministic", Self.clip] + Self.models
      let first = try Program.run(words)
      let records = try Records(first.output)
      let account = records.account("wake_word@0.0.0")
      let results = records.results.filter { $0["model"].string == "wake_word@0.0.0" }
      #expect(account["offered"].count == records.account("small_embedding@0.0.0")["results"].count)
      #expect(account["skipped"]["gap"].count == 15)
      #expect(account["results"].count == results.count && results.count > 8)
      #expect(results[0]["lost"]["gap"].count == 15 && results[1]["lost"]["gap"].count == 0)
      #expect(try Program.run(words).output == first.output)
      let fast = try Program.run(words.filter { $0 != "--deterministic" } + ["--threads", "2"])
      #expect(try Records(fast.output).results == records.results)
    }

    @Test("What the other passes over is passed over for the same reason, and the window begins anew")
    func holes() throws {
      let words = ["--deterministic", Self.clip, "--skip", "every:2"] + Self.models
      let account = try Program.records(words).account("wake_word@0.0.0")
      let skipped = account["skipped"]
      #expect(account["results"].count == 0)
      #expect(skipped["interval"].count > 10 && skipped["gap"].count > 10)
      #expect(account["offered"].count == skipped["interval"].count + skipped["gap"].count)
    }

    @Test("At real-time pace a result says what it waited for the other")
    func realtime() throws {
      let records = try Program.records(["--pace", "realtime", Self.clip] + Self.models)
      let results = records.results.filter { $0["model"].string == "wake_word@0.0.0" }
      let account = records.account("wake_word@0.0.0")
      let skips = ["budget", "stale", "interval", "gate", "gap", "shed"].map { account["skipped"][$0].count }
      #expect(account["offered"].count == skips.reduce(account["results"].count, +))
      for result in results {
        let latency = result["latency_ms"]
        #expect((latency["cascade"].number ?? -1) > 0)
        #expect((latency["total"].number ?? 0) >= (latency["cascade"].number ?? 1e9))
      }
    }

    @Test("A description names the other model; a flag says which where more than one fits, and wins")
    func names() throws {
      let scratch = try Scratch()
      let rows = """
        {"name": "rows", "kind": "features", "features": "log-mel:speech-embedding", "bands": 32, "rate": 16000,
         "rows": 76, "hop_rows": 8}
        """
      let embedding = #"{"decoder": "embedding", "name": "embedding"}"#
      let one = try Self.package(scratch, "one", "small_embedding.onnx", rows, embedding)
      let two = try Self.package(scratch, "two", "small_embedding.onnx", rows, embedding)
      let input = #"{"name": "x", "kind": "results", "values": 96, "history": 16, "from": "two"}"#
      let scores = #"{"decoder": "regression", "name": "probability", "values": [{"name": "score"}]}"#
      let head = try Self.package(scratch, "head", "wake_word.onnx", input, scores)
      let both = ["--model", one, "--model", two]
      func status(_ words: [String]) throws -> Program.Outcome {
        try Program.run(["run", "-q", "--deterministic", Self.clip] + words)
      }
      #expect(try status(both + ["--model", head]).status == 0)
      let ambiguous = try status(both + ["--model", Self.word])
      #expect(ambiguous.status == 2)
      #expect(ambiguous.errors.contains("one and two give 96 values"), "\(ambiguous.errors)")
      #expect(ambiguous.errors.contains("--chain wake_word=one"))
      #expect(try status(both + ["--model", Self.word, "--chain", "wake_word=two:embedding"]).status == 0)
      for (words, text) in [
        (["--model", Self.word], "none of the session gives 96 values"),
        (["--model", one, "--model", head], "has no model 'two'"),
        (both + ["--model", head, "--chain", "head=head"], "cannot take its own results"),
        (both + ["--model", head, "--chain", "one=two"], "one takes no results"),
        (both + ["--model", head, "--chain", "head=two:embeding"], "Did you mean embedding?"),
        (both + ["--model", head, "--chain", "head"], "does not name two models"),
        (["--chain", "head=two"], "there is no model that could go by another"),
      ] {
        let outcome = try status(words)
        #expect(outcome.status == 2 && outcome.errors.contains(text), "\(words.suffix(2)): \(outcome.errors)")
      }
      // What is packed says the same, and what does not fit the model is a fault.
      #expect(try Program.run(["model", "check", head]).status == 0)
      let wrong = try Self.package(
        scratch, "wrong", "wake_word.onnx", input.replacing("\"history\": 16", with: "\"history\": 15"), scores)
      let check = try Program.run(["model", "check", wrong])
      #expect(check.status == 4 && check.text.contains("inputs[0].history"), "\(check.text)")
      withExtendedLifetime(scratch) {}
    }

    @Test("A pipeline says it too, and its print can be run")
    func pipeline() throws {
      let scratch = try Scratch()
      let file = try scratch.write(
        "p.yaml",
        Data(
          """
          version: braid-pipeline/1
          sources: [\(Self.clip)]
          deterministic: true
          models:
            - {name: word, file: \(Self.word), chain: {model: base, output: embedding}}
            - {name: base, file: \(Self.embedding)}
          """.utf8))
      let printed = try Program.run(["run", "--print-config", "--pipeline", file])
      #expect(printed.status == 0, "\(printed.errors)")
      let again = try scratch.write("again.yaml", printed.output)
      let (one, two) = (
        try Program.run(["run", "-q", "--pipeline", file]), try Program.run(["run", "-q", "--pipeline", again])
      )
      #expect(one.status == 0 && one.output == two.output, "\(one.errors)\(two.errors)")
      #expect(try Records(one.output).account("wake_word@0.0.0")["results"].count > 8)
      withExtendedLifetime(scratch) {}
    }
  }
}
