import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// `variants` of a package: smaller forms that run where the best is too slow.
  @Suite("Ladders of variants", .timeLimit(.minutes(3)))
  struct LadderTests {
    private static let bounce = SharedData.sample("media/bounce.mp4")

    /// A package of a slow model with smaller forms: `small.onnx`, of smaller pictures too, unless others are given.
    private static func package(
      _ scratch: Scratch, variants: String? = #"[{"file": "small.onnx", "value": 0.9}]"#, slow milliseconds: Double = 60
    ) throws -> String {
      let folder = scratch.path("ladder")
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let slow = try SmallModel.slow(scratch, name: "slow", milliseconds: milliseconds)
      try FileManager.default.moveItem(atPath: slow, toPath: "\(folder)/model.onnx")
      try SmallModel.products(2, side: 64).write(to: URL(fileURLWithPath: "\(folder)/small.onnx"))
      try SmallModel.products(2, output: "z").write(to: URL(fileURLWithPath: "\(folder)/other.onnx"))
      let description = """
        {"format": "braid-model/1", "name": "ladder", "version": "1.0.0", "model": "model.onnx",
         \(variants.map { "\"variants\": \($0)," } ?? "")
         "inputs": [{"name": "x", "kind": "picture", "width": 256, "height": 256}]}
        """
      try Data(description.utf8).write(to: URL(fileURLWithPath: "\(folder)/braid.json"))
      return folder
    }

    @Test("Under overload the small form runs, an event says so with its cause, and its results are its own")
    func down() throws {
      let scratch = try Scratch()
      let package = try Self.package(scratch)
      // Alone the small form tells what its results are.
      let alone = try Program.records([Self.bounce, "--duration", "3s", "--model", "\(package)/small.onnx"])
      let records = try Program.records([
        Self.bounce, "--pace", "realtime", "--duration", "3s", "--budget", "200ms", "--model", package,
      ])
      let changes = records.of("event").filter { $0["name"].string == "rung" }
      let first = try #require(changes.first)
      #expect(first["from"].number == 0 && first["to"].number == 1 && first["model"].string == "ladder@1.0.0")
      #expect(["overload", "slow"].contains(first["cause"].string ?? ""))
      let small = records.results.filter { $0["rung"].number == 1 }
      #expect(small.count > 50)
      let expected = Dictionary(alone.results.map { ($0["pts"].number ?? -1, $0["output"]) }) { one, _ in one }
      #expect(small.allSatisfy { $0["output"] == expected[$0["pts"].number ?? -2] })
      let variants = records.session["models"]["ladder@1.0.0"]["variants"].array
      #expect(variants.count == 1 && variants.first?["value"].number == 0.9)
      withExtendedLifetime(scratch) {}
    }

    @Test("Files at fast pace are run in the best form, and a recording with a ladder is repeated byte for byte")
    func same() throws {
      let scratch = try Scratch()
      let package = try Self.package(scratch)
      let fast = try Program.records([Self.bounce, "--duration", "300ms", "--model", package])
      #expect(fast.results.count == 15 && fast.results.allSatisfy { $0["rung"].number == nil })
      let folder = scratch.path("recording")
      let outcome = try Program.run([
        "run", Self.bounce, "--pace", "realtime", "--duration", "2s", "--budget", "200ms", "--model", package,
        "--record",
        folder,
      ])
      #expect(outcome.status == 0 && outcome.text.contains("\"rung\""), "\(outcome.errors)")
      #expect(try Program.run(["run", "replay:\(folder)"]).output == outcome.output)
      withExtendedLifetime(scratch) {}
    }

    @Test(
      "A ladder that does not hold together is refused, with the file and the field",
      arguments: [
        (#"[{"file": "small.onnx", "value": 1.5}]"#, "variants[0].value"),
        (#"[{"file": "small.onnx", "value": 0.5}, {"file": "small.onnx", "value": 0.6}]"#, "variants[1].value"),
        (#"[{"file": "../small.onnx", "value": 0.5}]"#, "variants[0].file"),
        (#"[{"file": "other.onnx", "value": 0.5}]"#, "has no output 'y'"),
        (#"[{"file": "missing.onnx", "value": 0.5}]"#, "missing.onnx"),
        (#"[{"value": 0.5}]"#, "variants[0].file"), (#""small.onnx""#, "variants"),
      ])
    func mistakes(variants: String, words: String) throws {
      let scratch = try Scratch()
      let package = try Self.package(scratch, variants: variants, slow: 1)
      let outcome = try Program.run([
        "run", "-q", Self.bounce, "--pace", "realtime", "--duration", "1s", "--model", package,
      ])
      #expect(outcome.status == 4 && outcome.errors.contains(words), "\(outcome.errors)")
      withExtendedLifetime(scratch) {}
    }
  }
}
