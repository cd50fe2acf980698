import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// `braid model pack`, `check` and `inspect`, and running what they make.
  @Suite("Packages", .timeLimit(.minutes(3)))
  struct PackageTests {
    private static let clip = SharedData.sample("media/bounce.mp4")

    /// A folder like the sample's, to be changed.
    private static func copy(_ scratch: Scratch, _ name: String, _ change: (String) -> String = { $0 }) throws -> String
    {
      let folder = scratch.path(name)
      try FileManager.default.copyItem(atPath: SharedData.sample("models/\(name)"), toPath: folder)
      let path = "\(folder)/braid.json"
      try Data(change(try String(contentsOfFile: path, encoding: .utf8)).utf8).write(to: URL(fileURLWithPath: path))
      return folder
    }

    @Test("A folder is packed, checked, and run from its archive, by path, variant and name, with the same results")
    func pack() throws {
      let scratch = try Scratch()
      let folder = try Self.copy(scratch, "hit-picture")
      let archive = scratch.path("models/hit.braidmodel")
      try FileManager.default.createDirectory(atPath: scratch.path("models"), withIntermediateDirectories: true)
      let packed = try Program.run(
        [
          "model", "pack", folder, "--output", archive, "--licence", "MIT", "--about", "Hits", "--model-version",
          "2.0.0-rc.1",
        ])
      #expect(packed.status == 0 && packed.text.contains("hit-picture@2.0.0-rc.1, "), "\(packed.errors)")
      let again = scratch.path("again.braidmodel")
      _ = try Program.run(
        ["model", "pack", folder, "-o", again, "--licence", "MIT", "--about", "Hits", "--model-version", "2.0.0-rc.1"])
      #expect(FileManager.default.contentsEqual(atPath: archive, andPath: again))
      let check = try Program.run(["model", "check", archive])
      #expect(
        check.status == 0 && check.text.hasPrefix("hit-picture@2.0.0-rc.1 (\(archive), "), "\(check.errors)")
      let inspect = try Program.run(["model", "inspect", archive, "--json"])
      let answer = try JSONDecoder().decode(JSONValue.self, from: inspect.output)
      #expect(answer["package"]["licence"].string == "MIT" && answer["package"]["about"].string == "Hits")
      #expect(
        answer["package"]["files"].array.allSatisfy { $0["sha256"].string == $0["expected"].string }
          && answer["package"]["files"].array.count > 2)

      func results(_ model: String, _ folders: String? = nil) throws -> [JSONValue] {
        let outcome = try Program.run(
          ["run", "-q", Self.clip, "--deterministic", "--duration", "2", "--model", model],
          prefix: folders.map { ["env", "BRAID_MODELS=\($0)"] } ?? [])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try Records(outcome.output).results.map { $0["output"] }
      }
      for variant in ["", "/int8"] {
        let expected = try results(folder + variant)
        #expect(expected.count > 10)
        #expect(try results(archive + variant) == expected)
        #expect(try results("hit" + variant, scratch.path("models")) == expected)
      }
    }

    @Test("A model by itself is packed with what is known of it, changed as the user says")
    func bare() throws {
      let scratch = try Scratch()
      let model = try scratch.write("net.onnx", SmallModel.model("Relu", dimensions: [1, 3, 32, 32]))
      let folder = scratch.path("net")
      let packed = try Program.run(
        [
          "model", "pack", model, "--output", folder, "--name", "dogs", "--model-version", "0.1.0", "--colour", "bgr",
          "--range",
          "0,255", "--mean", "1,2,3", "--fit", "cover",
        ])
      #expect(packed.status == 0 && packed.errors.contains("taken for granted: a picture of 32x32"), "\(packed.errors)")
      let text = try String(contentsOfFile: "\(folder)/braid.json", encoding: .utf8)
      for word in ["\"dogs\"", "\"bgr\"", "[0, 255]", "[1, 2, 3]", "\"cover\"", "sha256", "\"raw\""] {
        #expect(text.contains(word), "\(word): \(text)")
      }
      #expect(try Program.run(["model", "check", folder]).status == 0)
      // A folder that exists, a colour that the model does not have, a bare model that nothing is known of.
      #expect(try Program.run(["model", "pack", model, "--output", folder]).status == 4)
      let gray = try Program.run(["model", "pack", model, "--output", scratch.path("g"), "--colour", "gray"])
      #expect(gray.status == 4 && gray.errors.contains("inputs[0].colour"), "\(gray.errors)")
      #expect(!FileManager.default.fileExists(atPath: scratch.path("g")))
      let unknown = try scratch.write("add.onnx", SmallModel.model("Add", inputs: ["a", "b"]))
      #expect(
        try Program.run(["model", "pack", unknown, "-o", scratch.path("u.braidmodel")]).errors.contains("braid.json"))
      let labels = try scratch.write("l.txt", Data("a\nb\n".utf8))
      let raw = try Program.run(["model", "pack", model, "-o", scratch.path("r.braidmodel"), "--labels", labels])
      #expect(raw.status == 4 && raw.errors.contains("output.labels"), "\(raw.errors)")
      for wrong in [["--range", "1"], ["--std", "0"], ["--mean", "x"], ["--fit", "squeeze"]] {
        #expect(try Program.run(["model", "pack", model] + wrong).status == 2)
      }
    }

    @Test("A description by any name describes a model beside it")
    func named() throws {
      let scratch = try Scratch()
      try scratch.write("net.onnx", SmallModel.model("Relu", dimensions: [1, 3, 32, 32]))
      try scratch.write("other.onnx", SmallModel.model("Relu", dimensions: [1, 3, 16, 16]))
      let path = try scratch.write(
        "dogs.yaml",
        Data(
          """
          format: braid-model/1
          name: dogs
          version: 1.0.0
          model: net.onnx
          inputs: [{name: x, kind: picture, width: 32, height: 32, fit: cover}]
          """.utf8))
      let outcome = try Program.run(["run", "-q", Self.clip, "--duration", "0.5", "--model", path])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let results = try Records(outcome.output).results
      #expect(!results.isEmpty && results.allSatisfy { $0["model"].string == "dogs@1.0.0" })
      let check = try Program.run(["model", "check", path])
      #expect(check.status == 0 && check.text.contains("1 file,"), "\(check.text)")
      let archive = scratch.path("dogs.braidmodel")
      #expect(try Program.run(["model", "pack", path, "-o", archive]).status == 0)
      #expect(try Program.run(["model", "check", archive]).status == 0)
    }

    @Test("A broken package is told with every fault at once, as text and as JSON, and is not packed")
    func broken() throws {
      let scratch = try Scratch()
      let folder = try Self.copy(scratch, "hit-sound") {
        $0.replacingOccurrences(of: "\"version\": \"1.0.0\"", with: "\"version\": \"one\", \"licens\": \"MIT\"")
          .replacingOccurrences(of: "log-mel:kaldi", with: "log-mel:kaldy")
          .replacingOccurrences(of: "0.55", with: "1.55")
      }
      let check = try Program.run(["model", "check", folder])
      #expect(check.status == 4 && check.errors.contains("4 faults in \(folder)"), "\(check.text)\(check.errors)")
      #expect(check.text.contains("\(folder)/braid.json:4:") && check.text.contains("Did you mean 'licence'?"))
      let json = try Program.run(["model", "check", folder, "--json"])
      let answer = try JSONDecoder().decode(JSONValue.self, from: json.output)
      #expect(json.status == 4 && answer["sound"].bool == false)
      #expect(
        answer["faults"].array.compactMap { $0["field"].string } == [
          "version", "licens", "inputs[0].features", "output.threshold",
        ])
      #expect(answer["faults"].array.allSatisfy { $0["line"].count > 0 && $0["remedy"].string?.isEmpty == false })
      let pack = try Program.run(["model", "pack", folder, "-o", scratch.path("x.braidmodel")])
      #expect(pack.status == 4 && pack.errors.contains("4 things are wrong"), "\(pack.errors)")
      #expect(!FileManager.default.fileExists(atPath: scratch.path("x.braidmodel")))
    }

    @Test("What a package brings never reaches the terminal as control characters")
    func controls() throws {
      let scratch = try Scratch()
      let folder = try Self.copy(scratch, "hit-sound") {
        $0.replacingOccurrences(
          of: "\"version\": \"1.0.0\"",
          with: #""version": "1\u001b[2J", "ti\u001b]0;x\u0007tle": 1, "description": "a\u009b2Jb""#)
      }
      for command in ["check", "inspect"] {
        let told = try Program.run(["model", command, folder])
        let text = told.text + told.errors
        #expect(text.contains("\\x1B[2J") && text.contains("ti\\x1B]0;x\\x07tle"), "\(text)")
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || (0x7F...0x9F).contains($0.value) })
      }
      let run = try Program.run(["run", "-q", Self.clip, "--model", folder])
      #expect(run.status == 4 && run.errors.contains("\\x1B[2J") && !run.errors.contains("\u{1B}"), "\(run.errors)")
    }

    @Test("A feature that there is not, or with other rows, is a fault of its field")
    func features() throws {
      for (old, new, words) in [
        ("log-mel:kaldi", "log-mel:kaldy", "log-mel:kaldi"), ("log-mel:kaldi", "motion", "not one feature of sound"),
        ("\"bands\": 40", "\"bands\": 41", "inputs[0].rows"),
      ] {
        let scratch = try Scratch()
        let folder = try Self.copy(scratch, "hit-sound") { $0.replacingOccurrences(of: old, with: new) }
        let check = try Program.run(["model", "check", folder])
        #expect(check.status == 4 && check.text.contains("inputs[0].") && check.text.contains(words), "\(check.text)")
      }
    }

    @Test("A file with another hash ends a run with status 4, naming it and both hashes")
    func hashes() throws {
      let scratch = try Scratch()
      let folder = try Self.copy(scratch, "hit-picture")
      let packed = scratch.path("hit")
      #expect(try Program.run(["model", "pack", folder, "-o", packed]).status == 0)
      let model = "\(packed)/model.onnx"
      var bytes = try Data(contentsOf: URL(fileURLWithPath: model))
      bytes[bytes.count / 2] ^= 1
      try bytes.write(to: URL(fileURLWithPath: model))
      let outcome = try Program.run(["run", "-q", Self.clip, "--model", packed])
      #expect(outcome.status == 4 && outcome.errors.contains("\(model): its SHA-256 is"), "\(outcome.errors)")
      let error = try Records(outcome.output).errors.first
      #expect(error?["code"].string == "hash-mismatch")
      // The variant is another file, and sound.
      #expect(try Program.run(["run", "-q", Self.clip, "--duration", "0.2", "--model", packed + "/int8"]).status == 0)
      #expect(try Program.run(["model", "check", packed]).text.contains("sha256[\"model.onnx\"]"))
    }
  }
}
