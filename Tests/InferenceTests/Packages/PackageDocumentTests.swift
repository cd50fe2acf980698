import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidInference

@Suite("Packages: their reference")
struct PackageDocumentTests {
  /// The code of the reference in YAML and JSON.
  private static func examples() throws -> [String] {
    let path = SharedData.packageRoot.appendingPathComponent("docs/model-packages.md")
    var examples: [String] = []
    var current: [Substring]?
    for line in try String(contentsOf: path, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false) {
      if let lines = current, line == "```" {
        examples.append(lines.joined(separator: "\n"))
        current = nil
      } else if current != nil {
        current?.append(line)
      } else if line == "```yaml" || line == "```json" {
        current = []
      }
    }
    return examples
  }

  private static let base =
    "format: braid-model/1\nname: m\nversion: 1.0.0\nmodel: m.onnx\ninputs: [{name: x, kind: constant, value: 1}]\n"

  @Test("every example of it is read without a fault, whole descriptions and parts")
  func examples() throws {
    let examples = try Self.examples()
    #expect(examples.count >= 5)
    for example in examples {
      let scratch = try Scratch()
      try scratch.write("labels.txt", Data("face\n".utf8))
      let text: String
      if example.contains("format:") || example.contains("\"format\"") {
        text = example
      } else if example.contains("kind") {
        text = Self.base.replacingOccurrences(of: "{name: x, kind: constant, value: 1}", with: example)
      } else if example.hasPrefix("\"") {
        // A field of a JSON object.
        text =
          "{\"format\": \"braid-model/1\", \"name\": \"m\", \"version\": \"1.0.0\", \"model\": \"m.onnx\","
          + " \"inputs\": [{\"name\": \"x\", \"kind\": \"constant\", \"value\": 1}], \(example)}"
      } else {
        text = Self.base + example
      }
      try scratch.write("braid.yaml", Data(text.utf8))
      let reading = try PackageReader.read(PackageFiles(folder: scratch.folder.path))
      #expect(reading.faults == [] && reading.manifest?.description != nil, "\(example)")
    }
  }

  @Test("a description is written as fields that mean the same")
  func writing() throws {
    let samples = ["hit-sound", "hit-picture", "hit-moment", "speech-activity"]
    for name in samples {
      var description = try #require(try ModelPackage.open(SharedData.sample("models/\(name)")).description)
      description.about.summary = "Über \"alles\"\n\ttab \\ \u{1F600} \u{1}"
      if case .picture(var picture) = description.inputs[0].source {
        (picture.mean, picture.std, picture.low) = ([0.1], [0.229], -1.5)
        (picture.fit, picture.pad, picture.anchor) = (.contain, [114], .corner)
        description.inputs[0].source = .picture(picture)
      }
      let scratch = try Scratch()
      try scratch.write("braid.json", Data(try #require(description.document(model: "model.onnx")).json.utf8))
      let again = try #require(try PackageReader.manifest(in: PackageFiles(folder: scratch.folder.path)).description)
      #expect(
        again.inputs == description.inputs && again.decoder == description.decoder && again.about == description.about)
    }
  }
}
