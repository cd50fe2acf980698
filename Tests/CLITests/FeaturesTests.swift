import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// `braid features`: what it writes is what `braid run` says, in other forms.
  @Suite("Features", .timeLimit(.minutes(2)))
  struct FeaturesTests {
    private let clip = SharedData.sample("media/bounce.mp4")
    private let late = SharedData.sample("media/bounce-late.mkv")

    /// An array of NumPy's, as its format says (numpy.lib.format 1.0).
    private func array(_ path: String) throws -> (shape: String, values: [Float]) {
      let data = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(data.prefix(8) == Data([0x93] + Array("NUMPY".utf8) + [1, 0]))
      let length = Int(data[8]) + Int(data[9]) << 8
      #expect((10 + length) % 64 == 0)
      let header = String(decoding: data[10..<10 + length], as: UTF8.self)
      #expect(header.contains("'descr': '<f4', 'fortran_order': False") && header.hasSuffix("\n"))
      let shape = try #require(header.split(separator: "(").last?.split(separator: ")").first)
      let values = stride(from: 10 + length, to: data.count - 3, by: 4).map { offset in
        Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[offset + $1]) << UInt32(8 * $1) })
      }
      return (String(shape), values)
    }

    /// The rows of one feature in the records of `braid run`, with their times.
    private func rows(_ lines: [JSONValue], _ name: String) -> (values: [Float], times: [Double]) {
      var values: [Float] = []
      var times: [Double] = []
      for line in lines where line["name"].string == name {
        for (index, row) in line["values"].array.enumerated() {
          values += row.array.map { Float($0.number ?? .nan) }
          times.append((line["pts"].number ?? .nan) + Double(index) * (line["hop"].number ?? 0))
        }
      }
      return (values, times)
    }

    @Test("arrays and CSV have the rows and times of the records")
    func formats() throws {
      let scratch = try Scratch()
      let records = try Program.records([clip, "--features", "rms,mfcc,coefficients=7,motion", "--model", "none"])
      let list = "rms,mfcc,coefficients=7,motion"
      for format in ["npy", "csv"] {
        let outcome = try Program.run(
          ["features", clip, "--features", list, "--format", format, "--output", scratch.path("rows")])
        #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty)
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path("rows")).sorted()
      #expect(
        names == ["mfcc_kaldi,coefficients=7", "motion", "rms"].flatMap { ["bounce.\($0).csv", "bounce.\($0).npy"] })
      for (name, dimension) in [("rms", 1), ("mfcc:kaldi,coefficients=7", 7), ("motion", 1)] {
        let expected = rows(records.of("features"), name)
        #expect(expected.times.count > 500)
        let file = scratch.path("rows/bounce.\(name.replacing(":", with: "_"))")
        let found = try array(file + ".npy")
        #expect(found.shape == "\(expected.times.count), \(dimension)" && found.values == expected.values)
        let lines = try String(contentsOfFile: file + ".csv", encoding: .utf8).split(separator: "\n")
        #expect(lines.first == (dimension == 1 ? "pts,\(name)" : "pts,0,1,2,3,4,5,6"))
        let table = lines.dropFirst().map { $0.split(separator: ",").map { Double($0) ?? .nan } }
        #expect(table.flatMap { $0.dropFirst().map { Float($0) } } == expected.values)
        #expect(zip(table, expected.times).allSatisfy { abs($0[0] - $1) < 1e-9 })
      }
      let single = try Program.run(["features", clip, "--features", "rms", "--output", scratch.path("one.npy")])
      #expect(single.status == 0)
      #expect(try array(scratch.path("one.npy")).values == rows(records.of("features"), "rms").values)
    }

    @Test("lines of several inputs say which, are valid, and nothing else is written")
    func lines() throws {
      let outcome = try Program.run(["features", late, clip, "--features", "rms,luma", "--duration", "2"])
      #expect(outcome.status == 0 && outcome.errors.isEmpty)
      try Records.validate(outcome.output, #_sourceLocation)
      let lines = try outcome.output.split(separator: UInt8(ascii: "\n"))
        .map { try JSONDecoder().decode(JSONValue.self, from: $0) }
      #expect(lines.allSatisfy { $0["type"].string == "features" })
      #expect(lines.map { $0["seq"].count } == Array(lines.indices))
      #expect(Set(lines.compactMap { $0["input"].string }) == [late, clip])
      let alone = try Program.run(["features", clip, "--features", "rms,luma", "--duration", "2"])
      #expect(!alone.text.contains("\"input\""))
      let expected = try alone.output.split(separator: UInt8(ascii: "\n"))
        .map { try JSONDecoder().decode(JSONValue.self, from: $0) }
      let found = lines.filter { $0["input"].string == clip }
      #expect(rows(found, "rms") == rows(expected, "rms") && rows(found, "luma") == rows(expected, "luma"))
      let again = try Program.run(["features", late, clip, "--features", "rms,luma", "--duration", "2"])
      #expect(again.output == outcome.output)
    }

    @Test("an input that fails does not stop the others, side by side or not", arguments: ["1", "3"])
    func failing(jobs: String) throws {
      let scratch = try Scratch()
      let broken = try scratch.write("broken.mp4", Data("no clip".utf8))
      let outcome = try Program.run(
        [
          "features", broken, clip, late, "/no/such.wav", "--features", "rms", "--format", "npy", "--jobs", jobs,
          "--output", scratch.path("out"),
        ])
      #expect(outcome.status == 3)
      #expect(outcome.errors.contains("broken.mp4") && outcome.errors.contains("/no/such.wav"))
      let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path("out")).sorted()
      #expect(names == ["bounce-late.rms.npy", "bounce.rms.npy"])
      #expect(try array(scratch.path("out/bounce.rms.npy")).shape == "1401, 1")
    }

    @Test("what cannot be is refused before anything is written")
    func mistakes() throws {
      let scratch = try Scratch()
      let cases: [(arguments: [String], words: String)] = [
        ([clip, "--features", "rmz"], "Did you mean rms?"),
        ([clip, "--features", "mfcc,bands=1", "--output", scratch.path("x")], "3 to 256"),
        ([clip, "--features", "rms", "--format", "npy"], "--output FILE.npy"),
        ([clip, "--features", "rms,luma", "--output", scratch.path("x.npy")], "Give a folder"),
        ([clip, late, "--features", "rms", "--output", scratch.path("x.csv")], "Give a folder"),
        ([clip, clip, "--features", "rms", "--output", scratch.path("x")], "same file"),
        ([clip, "--features", "rms,rms"], "named twice"),
        ([clip], "--list"),
        (["--features", "rms"], "--list"),
      ]
      for (arguments, words) in cases {
        let outcome = try Program.run(["features"] + arguments)
        #expect(outcome.status == 2 && outcome.output.isEmpty, "\(arguments)")
        #expect(outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
      }
      #expect(!FileManager.default.fileExists(atPath: scratch.path("x")))
      let silent = try Program.run(["features", SharedData.sample("media/captions.mkv"), "--features", "rms"])
      #expect(silent.status == 0 || silent.errors.contains("the input has none"))
      let nowhere = try Program.run(["features", clip, "--features", "rms", "--output", "/no/such/folder/x.npy"])
      #expect(nowhere.status == 6 && nowhere.errors.contains("/no/such/folder/x.npy"))
    }

    @Test("measured plans change no more than the last bits, and contradict --deterministic")
    func measuredTransforms() throws {
      let scratch = try Scratch()
      for (name, flags) in [("plain", []), ("measured", ["--fft-measure"])] {
        let outcome = try Program.run(
          ["features", clip, "--features", "log-mel", "--output", scratch.path("\(name).npy")] + flags)
        #expect(outcome.status == 0, "\(outcome.errors)")
      }
      let (plain, measured) = (try array(scratch.path("plain.npy")), try array(scratch.path("measured.npy")))
      #expect(plain.shape == measured.shape)
      #expect(zip(plain.values, measured.values).allSatisfy { abs($0 - $1) < 1e-2 })
      let refused = try Program.run(["run", clip, "--features", "log-mel", "--deterministic", "--fft-measure"])
      #expect(refused.status == 2 && refused.output.isEmpty && refused.errors.contains("--fft-measure"))
    }

    @Test("an interrupted extraction leaves no half of a file")
    func interruption() throws {
      let scratch = try Scratch()
      // Six hours of silence, which take no room on the disk.
      let size: UInt32 = 2_000_000_000
      func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) } }
      let header =
        Array("RIFF".utf8) + word(size + 36) + Array("WAVEfmt ".utf8) + word(16) + [1, 0, 1, 0] + word(48_000)
        + word(96_000) + [2, 0, 16, 0] + Array("data".utf8) + word(size)
      let long = try scratch.write("long.wav", Data(header))
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: long))
      try handle.truncate(atOffset: UInt64(size) + 44)
      let running = try Program.Running(
        ["features", clip, long, "--features", "rms", "--format", "npy", "--output", scratch.path("out")])
      while !FileManager.default.fileExists(atPath: scratch.path("out/bounce.rms.npy")) { usleep(20_000) }
      running.send(SIGINT)
      let outcome = try running.finish()
      #expect(outcome.status == 130)
      #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("out")) == ["bounce.rms.npy"])
    }

    @Test("docs/features.md has the list; BRAID_UPDATE_GOLDENS=1 writes it anew")
    func document() throws {
      let file = SharedData.packageRoot.appendingPathComponent("docs/features.md")
      let text = try String(contentsOf: file, encoding: .utf8)
      let start = try #require(text.range(of: "```\n"))
      let list = try Program.run(["features", "--list"]).text
      let wanted = text[..<start.upperBound] + list + "```\n"
      if ProcessInfo.processInfo.environment["BRAID_UPDATE_GOLDENS"] == "1" {
        try Data(wanted.utf8).write(to: file)
      } else {
        #expect(text == wanted)
      }
    }

    @Test("the list tells every feature with its settings, for people and as JSON")
    func list() throws {
      let text = try Program.run(["features", "--list"])
      let json = try JSONDecoder().decode(
        JSONValue.self, from: try Program.run(["features", "--list", "--json"]).output)
      #expect(text.status == 0 && json.array.count > 4)
      for feature in json.array {
        let name = feature["name"].string ?? ""
        #expect(text.text.contains("\n\(name)") || text.text.hasPrefix(name), "\(name)")
        #expect(feature["dimension"].count > 0 && feature["unit"].string?.isEmpty == false, "\(name)")
        #expect(["sound", "picture", "sound and picture"].contains(feature["source"].string), "\(name)")
        for parameter in feature["parameters"].array {
          let setting = "\(parameter["name"].string ?? "")=\(parameter["standard"].string ?? "")"
          #expect(text.text.contains("    \(setting)"), "\(name): \(setting)")
        }
      }
    }
  }
}
