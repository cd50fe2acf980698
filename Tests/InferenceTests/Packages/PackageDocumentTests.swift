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
      try scratch.write("braid.json", Data(description.document(model: "model.onnx").json.utf8))
      let again = try #require(try PackageReader.manifest(in: PackageFiles(folder: scratch.folder.path)).description)
      #expect(
        again.inputs == description.inputs && again.decoder == description.decoder && again.about == description.about)
    }
  }

  @Test("every kind of decoder is written as fields that mean the same")
  func decoders() throws {
    typealias Description = ModelDescription
    let events = Description.Events(
      event: "", shape: .interval, threshold: 0.5, offThreshold: 0.25, minimumGapMilliseconds: 100,
      minimumOnMilliseconds: 0, minimumOffMilliseconds: 480, paddingMilliseconds: 0, rows: [1, 3], frame: 0)
    var grid = Description.Detections(
      .heads(
        [8, 16].map { stride in
          Description.DetectionHead(
            boxes: .init("b\(stride)"), scores: .init("s\(stride)"), objectness: .init("o\(stride)"),
            landmarks: .init("k\(stride)"))
        }), encoding: .grid(strides: [8, 16]), labels: ["face"], threshold: 0.6, overlap: 0.3)
    (grid.objectness, grid.limit, grid.suppression) = (.root, 30, .across)
    var combined = Description.Detections(
      .heads([
        Description.DetectionHead(
          boxes: .init("y", count: 64), scores: .init("y", from: 65), objectness: .init("y", from: 64, count: 1))
      ]), encoding: .distribution(strides: [8], bins: 16), labels: [], threshold: 0.25, overlap: 0.75)
    (combined.hasNumbersFirst, combined.isMultiLabel, combined.activation) = (true, false, .sigmoid)
    var selected = Description.Detections(
      .selected(.init(boxes: "b", scores: "s", classes: "c", count: "n", firstClass: 1)),
      encoding: .places(.cornersRowFirst, isInPixels: true), labels: ["a"], threshold: 0.5, overlap: 0.5)
    selected.suppression = .none
    let priors = Description.Detections(
      scores: "s", boxes: "b",
      encoding: .priors(.init(levels: [.init(stride: 16, sizes: [.init(width: 31.5, height: 17)])])),
      labels: ["a", "b"], threshold: 0.5, overlap: 0.5)
    var classes = Description.Classification(output: "y", activation: .softmax, labels: ["cat", "no"])
    (classes.limit, classes.threshold) = (2, 0.125)
    let decoders: [Description.Decoder] = [
      .detections(grid), .detections(combined), .detections(selected), .detections(priors), .classification(classes),
      .classification(.init(output: "y")),
      .labelledEvents(
        .init(output: "y", activation: .sigmoid, labels: ["dog", "rain"], ignored: ["rain"], events: events)),
      .keywords(.init(output: "y", labels: ["yes", "hush"], ignored: ["hush"])),
      .ctc(.init(output: "y", labels: ["_", " ", "a"], blank: 0, space: " ")),
      .regression(.init(output: "y", values: [.init("yaw", unit: "deg", scale: 90, offset: -1), .init("age")])),
      .embedding(.init(output: "y", isNormalised: true)),
      .mask(.init(output: "y", hasClassesLast: true, labels: ["a", "b"], ignored: ["a"], threshold: 0.5)),
      .audio(.init(output: "y", sampleRate: 16_000, form: .spectrum(fftLength: 512, hop: 256, window: "sqrt-hann"))),
      .audio(.init(output: "y", sampleRate: 16_000)), .raw,
    ]
    for decoder in decoders {
      let description = ModelDescription(
        name: "m", version: "1.0.0", inputs: [.init(name: "x", source: .constant(1))], decoder: decoder)
      let scratch = try Scratch()
      try scratch.write("braid.json", Data(description.document(model: "model.onnx").json.utf8))
      let reading = try PackageReader.read(PackageFiles(folder: scratch.folder.path))
      #expect(reading.faults == [] && reading.manifest?.description?.decoder == decoder, "\(decoder)")
    }
  }

  @Test("what is wrong with a decoder's fields is told with its field, all at once")
  func faults() throws {
    for (output, fields) in [
      ("{decoder: classification, activation: softmx, top: 0}", ["output.name", "output.activation", "output.top"]),
      ("{decoder: detections, name: y, scores: s, encoding: grid}", ["output.scores", "output.strides"]),
      ("{decoder: detections, scores: [a, b], boxes: [c], labels: [x]}", ["output.scores"]),
      ("{decoder: detections, scores: a, boxes: c, encoding: priors}", ["output.priors"]),
      ("{decoder: keywords, name: y, labels: [yes], ignore: [yess]}", ["output.ignore[0]"]),
      ("{decoder: ctc, name: y, labels: [a], blank: 3, space: q}", ["output.blank", "output.space"]),
      ("{decoder: regression, name: y, values: [{unit: deg}]}", ["output.values[0].name"]),
      ("{decoder: mask, name: y, labels: [a], classes: middle}", ["output.classes"]),
      ("{decoder: audio, name: y, rate: 16000, hop: 3}", ["output.fft"]),
      ("{decoder: events, name: y, shap: instant}", ["output.event", "output.shap"]),
      ("{decoder: raw}\ntrack: {lots: 1s, low: 2}", ["track.lots", "track.low"]),
    ] {
      let scratch = try Scratch()
      try scratch.write("braid.yaml", Data((Self.base + "output: " + output).utf8))
      let reading = try PackageReader.read(PackageFiles(folder: scratch.folder.path))
      #expect(Set(reading.faults.map(\.field)) == Set(fields), "\(output): \(reading.faults)")
      #expect(reading.faults.allSatisfy { !$0.message.isEmpty && $0.place != nil })
    }
  }
}
