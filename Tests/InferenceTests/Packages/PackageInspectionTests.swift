import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidInference

@Suite("Packages: what is wrong with them")
struct PackageInspectionTests {
  private func package(_ name: String, _ change: (inout String) -> Void, files: [String: Data] = [:]) throws -> Scratch
  {
    let scratch = try Scratch()
    let folder = SharedData.sample("models/\(name)")
    for file in ["model.onnx", "model-int8.onnx"] {
      try scratch.write(file, Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)")))
    }
    var text = try String(contentsOfFile: "\(folder)/braid.json", encoding: .utf8)
    change(&text)
    try scratch.write("braid.json", Data(text.utf8))
    for (name, data) in files { try scratch.write(name, data) }
    return scratch
  }

  private func faults(
    _ name: String, files: [String: Data] = [:], _ change: (inout String) -> Void
  ) throws -> [String] {
    let scratch = try package(name, change, files: files)
    return try withExtendedLifetime(scratch) {
      try PackageInspection(path: scratch.folder.path).faults.map { "\($0.field): \($0.message). \($0.remedy)" }
    }
  }

  @Test("the samples are sound", arguments: ["hit-sound", "hit-picture", "hit-moment", "speech-activity"])
  func samples(_ name: String) throws {
    let inspection = try PackageInspection(path: SharedData.sample("models/\(name)"))
    #expect(inspection.faults == [] && inspection.forms.count == 2 && inspection.note == nil)
    // Of variants, of which there may be many, only what is wrong is kept.
    #expect(
      inspection.forms.map { $0.plan != nil } == [true, false] && inspection.forms[1].model == nil
        && inspection.files.map(\.name).suffix(2) == ["model-int8.onnx", "model.onnx"])
  }

  @Test("what contradicts the model is told of every form, with what was likely meant")
  func contradictions() throws {
    let found = try faults("hit-sound") {
      $0 = $0.replacingOccurrences(of: "\"name\": \"features\"", with: "\"name\": \"featurs\"")
        .replacingOccurrences(of: "\"name\": \"probability\"", with: "\"name\": \"probabilty\"")
    }
    for form in ["", "model-int8.onnx: "] {
      #expect(
        found.contains {
          $0.hasPrefix("inputs[0].name: \(form)the model has no input 'featurs'. Did you mean 'features'?")
        })
      #expect(
        found.contains {
          $0.hasPrefix("inputs: \(form)nothing is said of the model's input 'features'. Is 'featurs' meant")
        })
      #expect(
        found.contains {
          $0.hasPrefix("output.name: \(form)the model has no output 'probabilty'. Did you mean 'probability'?")
        })
    }
    #expect(found.count == 6, "\(found)")
  }

  @Test("sizes, counts and rows that do not fit are told by field")
  func sizes() throws {
    func one(_ name: String, _ old: String, _ new: String) throws -> String {
      try faults(name) {
        #expect($0.contains(old), "\(old)")
        $0 = $0.replacingOccurrences(of: old, with: new)
      }.first ?? ""
    }
    #expect(
      try one("hit-sound", "\"rows\": 16", "\"rows\": 17").hasPrefix(
        "inputs[0].rows: input 'features' is [1, 1, 16, 40], which is not the 680"))
    #expect(
      try one("hit-sound", "      8,\n", "").contains(
        "output.rows: output 'probability' has 4 values, and the description has rows for 3"))
    #expect(
      try one("hit-sound", "      11\n", "      16\n").hasPrefix("output.rows[3]: row 16 is not in a window of 16 rows")
    )
    #expect(
      try one("hit-picture", "\"width\": 64", "\"width\": 65").hasPrefix(
        "inputs[0].width: input 'pictures' is [1, 5, 48, 64]"))
    let turned = try faults("hit-picture") {
      $0 = $0.replacingOccurrences(of: "\"width\": 64", with: "\"width\": 48")
        .replacingOccurrences(of: "\"height\": 48", with: "\"height\": 64")
    }
    #expect(
      turned.first?.hasPrefix(
        "inputs[0].height: input 'pictures' is [1, 5, 48, 64], and the description makes [1, 5, 64, 48]") == true)
    #expect(try one("hit-picture", "nchw", "nhwc").hasPrefix("inputs[0].layout:"))
    #expect(try one("hit-picture", "\"frames\": 5", "\"frames\": 4").hasPrefix("inputs[0].frames:"))
    #expect(
      try one("hit-picture", "\"frame\": 2", "\"frame\": 5").hasPrefix("output.frame: the model takes 5 pictures"))
    #expect(try one("hit-sound", "\"model.onnx\"", "\"modl.onnx\"").hasPrefix("model: "))
  }

  @Test("inputs are compared with the model though its outputs cannot be told; what is for other models is a fault")
  func others() throws {
    let broken = try faults("hit-picture") {
      $0 = $0.replacingOccurrences(of: "\"decoder\": \"events\"", with: "\"decoder\": \"evnts\"")
        .replacingOccurrences(of: "\"width\": 64", with: "\"width\": 65")
    }
    #expect(broken.contains { $0.hasPrefix("output.decoder: 'evnts' is not known") }, "\(broken)")
    #expect(broken.contains { $0.hasPrefix("inputs[0].width: input 'pictures' is [1, 5, 48, 64]") }, "\(broken)")
    let tracked = try faults("hit-picture") {
      $0 = $0.replacingOccurrences(of: "\"output\":", with: "\"track\": true, \"output\":")
    }
    #expect(tracked.count == 2 && tracked.allSatisfy { $0.hasPrefix("track: ") }, "\(tracked)")
    let cropped = try faults("hit-sound") {
      $0 = $0.replacingOccurrences(of: "\"output\":", with: "\"crops\": {\"margin\": 0.2}, \"output\":")
    }
    #expect(cropped.count == 2 && cropped.allSatisfy { $0.hasPrefix("crops: ") }, "\(cropped)")
  }

  @Test("hashes, files and models are looked at whatever else is wrong, all at once")
  func files() throws {
    let other = String(repeating: "0", count: 64)
    let found = try faults("hit-sound", files: ["extra.bin": Data([1])]) {
      $0 = $0.replacingOccurrences(of: "\"version\": \"1.0.0\"", with: "\"version\": \"1\"")
        .replacingOccurrences(
          of: "\"model\": \"model.onnx\"",
          with:
            "\"model\": \"model.onnx\", \"sha256\": {\"model.onnx\": \"\(other)\", \"model-int9.onnx\": \"\(other)\"}")
    }
    let hash = SHA256.digest(
      [UInt8](try Data(contentsOf: URL(fileURLWithPath: SharedData.sample("models/hit-sound/model.onnx")))))
    #expect(found.contains { $0.hasPrefix("version: '1' is no semantic version") })
    #expect(
      found.contains {
        $0.hasPrefix("sha256[\"model.onnx\"]: the SHA-256 of model.onnx is \(hash), and the package says \(other)")
      })
    #expect(
      found.contains {
        $0.hasPrefix(
          "sha256[\"model-int9.onnx\"]: model-int9.onnx is not in the package. Did you mean 'model-int8.onnx'?")
      })
    #expect(found.contains { $0.hasPrefix("sha256: extra.bin is in the package, and its hash is not given") })
    #expect(found.contains { $0.hasPrefix("sha256: model-int8.onnx is in the package, and its hash is not given") })
    #expect(found.count == 5, "\(found)")
    let torn = try faults("hit-sound", files: ["model.onnx": Data([8, 1, 2])]) {
      $0 = $0.replacingOccurrences(of: "\"threshold\": 0.55", with: "\"threshold\": 55")
    }
    #expect(torn.contains { $0.hasPrefix("output.threshold: 55 is out of range") })
    #expect(torn.contains { $0.hasPrefix("model: ") && $0.contains("model.onnx") }, "\(torn)")
    // No YAML at all: the files are listed all the same.
    let scratch = try package("hit-sound") { $0 = "{\"format\": [" }
    let inspection = try PackageInspection(path: scratch.folder.path)
    #expect(inspection.faults.count == 1 && inspection.files.count == 2 && inspection.description == nil)
    #expect(inspection.location(of: inspection.faults[0]).contains("braid.json:"))
  }

  @Test("a model by itself is told with what is taken for granted")
  func bare() throws {
    let scratch = try Scratch()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: SharedData.sample("models/hit-picture/model.onnx")))
    let path = try scratch.write("hit.onnx", bytes)
    let inspection = try PackageInspection(path: path)
    #expect(inspection.faults.count == 1 && inspection.faults[0].message.contains("pictures"), "\(inspection.faults)")
    #expect(throws: InferenceError.self) { try PackageInspection(path: "/nowhere/at/all") }
    let named = try PackageInspection(path: SharedData.sample("models/hit-picture/model-int8.onnx"))
    #expect(named.faults == [] && named.description?.name == "hit-picture")
    withExtendedLifetime(scratch) {}
  }
}
