import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// Films of what was seen, decoded again by FFmpeg.
  @Suite("Films", .timeLimit(.minutes(3)))
  struct FilmTests {
    private static let bounce = SharedData.sample("media/bounce.mp4")

    /// A detector that finds the same box in every picture: from a quarter to three quarters across, and from 0.3 to 0.7 down.
    private static func detector(_ scratch: Scratch) throws -> String {
      let folder = scratch.path("things")
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try SmallModel.detector([(3.0, 0.25, 0.3, 0.75, 0.7)]).write(to: URL(fileURLWithPath: "\(folder)/model.onnx"))
      _ = try scratch.write(
        "things/braid.json",
        Data(
          #"{"format": "braid-model/1", "name": "things", "version": "1.0.0", "model": "model.onnx", "inputs": [{"name": "x", "kind": "picture", "width": 16, "height": 16, "colour": "gray"}], "output": {"decoder": "detections", "scores": "scores", "boxes": "boxes", "labels": ["thing"]}}"#
            .utf8))
      return folder
    }

    /// The times of a film's pictures as ffprobe reads them.
    private static func times(_ path: String) throws -> [Double] {
      try Tool.run(
        "ffprobe",
        [
          "-v", "error", "-select_streams", "v:0", "-show_entries", "frame=best_effort_timestamp_time", "-of",
          "csv=p=0",
          path,
        ]
      ).split(separator: "\n").compactMap { Double($0.split(separator: ",").first ?? "") }
    }

    /// Every picture as rows of red, green and blue.
    private static func pixels(_ scratch: Scratch, _ path: String, frames: Int) throws -> [UInt8] {
      let raw = scratch.path("raw")
      try Tool.ffmpeg(
        "-i", path, "-map", "0:v:0", "-frames:v", "\(frames)", "-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt",
        "rgb24", raw)
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: raw)))
    }

    @Test("Pictures keep their times over pauses that MP4 has no steps for", arguments: ["h264", "mpeg4"])
    func pauses(codec: String) throws {
      let scratch = try Scratch()
      let clip = scratch.path("gap.mkv")
      // Ten pictures, forty minutes, ten pictures, twelve hours, ten pictures; sound in the first and the last second.
      try Tool.ffmpeg(
        "-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=3", "-f", "lavfi", "-i",
        "sine=sample_rate=48000:duration=2", "-filter_complex",
        "[0:v]setpts=PTS+(gte(N\\,10)*2400+gte(N\\,20)*43200)/TB[v];[1:a]asetpts=PTS+gte(T\\,1)*45600/TB[a]", "-map",
        "[v]",
        "-map", "[a]", "-vsync", "passthrough", "-c:v", "ffv1", "-c:a", "pcm_s16le", clip)
      let records = try Program.records(
        [clip, "--model", try Self.detector(scratch), "--sink", "video:film.mp4,codec=\(codec)"],
        folder: scratch.folder.path)
      #expect(records.errors.isEmpty, "\(records.errors)")
      let (times, wanted) = (try Self.times(scratch.path("film.mp4")), try Self.times(clip))
      #expect(wanted.count == 30 && wanted.last.map { $0 > 45_600 } == true)
      for time in wanted { #expect(times.contains { abs($0 - time) < 2e-4 }, "\(time)") }
      // What is between is the picture before the pause, once in a while.
      let others = times.filter { time in !wanted.contains { abs($0 - time) < 2e-4 } }
      #expect(others.count <= 45 && zip(times, times.dropFirst()).allSatisfy { $1 - $0 > 0.09 }, "\(others)")
      let sound = try Tool.run(
        "ffprobe",
        [
          "-v", "error", "-select_streams", "a:0", "-show_entries", "packet=pts_time", "-of", "csv=p=0",
          scratch.path("film.mp4"),
        ]
      ).split(separator: "\n").compactMap { Double($0.split(separator: ",").first ?? "") }
      #expect(sound.last.map { abs($0 - 45_601.9) < 0.3 } == true, "\(sound.suffix(3))")
    }

    @Test(
      "A film has every picture at its time, boxes where they are, nothing elsewhere, and the sound; twice the same bytes"
    )
    func bounce() throws {
      let scratch = try Scratch()
      let detector = try Self.detector(scratch)
      var films: [Data] = []
      for name in ["a.mp4", "b.mp4"] {
        let records = try Program.records(
          [
            Self.bounce, "--duration", "2s", "--deterministic", "--model", detector, "--sink",
            "video:\(name)",
          ], folder: scratch.folder.path)
        let account = records.summary["sinks"]["video:\(name)"]
        #expect(account["lines"].count == 100 && account["offered"].count == 100 && account["dropped"].count == 0)
        films.append(try Data(contentsOf: URL(fileURLWithPath: scratch.path(name))))
      }
      #expect(films[0] == films[1])
      let path = scratch.path("a.mp4")
      let times = try Self.times(path)
      #expect(times.count == 100)
      for (time, wanted) in zip(times, try Self.times(Self.bounce)) { #expect(abs(time - wanted) < 2e-6) }
      let (film, source) = (
        try Self.pixels(scratch, path, frames: 20), try Self.pixels(scratch, Self.bounce, frames: 20)
      )
      let (width, height) = (320, 240)
      #expect(film.count == 20 * width * height * 3 && source.count == film.count)
      /// How far the film is from its source at a pixel of the 20th picture.
      func difference(_ x: Int, _ y: Int) -> Int {
        let place = 19 * width * height * 3 + (y * width + x) * 3
        return (0..<3).map { abs(Int(film[place + $0]) - Int(source[place + $0])) }.max() ?? 0
      }
      /// The same at the pixel or one beside it: colours are shared by four pixels.
      func edge(_ x: Int, _ y: Int) -> Int {
        (-1...1).flatMap { dx in (-1...1).map { difference(x + dx, y + $0) } }.max() ?? 0
      }
      // The left and the right edge, and the lower one; the label hides a part of the upper one's surroundings only.
      for y in stride(from: 80, to: 160, by: 8) {
        #expect(edge(80, y) > 40 && edge(240, y) > 40, "row \(y)")
      }
      for x in stride(from: 90, to: 235, by: 8) {
        #expect(edge(x, 168) > 40 && edge(x, 72) > 40, "column \(x)")
      }
      // Within the box and beside it the picture is as it was, but for the encoder.
      var sum = 0
      for y in stride(from: 82, to: 160, by: 4) {
        for x in stride(from: 90, to: 230, by: 4) { sum += difference(x, y) }
      }
      #expect(sum / (20 * 35) < 12)
      // The wave lies in the lowest eighth.
      #expect(difference(160, 214) > 25 && difference(160, 204) < 25)
      let sound = try Tool.run(
        "ffprobe",
        [
          "-v", "error", "-select_streams", "a:0", "-show_entries", "stream=codec_name,sample_rate,duration", "-of",
          "csv=p=0", path,
        ]
      ).trimmingCharacters(in: .whitespacesAndNewlines).split(separator: ",")
      #expect(sound.first == "aac" && sound.dropFirst().first == "48000")
      #expect(abs((sound.last.flatMap { Double($0) } ?? 0) - 2) < 0.1)
      let likeness = try Self.likeness(scratch, path)
      #expect(likeness[0] > 0.85 && likeness[0] > likeness[1] && likeness[0] > likeness[2], "\(likeness)")
    }

    /// The correlation of the film's sound with its source's, and with that a millisecond earlier and later.
    private static func likeness(_ scratch: Scratch, _ path: String) throws -> [Double] {
      func samples(_ path: String) throws -> [Float] {
        let raw = scratch.path("sound")
        try Tool.ffmpeg("-i", path, "-map", "0:a:0", "-t", "1.9", "-ac", "1", "-f", "f32le", raw)
        return try unsafe Data(contentsOf: URL(fileURLWithPath: raw)).withUnsafeBytes {
          unsafe Array($0.bindMemory(to: Float.self))
        }
      }
      let (one, two) = (try samples(path), try samples(bounce))
      return [0, -48, 48].map { shift in
        var (product, first, second) = (0.0, 0.0, 0.0)
        for place in 100..<min(one.count, two.count) - 100 {
          let (a, b) = (Double(one[place]), Double(two[place + shift]))
          product += a * b
          first += a * a
          second += b * b
        }
        return product / (first * second).squareRoot()
      }
    }

    @Test(
      "Pictures at uneven times keep them, with every encoder and kind of file",
      arguments: [
        ("a.mp4", "", 2e-6), ("a.mov", ",codec=mpeg4", 1e-5), ("a.mkv", ",bitrate=300k", 5.1e-4),
        ("a.webm", "", 5.1e-4),
      ])
    func unevenTimes(name: String, settings: String, tolerance: Double) throws {
      let scratch = try Scratch()
      let clip = scratch.path("uneven.mkv")
      try Tool.ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=162x120:r=25:d=2", "-vf", "setpts='(N*0.04+0.013*mod(N*N\\,3))/TB'", "-vsync",
        "passthrough", "-c:v", "libx264", "-pix_fmt", "yuv420p", clip)
      let records = try Program.records(
        [clip, "--model", "none", "--features", "none", "--sink", "video:\(name)\(settings),size=96x64"],
        folder: scratch.folder.path)
      #expect(records.summary["sinks"]["video:\(name)"]["lines"].count == 50)
      let (told, wanted) = (try Self.times(scratch.path(name)), try Self.times(clip))
      #expect(told.count == 50 && wanted.count == 50)
      for (told, wanted) in zip(told, wanted) {
        #expect(abs(told - wanted) < tolerance, "\(told) \(wanted)")
      }
    }

    @Test("At real-time pace a film holds up nothing: what it has no time for is dropped and counted")
    func realtime() throws {
      let scratch = try Scratch()
      let records = try Program.records(
        [
          Self.bounce, "--pace", "realtime", "--duration", "2s", "--model", try Self.detector(scratch), "--sink",
          "video:a.mp4,queue=64kB,size=1280x960",
        ], folder: scratch.folder.path)
      let account = records.summary["sinks"]["video:a.mp4"]
      #expect(account["offered"].count == records.summary["streams"]["video:0"]["delivered"].count)
      #expect(account["offered"].count == account["lines"].count + account["dropped"].count)
      #expect(try Self.times(scratch.path("a.mp4")).count == account["lines"].count)
      #expect((records.summary["wall"].number ?? 9) < 5)
    }

    @Test(
      "What cannot be filmed is said",
      arguments: [
        (["--sink", "video:a.mp4,stream=video:3"], 2, "It has video:0"),
        (["--sink", "video:/no/such/folder/a.mp4"], 6, "/no/such/folder"),
        (["--sink", "video:a.gif"], 2, ".mp4"),
      ])
    func refused(arguments: [String], status: Int32, message: String) throws {
      let scratch = try Scratch()
      let outcome = try Program.run(["run", "-q", Self.bounce] + arguments, folder: scratch.folder.path)
      #expect(outcome.status == status)
      #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }
  }
}
