import BraidCore
import BraidTestSupport
import Foundation
import Glibc
import Testing

@testable import BraidPipeline

/// The files of a job, the names of their results, and the journal that they are written down in.
@Suite("Jobs of many files")
struct BatchTests {
  @Test("Results have names of their own, as short as that allows", arguments: 0..<50)
  func names(_ seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    var paths: Set<[String]> = []
    for _ in 0..<30 {
      let depth = Int.random(in: 1...4, using: &generator)
      paths.insert((0..<depth).map { _ in ["a", "b", "c"].randomElement(using: &generator) ?? "" })
    }
    let files = paths.sorted { $0.lexicographicallyPrecedes($1) }.map {
      (components: $0, depth: Int.random(in: 1...$0.count, using: &generator))
    }
    let names = BatchFiles.results(files)
    #expect(Set(names).count == files.count, "\(names)")
    for (name, file) in zip(names, files) {
      let parts = name.dropLast(6).split(separator: "/").map(String.init)
      #expect(parts.count >= file.depth && parts == file.components.suffix(parts.count), "\(name) of \(file)")
      // A folder more than it was found by only where another would be called the same.
      let shorter = parts.dropFirst().joined(separator: "/")
      let hasRival = files.contains {
        $0.components != file.components && $0.components.joined(separator: "/").hasSuffix(shorter)
      }
      if parts.count > file.depth { #expect(hasRival, "\(name)") }
    }
  }

  @Test("Folders are searched in order by extension; hidden ones and links to folders are passed over")
  func folders() throws {
    let scratch = try Scratch()
    let manager = FileManager.default
    for folder in ["d/e", "d/.h", "other"] {
      try manager.createDirectory(atPath: scratch.path(folder), withIntermediateDirectories: true)
    }
    for file in ["d/b.MP4", "d/a.wav", "d/e/c.mkv", "d/.h/x.wav", "d/.y.wav", "d/t.txt", "d/wav", "other/z.wav"] {
      try scratch.write(file, Data(count: 3))
    }
    try manager.createSymbolicLink(atPath: scratch.path("d/loop"), withDestinationPath: scratch.path("d"))
    try manager.createSymbolicLink(atPath: scratch.path("d/link.wav"), withDestinationPath: scratch.path("other/z.wav"))
    try manager.createSymbolicLink(atPath: scratch.path("d/gone.wav"), withDestinationPath: scratch.path("none"))
    let found = try BatchFiles.find([scratch.path("d/")])
    #expect(found.map(\.result) == ["a.wav", "b.MP4", "e/c.mkv", "link.wav"].map { $0 + ".jsonl" })
    #expect(found.allSatisfy { $0.bytes == 3 && $0.modified > 0 })
    #expect(throws: PipelineError.self) { try BatchFiles.find(["none:x"]) }
  }

  @Test("A journal has one writer at a time, and whatever is in it is no trap")
  func journal() throws {
    let scratch = try Scratch()
    let file = BatchFile(path: try scratch.write("a.wav", Data(count: 9)), result: "a.wav.jsonl")
    let folder = scratch.path("out")
    let entry = BatchJournal.Entry(file: file, duration: .seconds(1), results: 1, events: 2, errors: 3)
    do {
      let journal = try BatchJournal(folder: folder, configuration: "one\n", resumes: false)
      #expect(throws: PipelineError.self) { try BatchJournal(folder: folder, configuration: "one\n", resumes: true) }
      try journal.add(entry)
      // The result itself must be there.
      #expect(journal.complete(file) == nil)
      try scratch.write("out/a.wav.jsonl", Data())
    }
    do {
      let journal = try BatchJournal(folder: folder, configuration: "one\n", resumes: true)
      let known = try #require(journal.complete(file))
      #expect(known.duration == .seconds(1) && known.results == 1 && known.events == 2 && known.errors == 3)
      var changed = file
      changed.modified += 1
      #expect(journal.complete(changed) == nil && journal.outdatedCount == 0)
    }
    do {
      let journal = try BatchJournal(folder: folder, configuration: "one\n  two\n", resumes: true)
      #expect(journal.complete(file) == nil && journal.outdatedCount == 1 && journal.changes == ["two"])
    }
    var generator = SeededGenerator.printed()
    let path = scratch.path("out/braid.job")
    let sound = try Data(contentsOf: URL(fileURLWithPath: path))
    for _ in 0..<200 {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...20, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      try bytes.write(to: URL(fileURLWithPath: path))
      _ = try BatchJournal(folder: folder, configuration: "one\n", resumes: true).complete(file)
    }
  }

  @Test("Times of files that no Int64 holds are the nearest that it does")
  func times() {
    #expect(BatchFile.nanoseconds(timespec(tv_sec: 1, tv_nsec: 5)) == 1_000_000_005)
    // The year 2300, and the ends of what there is.
    #expect(BatchFile.nanoseconds(timespec(tv_sec: 10_413_792_000, tv_nsec: 0)) == .max)
    #expect(BatchFile.nanoseconds(timespec(tv_sec: .max, tv_nsec: 999_999_999)) == .max)
    #expect(BatchFile.nanoseconds(timespec(tv_sec: .min, tv_nsec: 0)) == .min)
  }

  @Test("A job that would write over one of its own files is refused, by whatever path")
  func ownFiles() throws {
    let scratch = try Scratch()
    let manager = FileManager.default
    try manager.createDirectory(atPath: scratch.path("in"), withIntermediateDirectories: true)
    try manager.createSymbolicLink(atPath: scratch.path("link"), withDestinationPath: scratch.path("in"))
    for name in ["a.wav", "a.wav.jsonl", "a.wav.jsonl.partial", "braid.job"] {
      try scratch.write("in/\(name)", Data(name.utf8))
    }
    for folder in ["in", "in/../in", "link"] {
      for other in ["a.wav.jsonl", "a.wav.jsonl.partial", "braid.job"] {
        let files = try BatchFiles.find([scratch.path("in/a.wav"), scratch.path("in/\(other)")])
        #expect(throws: PipelineError.self, "\(folder) \(other)") {
          try BatchFiles.checkResults(of: files, in: scratch.path(folder))
        }
        try BatchFiles.checkResults(of: files, in: scratch.path("elsewhere"))
      }
      try BatchFiles.checkResults(of: try BatchFiles.find([scratch.path("in/a.wav")]), in: scratch.path(folder))
    }
  }

  @Test(
    "What a result is made with changes with any file of its models, and not with sinks, whose secrets it leaves out")
  func fingerprints() throws {
    let scratch = try Scratch()
    for folder in ["package/labels", "bare"] {
      try FileManager.default.createDirectory(atPath: scratch.path(folder), withIntermediateDirectories: true)
    }
    for name in ["package/braid.json", "package/model.onnx", "package/labels/en.txt", "bare/w.bin", "bare/notes.txt"] {
      try scratch.write(name, Data("one".utf8))
    }
    // A model of ONNX with one parameter, whose data lies in w.bin (onnx.proto: fields and their types).
    func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(bytes.count)] + bytes }
    let entry = field(1, Array("location".utf8)) + field(2, Array("w.bin".utf8))
    let tensor = field(13, entry) + [14 << 3, 1]
    try scratch.write("bare/model.onnx", Data([8, 8] + field(7, field(5, tensor))))
    func fingerprint(_ model: String, sinks: [String] = []) throws -> String {
      var configuration = SessionConfiguration(inputs: [])
      configuration.models = .named([scratch.path(model)])
      configuration.output = scratch.path("package")
      configuration.sinks = try sinks.map { try SinkSetting($0) }
      return try Pipeline(configuration).fingerprint()
    }
    let secret = "http://user:word@host/in,header=Authorization: Bearer token"
    for (model, file, counts) in [
      ("package", "package/labels/en.txt", true), ("package/model.onnx", "package/labels/en.txt", true),
      ("package/braid.json", "package/model.onnx", true), ("bare/model.onnx", "bare/w.bin", true),
      ("bare/model.onnx", "bare/notes.txt", false), ("package", "package/a.wav.jsonl", false),
    ] {
      let before = try fingerprint(model)
      #expect(try fingerprint(model, sinks: [secret]) == before)
      let old = (try? Data(contentsOf: URL(fileURLWithPath: scratch.path(file)))) ?? Data()
      try scratch.write(file, old + Data("more".utf8))
      #expect(try (fingerprint(model) != before) == counts, "\(model) \(file)")
    }
  }
}
