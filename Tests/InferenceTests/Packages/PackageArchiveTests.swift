import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidInference

@Suite("Packages: archives", .timeLimit(.minutes(1)))
struct PackageArchiveTests {
  private static let folder = SharedData.sample("models/hit-sound")

  private static func file(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)))
  }

  /// The sample as entries.
  private static func entries() throws -> [ZipBuilder.Entry] {
    try ["braid.json", "model.onnx", "model-int8.onnx"].map { ZipBuilder.Entry($0, try file($0)) }
  }

  private static func write(_ entries: [ZipBuilder.Entry], to scratch: Scratch) throws -> String {
    try scratch.write("hit.braidmodel", Data(ZipBuilder(entries: entries).bytes))
  }

  /// What loading the model of an archive of these entries ends with.
  private func error(_ change: (inout [ZipBuilder.Entry]) -> Void) throws -> InferenceError? {
    var entries = try Self.entries()
    change(&entries)
    let scratch = try Scratch()
    let path = try Self.write(entries, to: scratch)
    return withExtendedLifetime(scratch) {
      do throws(InferenceError) {
        _ = try ModelPackage.open(path).load()
        return nil
      } catch {
        #expect(error.location.hasPrefix(path), "\(error)")
        return error
      }
    }
  }

  @Test("an archive is the folder that it was made of, variants included")
  func same() throws {
    let scratch = try Scratch()
    let path = try Self.write(try Self.entries(), to: scratch)
    let (package, folder) = (try ModelPackage.open(path), try ModelPackage.open(Self.folder))
    #expect(package.description == folder.description && package.modelPath == "\(path): model.onnx")
    #expect(try package.load().sha256 == folder.load().sha256)
    for name in ["int8", "model-int8.onnx"] {
      let inside = try ModelPackage.open("\(path)/\(name)")
      #expect(try inside.load().sha256 == ModelPackage.open("\(Self.folder)/model-int8.onnx").load().sha256)
    }
    #expect(throws: InferenceError.self) { try ModelPackage.open("\(path)/int9") }
    #expect(try PackageInspection(path: path).faults == [])
    // By its first bytes, whatever it is called.
    let other = try scratch.write("other", Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(try ModelPackage.open(other).description == folder.description)
    withExtendedLifetime(scratch) {}
  }

  @Test("what an archive should not hold is refused by name")
  func refused() throws {
    func refuse(_ words: String, _ change: (inout [ZipBuilder.Entry]) -> Void) throws {
      let error = try #require(try error(change), "\(words)")
      #expect(error.description.contains(words), "\(error)")
      #expect(!error.remedy.isEmpty || error.code == .limitExceeded, "\(error)")
    }
    for (name, words) in [
      ("../model.onnx", "leads out of the package"), ("/etc/passwd", "leads out of the package"),
      ("a/../../b", "leads out of the package"), ("a\\b", "has a backslash"), ("a//b", "is no plain path"),
      ("./a", "is no plain path"), ("a\nb", "has a control character"),
      (String(repeating: "a", count: 2000), "is too long"),
    ] {
      try refuse(words) { $0.append(ZipBuilder.Entry(name, [1])) }
    }
    try refuse("model.onnx: it is there twice") { $0.append(ZipBuilder.Entry("model.onnx", [1])) }
    try refuse("is no UTF-8") {
      $0[1].name = [0x61, 0xFF]
      $0[1].flags = 0
    }
    try refuse("model.onnx: it is a symbolic link") { $0[1].mode = 0o120777 }
    try refuse("model.onnx: it is encrypted") { $0[1].flags |= 1 }
    try refuse("neither stored nor deflate") { $0[1].method = 12 }
    try refuse("model.onnx: there is no such file in the archive") { $0.remove(at: 1) }
    try refuse("there is no description") { $0.remove(at: 0) }
    try refuse("entries; the limit is 64") { for index in 0..<1000 { $0.append(ZipBuilder.Entry("\(index)", [])) } }
    try refuse("files; the limit is 64") { for index in 0..<64 { $0.append(ZipBuilder.Entry("\(index)", [])) } }
    // A folder's entry is none.
    #expect(try error { $0.append(ZipBuilder.Entry("folder/", [])) } == nil)
  }

  @Test("bombs are refused by what is said of them, and by what they are")
  func bombs() throws {
    let packed = ZipBuilder.zeros(200_000)
    #expect(packed.count < 330_000)
    func bomb(says size: UInt32) throws -> InferenceError {
      try #require(
        try error {
          $0[1].data = packed
          $0[1].method = 8
          $0[1].size = size
        })
    }
    let honest = try bomb(says: 51_600_001)
    #expect(honest.code == .limitExceeded && honest.message.contains("inflates to more than 100 times"), "\(honest)")
    // The directory says little, and more comes: at most one chunk beyond what may be is inflated.
    let lying = try bomb(says: 1000)
    #expect(lying.code == .limitExceeded || lying.code == .notAnArchive, "\(lying)")
    let vast = try #require(try error { $0[1].size = 0xFFFF_FFF0 })
    #expect(vast.code == .limitExceeded, "\(vast)")
    // A deflated file that inflates to what is said of it is none.
    let scratch = try Scratch()
    var entry = ZipBuilder.Entry("zeros", ZipBuilder.zeros(1000))
    (entry.method, entry.size, entry.crc) = (8, 258_001, ZipBuilder.crc([UInt8](repeating: 0, count: 258_001)))
    let archive = try PackageArchive(path: try Self.write([entry], to: scratch))
    #expect(try archive.read("zeros", limit: 1 << 20) == [UInt8](repeating: 0, count: 258_001))
    #expect(throws: InferenceError.self) { try archive.read("zeros", limit: 258_000) }
  }

  @Test("bytes that were changed or cut off are told, never run")
  func broken() throws {
    let flipped = try #require(
      try error {
        $0[1].data[$0[1].data.count / 2] ^= 1; $0[1].crc = 1
      })
    #expect(flipped.code == .notAnArchive, "\(flipped)")
    let whole = ZipBuilder(entries: try Self.entries()).bytes
    let scratch = try Scratch()
    for count in [0, 1, 10, 100, whole.count / 2, whole.count - 30, whole.count - 1] {
      let path = try scratch.write("cut.braidmodel", Data(whole[..<count]))
      let error = #expect(throws: InferenceError.self) { try ModelPackage.open(path).load() }
      #expect(error?.code == .notAnArchive, "\(count): \(String(describing: error))")
    }
    var generator = SeededGenerator.printed()
    for round in 0..<200 {
      var bytes = whole
      // Names, sizes and the directory rather than weights.
      for _ in 0...Int.random(in: 0...4, using: &generator) {
        let place =
          Bool.random(using: &generator)
          ? Int.random(in: 0..<1500, using: &generator)
          : bytes.count - 1 - Int.random(in: 0..<250, using: &generator)
        bytes[place] = UInt8.random(in: 0...255, using: &generator)
      }
      let path = try scratch.write("fuzz.braidmodel", Data(bytes))
      do throws(InferenceError) {
        let files = try PackageFiles(path: path)
        for name in files.names() { _ = try files.read(name, limit: 1 << 30) }
        if round % 50 == 0 { _ = try ModelPackage.open(path).load() }
      } catch {
        #expect(error.location.hasPrefix(path) && !error.message.isEmpty)
      }
    }
  }

  @Test("the writer's archives are read back, and the same files give the same bytes")
  func writing() throws {
    let scratch = try Scratch()
    let files = try Self.entries().map { (name: String(decoding: $0.name, as: UTF8.self), bytes: $0.data) }
    let first = scratch.path("one.braidmodel")
    try PackageArchiveWriter.write(files, to: first)
    try PackageArchiveWriter.write(files.reversed(), to: scratch.path("two.braidmodel"))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: first))
    #expect(try bytes == Data(contentsOf: URL(fileURLWithPath: scratch.path("two.braidmodel"))))
    let archive = try PackageArchive(path: first)
    #expect(archive.names == files.map(\.name).sorted())
    for file in files { #expect(try archive.read(file.name, limit: 1 << 30) == file.bytes) }
    #expect(throws: InferenceError.self) { try PackageArchiveWriter.write(files, to: "/nowhere/at/all.braidmodel") }
  }
}
