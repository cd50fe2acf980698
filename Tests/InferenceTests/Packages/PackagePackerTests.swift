import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidInference

/// What packing writes, and what it leaves alone.
@Suite("Packages: packing")
struct PackagePackerTests {
  private static let sample = SharedData.sample("models/hit-sound")

  private func pack(
    _ path: String, to output: String, _ change: (inout PackagePacker.Changes) -> Void = { _ in }
  ) throws {
    var changes = PackagePacker.Changes()
    change(&changes)
    let packer = PackagePacker(path: path, changes: changes) { try PackageInspection(path: $0) }
    _ = try packer.pack(to: output)
  }

  private func names(in scratch: Scratch) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: scratch.folder.path).sorted()
  }

  @Test("whatever lies beside the target stays as it is, whether packing works or not", arguments: [false, true])
  func neighbours(fails: Bool) throws {
    let scratch = try Scratch()
    for name in ["out.part", "out.braidmodel.part", "out.braidmodel.part.braidmodel"] {
      try FileManager.default.createDirectory(atPath: scratch.path(name), withIntermediateDirectories: true)
      try scratch.write("\(name)/mine.txt", Data("mine".utf8))
    }
    let before = try names(in: scratch)
    for output in ["out", "out.braidmodel"] {
      if fails {
        #expect(throws: InferenceError.self) { try pack(Self.sample, to: scratch.path(output)) { $0.version = "1" } }
      } else {
        try pack(Self.sample, to: scratch.path(output))
      }
    }
    let made = try names(in: scratch).filter { !before.contains($0) && !$0.contains("golden") }
    #expect(
      made == (fails ? [] : ["out", "out.braidmodel", "out/braid.json", "out/model-int8.onnx", "out/model.onnx"]))
    #expect(try names(in: scratch).filter(before.contains) == before)
  }

  @Test("a target with a slash at its end, or in folders that are not there yet, is made")
  func targets() throws {
    let scratch = try Scratch()
    try pack(Self.sample, to: scratch.path("a/b") + "//")
    #expect(try PackageInspection(path: scratch.path("a/b")).faults == [])
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("a")) == ["b"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path) == ["a"])
  }

  @Test("folders are made only for a package that is sound, and labels that others replace are left out")
  func leftovers() throws {
    let scratch = try Scratch()
    #expect(throws: InferenceError.self) { try pack(Self.sample, to: scratch.path("a/b/c")) { $0.version = "1" } }
    #expect(try names(in: scratch) == [])
    try FileManager.default.copyItem(
      atPath: SharedData.sample("models/hit-picture/model.onnx"), toPath: scratch.path("model.onnx"))
    let text = """
      format: braid-model/1
      name: m
      version: 1.0.0
      model: model.onnx
      inputs: [{name: pictures, kind: picture, width: 64, height: 48, colour: gray, frames: 5}]
      output: {decoder: events, name: probability, labels: names.txt, frame: 2}
      """
    try scratch.write("m.yaml", Data(text.utf8))
    try scratch.write("names.txt", Data("a\n".utf8))
    let other = try scratch.write("other.txt", Data("b\n".utf8))
    try pack(scratch.path("m.yaml"), to: scratch.path("out")) { $0.labels = other }
    let made = try FileManager.default.contentsOfDirectory(atPath: scratch.path("out")).sorted()
    #expect(made == ["braid.json", "labels.txt", "model.onnx"])
    #expect(try String(contentsOfFile: scratch.path("out/labels.txt"), encoding: .utf8) == "b\n")
  }

  @Test("what would be wrong with the package is told of what it is made of, with the option that says it otherwise")
  func remedies() throws {
    let scratch = try Scratch()
    let path = try scratch.write(
      "my model (1).onnx", Data(contentsOf: URL(fileURLWithPath: SharedData.sample("models/hit-picture/model.onnx"))))
    let error = #expect(throws: InferenceError.self) {
      try pack(Self.sample, to: scratch.path("a.braidmodel")) { $0.name = "my model (1)" }
    }
    #expect(
      error?.description
        == "\(Self.sample): name: 'my model (1)' is no name. "
        + "Use letters, digits, '-', '_' and '.', 80 at most. Say it with --name")
    withExtendedLifetime(path) {}
  }

  @Test("no name in an archive leads out of the folder that it is packed into, however it is spelt")
  func slip() throws {
    // A slash and a combining accent are one character, and two bytes to the system.
    for name in [
      "../\u{301}evil.txt", "a/..\u{2F}\u{301}b", "/\u{301}etc", "..\u{2F}\u{200D}x", "a/\u{301}../../\u{301}b",
    ] {
      let scratch = try Scratch()
      var entries = try ["braid.json", "model.onnx", "model-int8.onnx"].map {
        ZipBuilder.Entry($0, [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(Self.sample)/\($0)"))))
      }
      entries.append(ZipBuilder.Entry(name, [1]))
      let archive = try scratch.write("in/slip.braidmodel", folder: "in", Data(ZipBuilder(entries: entries).bytes))
      let error = #expect(throws: InferenceError.self) { try ModelPackage.open(archive) }
      #expect(error?.message.contains("leads out of the package") == true, "\(String(describing: error))")
      #expect(throws: InferenceError.self) { try pack(archive, to: scratch.path("in/out")) }
      #expect(try names(in: scratch) == ["in", "in/slip.braidmodel"])
    }
    #expect(PackageFiles.fault(inName: "a/\u{301}b") == nil && PackageFiles.fault(inName: "e\u{301}/…/x..y") == nil)
  }

  @Test("links of a folder may lead to its own files, and nowhere else")
  func links() throws {
    func package(_ links: [String: String], labels: String = "[a]", model: Bool = true) throws -> Scratch {
      let scratch = try Scratch()
      try scratch.write("secret", folder: "p", Data("a\n".utf8))
      if model {
        try FileManager.default.copyItem(
          atPath: SharedData.sample("models/hit-picture/model.onnx"), toPath: scratch.path("p/model.onnx"))
      } else {
        try FileManager.default.copyItem(
          atPath: SharedData.sample("models/hit-picture/model.onnx"), toPath: scratch.path("net.onnx"))
      }
      let text = """
        format: braid-model/1
        name: m
        version: 1.0.0
        model: model.onnx
        inputs: [{name: pictures, kind: picture, width: 64, height: 48, colour: gray, frames: 5}]
        output: {decoder: events, name: probability, labels: \(labels), frame: 2}
        """
      try scratch.write("p/braid.yaml", Data(text.utf8))
      for (name, target) in links {
        try FileManager.default.createSymbolicLink(atPath: scratch.path("p/\(name)"), withDestinationPath: target)
      }
      return scratch
    }
    func faults(_ scratch: Scratch) throws -> [String] {
      let found = try PackageInspection(path: scratch.path("p")).faults.map { "\($0.field): \($0.message)" }
      return found.map { $0.replacingOccurrences(of: scratch.folder.path, with: "") }
    }
    func error(_ scratch: Scratch) -> String {
      do {
        _ = try ModelPackage.open(scratch.path("p")).load()
        return ""
      } catch {
        return "\(error)".replacingOccurrences(of: scratch.folder.path, with: "")
      }
    }
    let words = "it is a link that leads out of the package"

    let labels = try package(["labels.txt": "../secret"], labels: "labels.txt")
    #expect(error(labels).contains("output.labels: labels.txt: \(words)"), "\(error(labels))")
    let folder = try package(["inner": ".."], labels: "inner/secret")
    #expect(error(folder).contains("output.labels: inner/secret: \(words)"), "\(error(folder))")
    let model = try package(["model.onnx": "../net.onnx"], model: false)
    #expect(error(model) == "/p/model.onnx: \(words). Put the file itself into the package")
    let modelFaults = try faults(model)
    #expect(modelFaults.contains("model: /p/model.onnx: \(words)"), "\(modelFaults)")
    let extra = try package(["notes.txt": "/etc/passwd"])
    let extraFaults = try faults(extra)
    #expect(
      extraFaults.contains { $0.hasPrefix("sha256[\"notes.txt\"]:") && $0.contains(words) }, "\(extraFaults)")
    #expect(throws: InferenceError.self) { try pack(extra.path("p"), to: extra.path("x.braidmodel")) }
    #expect(!FileManager.default.fileExists(atPath: extra.path("x.braidmodel")))

    // Inside it they work, and what a user names himself may be a link.
    let inside = try package(["labels.txt": "names.txt", "other.onnx": "model.onnx"], labels: "labels.txt")
    try inside.write("p/names.txt", Data("a\n".utf8))
    #expect(error(inside) == "")
    try FileManager.default.createSymbolicLink(
      atPath: inside.path("net.onnx"), withDestinationPath: SharedData.sample("models/hit-picture/model.onnx"))
    #expect(try ModelPackage.open(inside.path("net.onnx")).load().inputs.count == 1)
    try FileManager.default.createSymbolicLink(atPath: inside.path("link"), withDestinationPath: inside.path("p"))
    #expect(try ModelPackage.open(inside.path("link")).load().inputs.count == 1)
    withExtendedLifetime((labels, folder, model, extra, inside)) {}
  }
}
