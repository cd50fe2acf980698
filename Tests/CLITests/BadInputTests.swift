import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// What is broken or hostile: a clear message, an `error` record, the right status, and everything up to there.
  @Suite("Bad inputs", .timeLimit(.minutes(4)))
  struct BadInputTests {
    private static let bounce = SharedData.sample("media/bounce.mp4")
    private static let captions = SharedData.sample("media/captions.mkv")

    /// Runs, and expects an error with this status and code, told on stderr and as a record alike.
    @discardableResult
    private func expectFailure(
      _ arguments: [String], status: Int32, code: String? = nil, says: [String] = [], input: String? = nil,
      folder: String? = nil, _ location: SourceLocation = #_sourceLocation
    ) throws -> Records {
      let records = try Program.records(arguments, status: status, input: input, folder: folder, location)
      let fatal = records.errors.filter { $0["fatal"].bool == true }
      #expect(!fatal.isEmpty, sourceLocation: location)
      for error in fatal {
        #expect(error["message"].string?.isEmpty == false, sourceLocation: location)
        #expect(error["where"].string?.isEmpty == false, "\(error)", sourceLocation: location)
        #expect(error["remedy"].string?.isEmpty == false, "\(error)", sourceLocation: location)
      }
      if let code { #expect(fatal.first?["code"].string == code, "\(fatal)", sourceLocation: location) }
      let text = fatal.map { "\($0)" }.joined()
      for word in says { #expect(text.contains(word), "\(fatal)", sourceLocation: location) }
      return records
    }

    private func movie(_ scratch: Scratch, _ name: String, _ extra: [String] = []) throws -> String {
      let path = scratch.path(name)
      try Tool.run(
        "ffmpeg",
        [
          "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=4", "-f", "lavfi", "-i",
          "sine=r=16000:d=4", "-map", "0:v", "-map", "1:a",
        ] + extra + [path])
      return path
    }

    private func cut(_ scratch: Scratch, _ path: String, _ name: String, keeping part: Double) throws -> String {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      return try scratch.write(name, bytes.prefix(Int(Double(bytes.count) * part)))
    }

    @Test("A file that is not there, an empty one, a directory, text, random bytes")
    func noMedia() throws {
      let scratch = try Scratch()
      try expectFailure([scratch.path("none.mp4")], status: 3, code: "not-found", says: ["none.mp4"])
      try expectFailure([try scratch.write("empty.mp4", Data())], status: 3, code: "empty", says: ["empty.mp4"])
      try expectFailure([scratch.folder.path], status: 3, code: "unusable", says: ["directory"])
      let words = String(repeating: "It was a dark and stormy night.\n", count: 200)
      try expectFailure([try scratch.write("story.mp4", Data(words.utf8))], status: 3, says: ["story.mp4"])
      var generator = SeededGenerator.printed()
      let bytes = Data((0..<20_000).map { _ in UInt8.random(in: 0...255, using: &generator) })
      try expectFailure([try scratch.write("random.mkv", bytes)], status: 3, says: ["random.mkv"])
      withExtendedLifetime(scratch) {}
    }

    @Test("Files cut off play up to the cut; an MP4 without its index says so")
    func truncated() throws {
      let scratch = try Scratch()
      let whole = try movie(scratch, "whole.mp4")
      try expectFailure([try cut(scratch, whole, "cut.mp4", keeping: 0.6)], status: 3, says: ["cut.mp4"])
      for (kind, extra) in [("mkv", []), ("mp4", ["-movflags", "+faststart"]), ("wav", ["-map", "-0:v"])] {
        let path = try movie(scratch, "good.\(kind)", extra)
        let outcome = try Program.run(["run", "-q", try cut(scratch, path, "short.\(kind)", keeping: 0.6)])
        let records = try Records(outcome.output)
        #expect(outcome.status == (records.errors.contains { $0["fatal"].bool == true } ? 3 : 0), "\(kind)")
        let frames = records.summary["streams"].object.values.map { $0["delivered"].count }
        #expect(!frames.isEmpty && frames.allSatisfy { $0 > 0 }, "\(kind): \(records.summary)")
      }
      withExtendedLifetime(scratch) {}
    }

    @Test("Encrypted, a playlist by another name, limits passed")
    func refused() throws {
      let scratch = try Scratch()
      let secret = try movie(
        scratch, "secret.mp4",
        [
          "-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb",
          "-encryption_kid",
          "a7e61c373e219033c21091fa607bf3b8",
        ])
      try expectFailure([secret], status: 3, code: "encrypted", says: ["secret.mp4"])
      let part = try movie(scratch, "part.ts")
      let list = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n\(part)\n#EXT-X-ENDLIST\n"
      let playlist = try scratch.write("evil.mp4", Data(list.utf8))
      try expectFailure([playlist], status: 3, code: "protocol-refused", says: ["--format"])
      try expectFailure(
        [part, "--max-pixels", "1000"], status: 3, code: "limit-exceeded", says: ["1000 pixels", "limit"])
      try expectFailure([part, "--max-streams", "1"], status: 3, code: "limit-exceeded", says: ["2 streams", "limit"])
      try expectFailure([part, "--streams", "a:3"], status: 3, code: "no-usable-stream")
      withExtendedLifetime(scratch) {}
    }

    @Test("A name with a colon is a file when it is there")
    func colon() throws {
      let scratch = try Scratch()
      try Tool.ffmpeg("-f", "lavfi", "-i", "sine=r=8000:d=1", "-f", "wav", "file:" + scratch.path("12:30.wav"))
      let records = try Program.records(["12:30.wav"], folder: scratch.folder.path)
      #expect(records.summary["streams"]["audio:0"]["samples"].count == 8000)
    }

    @Test("A model or a feature whose kind of stream is not there is a mistake; without one it runs")
    func missingKind() throws {
      let scratch = try Scratch()
      let silent = try movie(scratch, "silent.mp4", ["-map", "-1:a"])
      let blind = try movie(scratch, "blind.wav", ["-map", "-0:v"])
      _ = try Program.records([silent])
      _ = try Program.records([blind])
      for name in ["hit-sound", "hit-moment"] {
        try expectFailure(
          [silent, "--model", SharedData.sample("models/\(name)")], status: 2, code: "no-stream-for-model",
          says: [name, "sound"])
      }
      try expectFailure(
        [blind, "--model", SharedData.sample("models/hit-picture")], status: 2, code: "no-stream-for-model",
        says: ["picture"])
      try expectFailure([blind, "--features", "luma"], status: 2, says: ["luma"])
      try expectFailure([blind, "--features", "loudness-of-a-kind"], status: 2, says: ["loudness-of-a-kind"])
      withExtendedLifetime(scratch) {}
    }

    @Test("A podcast's cover is no video")
    func cover() throws {
      let scratch = try Scratch()
      try Tool.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:d=1", "-frames:v", "1", scratch.path("cover.png"))
      let path = scratch.path("podcast.mp3")
      try Tool.ffmpeg(
        "-f", "lavfi", "-i", "sine=r=16000:d=2", "-i", scratch.path("cover.png"), "-map", "0", "-map", "1", "-c:v",
        "copy", "-disposition:v", "attached_pic", path)
      let records = try Program.records([path])
      #expect(Array(records.summary["streams"].object.keys) == ["audio:0"])
      withExtendedLifetime(scratch) {}
    }

    @Test("Pictures and sound that change their format in the middle go on, through models and features")
    func formatChange() throws {
      let scratch = try Scratch()
      var bytes = Data()
      for (name, size, rate, offset) in [("one", "160x120", 32000, "0"), ("two", "320x240", 48000, "2.1")] {
        let path = scratch.path("\(name).ts")
        try Tool.ffmpeg(
          "-f", "lavfi", "-i", "testsrc2=s=\(size):r=25:d=2", "-f", "lavfi", "-i", "sine=r=\(rate):d=2", "-c:v",
          "mpeg2video", "-c:a", "mp2", "-ac", name == "one" ? "1" : "2", "-output_ts_offset", offset, path)
        bytes += try Data(contentsOf: URL(fileURLWithPath: path))
      }
      let path = try scratch.write("joined.ts", bytes)
      let records = try Program.records([
        path, "--model", SharedData.sample("models/hit-picture"), "--model",
        SharedData.sample("models/speech-activity"),
        "--features", "mfcc,luma",
      ])
      #expect(records.summary["streams"]["video:0"]["frames"].count == (try Tool.frameCount(path, stream: 0)))
      #expect(!records.of("gap").isEmpty)
      #expect(records.results.contains { $0["epoch"].count > 0 })
      #expect((records.results.last?["pts"].number ?? 0) > 3)
      withExtendedLifetime(scratch) {}
    }

    @Test("Bytes flipped in the middle are counted and passed over")
    func decodeErrors() throws {
      let scratch = try Scratch()
      var bytes = try Data(
        contentsOf: URL(fileURLWithPath: try movie(scratch, "good.ts", ["-c:v", "libx264", "-g", "12"])))
      for index in stride(from: bytes.count / 3, to: bytes.count / 3 + 40_000, by: 97) { bytes[index] ^= 0x5A }
      let outcome = try Program.run(["run", "-q", try scratch.write("bad.ts", bytes)])
      let records = try Records(outcome.output)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let lost = records.summary["streams"].object.values.reduce(0) { $0 + $1["lost"]["decode"].count }
      #expect(lost > 0)
      #expect(records.summary["streams"]["video:0"]["delivered"].count >= 60)
      withExtendedLifetime(scratch) {}
    }

    @Test("Models that are missing, no ONNX, cut off, unknown, or whose inputs cannot be guessed")
    func models() throws {
      let scratch = try Scratch()
      let good = try Data(contentsOf: URL(fileURLWithPath: SharedData.sample("models/hit-picture/model.onnx")))
      try expectFailure([Self.captions, "--model", scratch.path("none.onnx")], status: 4, says: ["none.onnx"])
      try expectFailure([Self.captions, "--model", "no-such-model"], status: 4, says: ["no-such-model", "doctor"])
      for (name, bytes) in [
        ("text.onnx", Data("not a model, whatever its name".utf8)), ("empty.onnx", Data()),
        ("cut.onnx", good.prefix(good.count / 2)), ("zeros.onnx", Data(count: 4096)),
        ("picture.onnx", try Data(contentsOf: URL(fileURLWithPath: Self.captions)).prefix(20_000)),
      ] {
        try expectFailure([Self.captions, "--model", try scratch.write(name, bytes)], status: 4, says: [name])
      }
      // The model's bytes with the name of one operator changed.
      var unknown = good
      let relu = try #require(unknown.range(of: Data("Relu".utf8)))
      unknown.replaceSubrange(relu, with: Data("Rulu".utf8))
      let package = SharedData.sample("models/hit-picture/braid.json")
      try scratch.write("braid.json", try Data(contentsOf: URL(fileURLWithPath: package)))
      try expectFailure(
        [Self.captions, "--model", try scratch.write("model.onnx", unknown)], status: 4, says: ["Rulu"])
      // Without its description a model on five pictures cannot be guessed.
      try expectFailure(
        [Self.captions, "--model", try scratch.write("bare.onnx", good)], status: 4, code: "undescribed-model",
        says: ["braid.json", "pictures"])
      withExtendedLifetime(scratch) {}
    }

    @Test("A description with a mistake names the file and the field")
    func descriptions() throws {
      let scratch = try Scratch()
      let folder = SharedData.sample("models/hit-sound")
      try scratch.write("model.onnx", try Data(contentsOf: URL(fileURLWithPath: folder + "/model.onnx")))
      let text = try String(contentsOfFile: folder + "/braid.json", encoding: .utf8)
      for (old, new, field) in [
        ("\"bands\": 40", "\"bands\": 0", "inputs[0].bands"), ("\"rows\": 16", "\"rows\": 17", "features"),
        ("\"kind\": \"features\"", "\"kind\": \"smell\"", "inputs[0].kind"),
        ("\"shape\": \"instant\"", "\"shape\": \"round\"", "output.shape"),
        ("\"threshold\": 0.55", "\"threshold\": 7", "output.threshold"),
        ("\"name\": \"probability\"", "\"name\": \"chance\"", "chance"),
        ("\"features\": \"log-mel:kaldi\"", "\"features\": \"log-mel:nobody\"", "log-mel:nobody"),
        ("      8,\n", "      9223372036854775807,\n", "output.rows[0]"),
        ("      8,\n", "      9,\n", "output.rows[1]"), ("braid-model/1", "braid-model/9", "format"),
        ("\"min_gap_ms\": 150", "\"min_gap_ms\": 9223372036854775807", "min_gap_ms"),
      ] {
        #expect(text.contains(old), "\(old)")
        try scratch.write("braid.json", Data(text.replacingOccurrences(of: old, with: new).utf8))
        let outcome = try Program.run(["run", "-q", Self.captions, "--model", scratch.folder.path])
        #expect([2, 4].contains(outcome.status), "\(field): \(outcome.status) \(outcome.errors)")
        let records = try Records(outcome.output)
        let error = try #require(records.errors.first)
        #expect("\(error)".contains(field), "\(error)")
      }
      withExtendedLifetime(scratch) {}
    }

    @Test("Wrong usage ends with status 2 and a hint, and writes nothing")
    func usage() throws {
      for arguments in [
        ["run"], ["run", "--frobnicate", Self.captions], ["run", Self.captions, "--budget", "soon"],
        ["run", Self.captions, "--budget", "0"], ["run", Self.captions, "--skip", "every:0"],
        ["run", Self.captions, "--pace", "slow"], ["run", Self.captions, "--threads", "0"],
        ["run", Self.captions, "--max-pixels", "0"], ["run", Self.captions, "--streams", "x:0"],
        ["run", Self.captions, "--stats-every", "1ns"], ["frobnicate"],
      ] {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 2, "\(arguments): \(outcome.status)")
        #expect(outcome.output.isEmpty && !outcome.errors.isEmpty, "\(arguments)")
      }
    }

    @Test("Numbers as large as they go trap nothing")
    func extremes() throws {
      let large = "\(Int.max)"
      for arguments in [
        ["--max-pixels", large, "--max-streams", large, "--probe-bytes", large, "--max-allocation", large],
        ["--start", "9000000000s"], ["--duration", "9000000000s"], ["--duration", "0"], ["--tolerance", "9000000000s"],
        ["--wait", "9000000000s", "--model", SharedData.sample("models/hit-moment")],
        ["--start", "1ns", "--duration", "1ns", "--model", SharedData.sample("models/hit-moment")],
        ["--skip", "every:\(large)", "--model", SharedData.sample("models/hit-picture")],
        ["--stats-every", "9000000000s"],
      ] {
        let outcome = try Program.run(["run", "-q", Self.captions] + arguments)
        #expect([0, 2, 3].contains(outcome.status), "\(arguments): \(outcome.status) \(outcome.errors)")
        if outcome.status != 2 { _ = try Records(outcome.output) }
      }
    }
  }
}
