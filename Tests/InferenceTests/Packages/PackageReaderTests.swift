import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidInference

@Suite("Packages: their description")
struct PackageReaderTests {
  private static let model = SharedData.sample("models/hit-picture/model.onnx")

  /// A package with this description, and the sample model where it says `model.onnx`.
  private func package(_ text: String, as name: String = "braid.json", files: [String: String] = [:]) throws -> Scratch
  {
    let scratch = try Scratch()
    try scratch.write(name, Data(text.utf8))
    try scratch.write("model.onnx", Data(contentsOf: URL(fileURLWithPath: Self.model)))
    for (name, text) in files { try scratch.write(name, Data(text.utf8)) }
    return scratch
  }

  private func error(_ text: String, as name: String = "braid.json", files: [String: String] = [:]) throws -> String {
    let scratch = try package(text, as: name, files: files)
    return withExtendedLifetime(scratch) {
      do throws(InferenceError) {
        return "no error: \(try ModelPackage.open(scratch.folder.path))"
      } catch {
        return error.description.replacingOccurrences(of: scratch.folder.path + "/", with: "")
      }
    }
  }

  private static let whole = """
    format: braid-model/1
    name: faces            # a comment
    version: 1.10.0-rc.1
    task: detection
    licence: MIT
    source: https://example.org/faces
    description: |
      Finds faces.
    model: model.onnx
    variants: {int8: small/model-int8.onnx}
    inputs:
      - {name: image, kind: picture, width: 320, height: 240, colour: bgr, range: [0, 255], mean: [1, 2.5, 3], std: 2,
         fit: contain, pad: 114, anchor: corner, layout: nhwc}
      - {name: sound, kind: features, features: log-mel:kaldi, bands: 40, rate: 16000, rows: 16}
      - {name: samples, kind: samples, rate: 16000, hop: 512, context: 64}
      - {name: state, kind: state, from: next}
      - {name: sr, kind: constant, value: 16000}
    output: {decoder: detections, scores: s, boxes: b, labels: [no, 007, face], threshold: 0.5}
    schedule: {weight: 2, budget: 40ms}
    crops: {margin: 0.2, square: true}
    sha256:
      model.onnx: 0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef
    """

  @Test("a description in YAML says everything, and means what the same in JSON means")
  func everything() throws {
    let scratch = try package(Self.whole, as: "braid.yaml")
    let package = try ModelPackage.open(scratch.folder.path)
    let description = try #require(package.description)
    #expect(description.id == "faces@1.10.0-rc.1")
    #expect(
      description.about
        == ModelDescription.About(
          task: "detection", licence: "MIT", source: "https://example.org/faces", summary: "Finds faces.\n"))
    var picture = ModelDescription.Picture(width: 320, height: 240, colour: .bgr, layout: .nhwc)
    (picture.high, picture.mean, picture.std, picture.fit) = (255, [1, 2.5, 3], [2], .contain)
    (picture.pad, picture.anchor) = ([114], .corner)
    #expect(
      description.inputs.map(\.source) == [
        .picture(picture),
        .features(.init(feature: "log-mel:kaldi", bands: 40, sampleRate: 16_000, rows: 16, hopRows: 16)),
        .samples(.init(sampleRate: 16_000, hop: 512, context: 64)), .state(from: "next"), .constant(16_000),
      ])
    guard case .detections(let detections) = description.decoder else {
      Issue.record("\(description.decoder)")
      return
    }
    #expect(detections.labels == ["no", "007", "face"] && detections.threshold == 0.5)
    #expect(description.schedule == (try ModelSchedule("weight=2,budget=40ms", location: "")))
    #expect(description.crops.margin == 0.2 && description.crops.isSquare == true)
    #expect(package.file.hashes["model.onnx"] == "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
    let int8 = try ModelPackage.open(scratch.folder.path + "/int8")
    #expect(int8.modelPath == scratch.path("small/model-int8.onnx") && int8.description == description)

    let json = """
      {"format": "braid-model/1", "name": "faces", "version": "1.10.0-rc.1", "task": "detection", "licence": "MIT",
       "source": "https://example.org/faces", "description": "Finds faces.\\n", "model": "model.onnx",
       "variants": {"int8": "small/model-int8.onnx"}, "inputs": [
        {"name": "image", "kind": "picture", "width": 320, "height": 240, "colour": "bgr", "range": [0, 255],
         "mean": [1, 2.5, 3], "std": 2, "fit": "contain", "pad": 114, "anchor": "corner", "layout": "nhwc"},
        {"name": "sound", "kind": "features", "features": "log-mel:kaldi", "bands": 40, "rate": 16000, "rows": 16},
        {"name": "samples", "kind": "samples", "rate": 16000, "hop": 512, "context": 64},
        {"name": "state", "kind": "state", "from": "next"}, {"name": "sr", "kind": "constant", "value": 16000}],
       "output": {"decoder": "detections", "scores": "s", "boxes": "b", "labels": ["no", "007", "face"],
                  "threshold": 0.5},
       "schedule": {"weight": 2, "budget": "40ms"}, "crops": {"margin": 0.2, "square": true}}
      """
    let same = try self.package(json)
    #expect(try ModelPackage.open(same.folder.path).description == description)
    withExtendedLifetime((scratch, same)) {}
  }

  @Test("every fault is named at once, with field, line, column and remedy")
  func faults() throws {
    let text = """
      format: braid-model/1
      name: my model
      version: 1.0
      license: MIT
      model: ../model.onnx
      variants: {int8: /etc/passwd}
      inputs:
        - {name: image, kind: picture, width: 0, heigth: 3, colour: rbg, fit: contain, pad: 300, mean: [1, 2], std: 0}
        - {name: x, kind: feature}
        - {name: y, kind: samples, rate: 16000, hop: 512, rows: 3, context: .nan}
      output: {decoder: detections, scores: s, labels: [a, null], threshold: 1.5, overlap: "0.3"}
      schedule: {wieght: 2}
      crops: {margin: -1}
      tick: sound
      sha256: {model.onnx: abc}
      """
    let expected = """
      braid.yaml: 23 things are wrong:
        braid.yaml:2:7: name: 'my model' is no name. Use letters, digits, '-', '_' and '.', 80 at most
        braid.yaml:3:10: version: '1.0' is no semantic version. Write it as 1.0.0, see semver.org
        braid.yaml:4:1: license: there is no such field. Did you mean 'licence'? There are format, name, version, model, \
      variants, inputs, output, schedule, crops, track, task, licence, source, description, sha256, tick
        braid.yaml:5:8: model: '../model.onnx': it leads out of the package. Name a file inside the package
        braid.yaml:6:18: variants.int8: '/etc/passwd': it leads out of the package. Name a file inside the package
        braid.yaml:8:5: inputs[0].height: the field is missing
        braid.yaml:8:41: inputs[0].width: 0 is out of range. Give 1 to 16384
        braid.yaml:8:44: inputs[0].heigth: there is no such field. Did you mean 'height'? There are name, kind, width, \
      height, colour, layout, fit, pad, anchor, range, mean, std, frames
        braid.yaml:8:63: inputs[0].colour: 'rbg' is not known. Did you mean 'rgb'? It is one of gray, rgb, bgr
        braid.yaml:8:87: inputs[0].pad: it is out of range. Give whole numbers from 0 to 255, as of a picture's bytes \
      before 'range'
        braid.yaml:8:98: inputs[0].mean: it has 2 numbers. Give one, or 3
        braid.yaml:8:111: inputs[0].std: it has a zero, and is divided by. Use numbers other than zero
        braid.yaml:9:21: inputs[1].kind: 'feature' is not known. Did you mean 'features'? It is one of picture, features, \
      samples, results, state, constant
        braid.yaml:10:53: inputs[2].rows: there is no such field. There are name, kind, rate, hop, context
        braid.yaml:10:71: inputs[2].context: .nan is no whole number. Give 0 to 10000000
        braid.yaml:11:9: output.boxes: the field is missing. Name the output with the boxes
        braid.yaml:11:54: output.labels[1]: the field is empty. Put quotes around it, if it is a word like null
        braid.yaml:11:72: output.threshold: 1.5 is out of range. Give 0 to 1
        braid.yaml:11:86: output.overlap: it must be a number, and is a text. Write it without quotes
        braid.yaml:12:20: schedule.wieght: there is no setting 'wieght'. Did you mean weight? There are weight, min-rate, \
      priority, budget
        braid.yaml:13:17: crops.margin: margin '-1' is out of range. Give 0 to 10, in parts of the box: 0.2
        braid.yaml:14:7: tick: 'sound' is not known. It is one of picture
        braid.yaml:15:22: sha256["model.onnx"]: 'abc' is no SHA-256. Give 64 hexadecimal digits, as sha256sum prints them
      """
    let found = try error(text, as: "braid.yaml")
    let (lines, wanted) = (found.split(separator: "\n"), expected.split(separator: "\n"))
    for (line, other) in zip(lines.dropFirst(), wanted.dropFirst()) { #expect(line == other) }
    #expect(lines.count == wanted.count, "\(found)")
  }

  @Test("what is missing, of another format, twice there, or no document at all is told")
  func others() throws {
    #expect(try error("{}").contains("braid.json:1:1: inputs: the field is missing"))
    #expect(
      try error(#"{"format": "braid-model/9", "frob": 1}"#)
        == "braid.json:1:12: format: 'braid-model/9' is not known. This version reads 'braid-model/1'")
    #expect(try error("").contains("it is empty"))
    #expect(try error("{").hasPrefix("braid.json:"))
    #expect(
      try error(Self.whole, files: ["braid.yml": "a: 1"]).contains("there are 2 descriptions: braid.json, braid.yml"))
    let laughs = (1...9).map { level in
      let items = Array(repeating: level == 1 ? "x" : "*a\(level - 1)", count: 9)
      return "a\(level): &a\(level) [\(items.joined(separator: ","))]"
    }
    #expect(try error(laughs.joined(separator: "\n")).hasPrefix("braid.json:6:"))
    #expect(try error(#"{"format": "braid-model/1", "inputs": [], "output": []}"#).contains("inputs: there is none"))
    let scratch = try package(Self.whole, as: "braid.yaml")
    #expect(throws: InferenceError.self) { try ModelPackage.open(scratch.folder.path + "/int9") }
    #expect(throws: InferenceError.self) { try ModelPackage.open("/nowhere/at/all") }
  }

  @Test("labels may stand in a file, one a line")
  func labels() throws {
    let text = Self.whole.replacingOccurrences(of: "[no, 007, face]", with: "labels.txt")
      .components(separatedBy: "sha256:")[0]
    for contents in ["no\n007\nface\n", "\u{FEFF}no\r\n007\r\nface", "no\n007\nface\n\n\n"] {
      let scratch = try package(text, as: "braid.yml", files: ["labels.txt": contents])
      guard case .detections(let detections)? = try ModelPackage.open(scratch.folder.path).description?.decoder else {
        Issue.record("no detections")
        return
      }
      #expect(detections.labels == ["no", "007", "face"])
    }
    #expect(try error(text).contains("output.labels: labels.txt: the file cannot be opened"))
    #expect(try error(text, files: ["labels.txt": "a\n\nb\n"]).contains("labels.txt has an empty line"))
    #expect(try error(text, files: ["labels.txt": ""]).contains("labels.txt has an empty line, or nothing at all"))
    #expect(
      try error(text, files: ["labels.txt": "a\nb\u{1B}[2J\n"]).contains(
        "labels.txt: line 2: it has a control character"))
    let long = String(repeating: "a", count: 1001)
    for (list, words) in [
      ("\"\"", "it is empty"), ("\"a\\e[2J\"", "it has a control character"), (long, "it has 1001 bytes"),
    ] {
      let listed = Self.whole.replacingOccurrences(of: "[no, 007, face]", with: "[no, \(list), face]")
      #expect(try error(listed, as: "braid.yaml").contains("output.labels[1]: \(words)"), "\(words)")
    }
    #expect(
      try error(Self.whole.replacingOccurrences(of: "margin:", with: "margn:"), as: "braid.yaml").contains(
        "Did you mean margin?"))
  }

  @Test("a file with another hash is not loaded; with its own it is")
  func hashes() throws {
    let good = SHA256.digest([UInt8](try Data(contentsOf: URL(fileURLWithPath: Self.model))))
    let text = Self.whole.replacingOccurrences(
      of: "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", with: good)
    let scratch = try package(text, as: "braid.yaml")
    #expect(try ModelPackage.open(scratch.folder.path).load().sha256 == good)
    let bad = try package(Self.whole, as: "braid.yaml")
    do throws(InferenceError) {
      _ = try ModelPackage.open(bad.folder.path).load()
      Issue.record("no error")
    } catch {
      #expect(error.code == .hashMismatch && error.location == bad.path("model.onnx"))
      #expect(error.message.contains(good) && error.message.contains("the package says 0123456789abcdef0123"))
      #expect(error.remedy.contains("braid model pack"))
    }
  }

  @Test("labels are checked by their hash, and a file without one is refused where others have one")
  func labelHashes() throws {
    let model = SHA256.digest([UInt8](try Data(contentsOf: URL(fileURLWithPath: Self.model))))
    let labels = SHA256.digest(Array("no\n007\nface\n".utf8))
    func error(_ hashes: [String], labels: String) throws -> InferenceError? {
      let text = Self.whole.replacingOccurrences(of: "[no, 007, face]", with: "labels.txt")
        .components(separatedBy: "sha256:")[0]
      let scratch = try package(
        text + "sha256: {\(hashes.joined(separator: ", "))}\n", as: "braid.yaml", files: ["labels.txt": labels])
      return withExtendedLifetime(scratch) {
        do throws(InferenceError) {
          _ = try ModelPackage.open(scratch.folder.path).load()
          return nil
        } catch {
          return error
        }
      }
    }
    let both = ["model.onnx: \(model)", "labels.txt: \(labels)"]
    #expect(try error(both, labels: "no\n007\nface\n") == nil)
    let other = try error(both, labels: "yes\n007\nface\n")
    #expect(other?.code == .hashMismatch && other?.location.hasSuffix("/labels.txt") == true)
    #expect(other?.message.contains("the package says \(labels)") == true)
    for (place, name) in ["/labels.txt", "/model.onnx"].enumerated() {
      let missing = try error([both[place]], labels: "no\n007\nface\n")
      #expect(
        missing?.code == .invalidPackage && missing?.location.hasSuffix(name) == true, "\(String(describing: missing))")
      #expect(missing?.message.contains("the SHA-256 of other files, and not of this one") == true)
    }
  }

  @Test("lists are as long as a model can need, and numbers those that a Float holds")
  func bounds() throws {
    func faults(_ output: String, _ more: String = "") throws -> String {
      try error(
        """
        format: braid-model/1
        name: m
        version: 1.0.0
        model: model.onnx
        inputs: [{name: pictures, kind: picture, width: 64, height: 48}]
        output: {\(output)}
        \(more)
        """, as: "braid.yaml")
    }
    func list(_ item: String, _ count: Int) -> String { Array(repeating: item, count: count).joined(separator: ",") }
    let boxes = "decoder: detections, name: o"
    #expect(
      try faults("\(boxes), encoding: grid, strides: [\(list("1", 17))]").contains(
        "output.strides: there are 17. Give 16 at most"))
    let level = "{stride: 1, sizes: [1]}"
    #expect(
      try faults("\(boxes), encoding: priors, priors: {levels: [\(list(level, 17))]}").contains(
        "output.priors.levels: there are 17. Give 16 at most"))
    #expect(
      try faults("\(boxes), encoding: priors, priors: {levels: [{stride: 8, sizes: [\(list("1", 65))]}]}").contains(
        "output.priors.levels[0].sizes: there are 65. Give 64 at most"))
    #expect(try faults("decoder: detections, name: [\(list("o", 65))]").contains("output.name: there are 65"))
    #expect(
      try faults("decoder: regression, name: o, values: [{name: a, scale: 1e300}]").contains(
        "output.values[0].scale: 1e300 is out of range"))
    #expect(
      try faults("decoder: regression, name: o, values: [{name: a, offset: -1e39}]").contains(
        "output.values[0].offset: -1e39 is out of range"))
    #expect(
      try faults("decoder: mask, name: o, labels: [a], threshold: 1e300").contains(
        "output.threshold: 1e300 is out of range"))
    let hashes = (0..<1025).map { "f\($0): \(String(repeating: "0", count: 64))" }.joined(separator: ", ")
    #expect(try faults("decoder: raw", "sha256: {\(hashes)}").contains("sha256: there are 1025"))
    let variants = (0..<65).map { "v\($0): a.onnx" }.joined(separator: ", ")
    #expect(try faults("decoder: raw", "variants: {\(variants)}").contains("variants: there are 65. Give 64 at most"))
  }

  @Test("semantic versions are those of the standard's own list")
  func versions() {
    let valid = [
      "0.0.4", "1.2.3", "10.20.30", "1.1.2-prerelease+meta", "1.1.2+meta", "1.0.0-alpha", "1.0.0-alpha.beta.1",
      "1.0.0-alpha0.valid", "1.0.0-alpha.0valid", "1.0.0-rc.1+build.1", "2.0.0+build.1848", "1.0.0-0A.is.legal",
      "1.2.3----RC-SNAPSHOT.12.9.1--.12+788", "1.0.0+0.build.1-rc.10000aaa-kk-0.1",
      "99999999999999999999999.999999999999999999.1",
    ]
    let invalid = [
      "", "1", "1.2", "1.2.3-0123", "1.2.3-0123.0123", "1.1.2+.123", "+invalid", "-invalid", "alpha",
      "1.0.0-alpha_beta",
      "1.0.0-alpha..", "01.1.1", "1.01.1", "1.1.01", "1.2.3.DEV", "1.2.31.2.3", "-1.0.3-gamma+b7718", "9.8.7+meta+meta",
      "1.0.0-", "1.0.0+", "１.0.0",
    ]
    for version in valid { #expect(SemanticVersion.isValid(version), "\(version)") }
    for version in invalid { #expect(!SemanticVersion.isValid(version), "\(version)") }
  }

  @Test("SHA-256 is that of the standard's examples, by either way of computing it")
  func digests() {
    // NIST, "SHA-256 examples": no byte, "abc", and 448 bits that need a second block.
    let long = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
    for isPortable in [false, true] {
      for (text, digest) in [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (long, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
      ] { #expect(SHA256.digest(Array(text.utf8), isPortable: isPortable) == digest) }
    }
    var generator = SeededGenerator.printed()
    for count in 0...200 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      #expect(SHA256.digest(bytes) == SHA256.digest(bytes, isPortable: true))
    }
  }
}
