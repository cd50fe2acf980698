import BraidCore
import BraidIngest
import BraidTestSupport
import Foundation
import Glibc
import Testing

/// Inputs that are broken or hostile: each ends in an error that says what and where, or plays up to where it is good.
@Suite("Bad inputs", .timeLimit(.minutes(3)))
struct BadInputTests {
  private func code(_ path: String, _ options: InputOptions = InputOptions()) -> IngestError.Code? {
    do throws(IngestError) {
      _ = try MediaInput.open(path, options: options)
      return nil
    } catch {
      #expect(!error.message.isEmpty && !error.location.isEmpty)
      return error.code
    }
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

  @Test("A file that is not there, an empty one, a directory")
  func nothing() throws {
    let scratch = try Scratch()
    #expect(code(scratch.path("none.mp4")) == .notFound)
    #expect(code(try scratch.write("empty.mp4", Data())) == .empty)
    #expect(code(scratch.folder.path) == .unusable)
    #expect(code("nowhere:thing") == .protocolRefused)
    #expect(code("concat:a.ts|b.ts") == .protocolRefused)
  }

  @Test("A file that may not be read", .enabled(if: geteuid() != 0, "root may read everything"))
  func noPermission() throws {
    let scratch = try Scratch()
    let path = try scratch.write("locked.wav", Data("RIFF".utf8))
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    #expect(code(path) == .notPermitted)
  }

  @Test("Text, random bytes and a program are no media")
  func noMedia() throws {
    let scratch = try Scratch()
    var generator = SystemRandomNumberGenerator()
    for round in 0..<8 {
      let bytes = Data((0..<20_000).map { _ in UInt8.random(in: 0...255, using: &generator) })
      let path = try scratch.write(
        "random\(round).\(["mp4", "mkv", "wav", "ts", "mp3", "bin", "h264", "avi"][round])", bytes)
      do {
        let session = try Session.run(path)
        #expect(session.taken.allSatisfy { $0.duration >= .zero })
      } catch let error as IngestError {
        #expect([.unusable, .noUsableStream, .unsupportedCodec].contains(error.code))
      }
    }
    let words = String(repeating: "It was a dark and stormy night.\n", count: 200)
    #expect(code(try scratch.write("story.txt", Data(words.utf8))) == .unusable)
    #expect(code(try scratch.write("story.mp4", Data(words.utf8))) == .unusable)
    #expect(code("/bin/sh") != nil)
  }

  @Test("A file cut off plays up to the cut", arguments: ["mkv", "ts", "wav", "avi", "flac", "mp4"])
  func truncated(_ kind: String) throws {
    let scratch = try Scratch()
    let extra = kind == "wav" || kind == "flac" ? ["-map", "-0:v"] : kind == "mp4" ? ["-movflags", "+faststart"] : []
    let path = try movie(scratch, "whole.\(kind)", extra)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let whole = try Session.run(path)
    let cut = try Session.run(try scratch.write("cut.\(kind)", bytes.prefix(bytes.count * 2 / 3)))
    #expect(!cut.taken.isEmpty)
    #expect(cut.taken.count < whole.taken.count)
  }

  @Test("An MP4 cut off before its index says so")
  func truncatedIndex() throws {
    let scratch = try Scratch()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: try movie(scratch, "whole.mp4")))
    #expect(code(try scratch.write("cut.mp4", bytes.prefix(bytes.count / 2))) == .unusable)
  }

  @Test("Bytes flipped all over never trap", arguments: ["mkv", "ts", "mp4", "avi", "ogg"])
  func corrupted(_ kind: String) throws {
    let scratch = try Scratch()
    let extra = kind == "ogg" ? ["-map", "-0:v", "-c:a", "libvorbis"] : []
    let good = try Data(contentsOf: URL(fileURLWithPath: try movie(scratch, "good.\(kind)", extra)))
    var seed = UInt64(kind.utf8.reduce(7) { $0 &* 31 &+ Int($1) })
    for round in 0..<6 {
      var bytes = good
      for _ in 0..<(bytes.count / 500 + 5) {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes[Int(seed >> 33) % bytes.count] = UInt8(truncatingIfNeeded: seed >> 20)
      }
      do {
        let session = try Session.run(try scratch.write("bad\(round).\(kind)", bytes))
        for stream in session.description.streams where stream.isSelected {
          let frames = session.frames(stream.index)
          for (one, next) in zip(frames, frames.dropFirst()) { #expect(one.time <= next.time) }
        }
      } catch is IngestError {
        continue
      }
    }
  }

  @Test("A playlist by any name is refused and opens nothing else")
  func playlists() throws {
    let scratch = try Scratch()
    let part = try movie(scratch, "part.ts")
    let hls = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:4,\n\(part)\n#EXT-X-ENDLIST\n"
    #expect(code(try scratch.write("evil.mp4", Data(hls.utf8))) == .protocolRefused)
    let list = "ffconcat version 1.0\nfile '\(part)'\n"
    #expect(code(try scratch.write("evil.mkv", Data(list.utf8))) == .protocolRefused)
    let description = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
    #expect(code(try scratch.write("evil.mov", Data(description.utf8))) == .protocolRefused)
    var options = InputOptions()
    options.format = "hls"
    #expect(code(try scratch.write("good.m3u8", Data(hls.utf8)), options) == nil)
    options.format = "no such format"
    #expect(code(part, options) == .invalidOption)
  }

  @Test("A name with a colon is a file when it exists")
  func colon() throws {
    let scratch = try Scratch()
    try Tool.ffmpeg("-f", "lavfi", "-i", "sine=r=8000:d=1", "-f", "wav", "file:" + scratch.path("12:30.wav"))
    let here = FileManager.default.currentDirectoryPath
    defer { _ = FileManager.default.changeCurrentDirectoryPath(here) }
    #expect(FileManager.default.changeCurrentDirectoryPath(scratch.folder.path))
    let session = try Session.run("12:30.wav")
    #expect(session.counters[0]?.samples == 8000)
  }

  @Test("A podcast's cover is listed and not run")
  func cover() throws {
    let scratch = try Scratch()
    try Tool.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:d=1", "-frames:v", "1", scratch.path("cover.png"))
    let path = scratch.path("podcast.mp3")
    try Tool.ffmpeg(
      "-f", "lavfi", "-i", "sine=r=16000:d=2", "-i", scratch.path("cover.png"), "-map", "0", "-map", "1", "-c:v",
      "copy",
      "-disposition:v", "attached_pic", path)
    let session = try Session.run(path)
    let cover = try #require(session.description.streams.first { $0.kind == .attachedPicture })
    #expect(!cover.isSelected)
    #expect(session.selected(.video) == nil)
    #expect(session.taken.allSatisfy { $0.samples > 0 })
    var options = InputOptions()
    options.streams = .list([.index(cover.index)])
    #expect(code(path, options) == .noUsableStream)
  }

  @Test("An encrypted MP4 says that it is")
  func encrypted() throws {
    let scratch = try Scratch()
    let path = try movie(
      scratch, "secret.mp4",
      [
        "-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb", "-encryption_kid",
        "a7e61c373e219033c21091fa607bf3b8",
      ])
    #expect(code(path) == .encrypted)
  }

  @Test("Limits on pixels and on streams, each with the way out")
  func limits() throws {
    let scratch = try Scratch()
    let path = try movie(scratch, "small.mp4")
    var options = InputOptions()
    options.limits.pixels = 160 * 120 - 1
    #expect(code(path, options) == .limitExceeded)
    options.limits.pixels = 160 * 120
    #expect(code(path, options) == nil)
    options.limits.streams = 1
    #expect(code(path, options) == .limitExceeded)
  }

  @Test("A stream that is not there is an error that names it")
  func missingStream() throws {
    let scratch = try Scratch()
    let path = try movie(scratch, "movie.mkv")
    var options = InputOptions()
    options.streams = try StreamSelection(parsing: "a:1")
    #expect(code(path, options) == .noUsableStream)
    options.streams = try StreamSelection(parsing: "s")
    #expect(code(path, options) == .noUsableStream)
    #expect(throws: IngestError.self) { try StreamSelection(parsing: "x:0") }
    #expect(throws: IngestError.self) { try StreamSelection(parsing: "") }
    options.streams = try StreamSelection(parsing: "a:0")
    #expect(try Session.run(path, options).selected(.video) == nil)
  }

  @Test("Pictures that change their size flow on, and the change is counted")
  func sizeChange() throws {
    let scratch = try Scratch()
    for (name, size) in [("one.ts", "160x120"), ("two.ts", "320x240")] {
      try Tool.ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=\(size):r=25:d=1", "-c:v", "mpeg2video", "-output_ts_offset",
        name == "one.ts" ? "0" : "1", scratch.path(name))
    }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.path("one.ts")))
    let path = try scratch.write("joined.ts", bytes + Data(contentsOf: URL(fileURLWithPath: scratch.path("two.ts"))))
    let session = try Session.run(path)
    #expect(session.counters[0]?.formatChanges == 1)
    #expect(session.frames(0).count == (try Tool.frameCount(path, stream: 0)))
    if case .video(let width, _) = session.frames(0).last?.content { #expect(width == 320) }
  }

  @Test("Sound that changes its rate or channels begins a new epoch after a gap")
  func rateChange() throws {
    let scratch = try Scratch()
    for (name, rate, channels) in [("one.ts", 32000, 1), ("two.ts", 48000, 2)] {
      try Tool.ffmpeg(
        "-f", "lavfi", "-i", "sine=r=\(rate):d=1", "-ac", "\(channels)", "-c:a", "mp2", "-output_ts_offset",
        name == "one.ts" ? "0" : "1.1", scratch.path(name))
    }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.path("one.ts")))
    let session = try Session.run(
      try scratch.write("joined.ts", bytes + Data(contentsOf: URL(fileURLWithPath: scratch.path("two.ts")))))
    let counters = try #require(session.counters[0])
    #expect(counters.formatChanges >= 1)
    #expect(session.gaps(0).count >= 1 && session.frames(0).last?.epoch == session.gaps(0).count)
    #expect(session.frames(0).reduce(0) { $0 + $1.samples } + counters.samplesLostInGaps == counters.samples)
    if case .audio(_, _, let rate, let channels) = session.frames(0).last?.content {
      #expect(rate == 48000 && channels == 2)
    }
  }

  @Test("What gives no frame at all has failed, and says so when it has ended")
  func nothingDecoded() throws {
    let scratch = try Scratch()
    let picture = try Session.run(try scratch.write("letter.jpg", Data("a".utf8)))
    #expect(picture.failure?.code == .unusable)
    try Tool.ffmpeg("-f", "lavfi", "-i", "sine=r=16000:d=1", scratch.path("sound.wav"))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.path("sound.wav")))
    let header = try Session.run(try scratch.write("header.wav", bytes.prefix(78)))
    #expect(header.failure?.code == .empty)
  }

  @Test("Credentials are left out of what is shown")
  func redaction() {
    do throws(IngestError) {
      _ = try MediaInput.open("http://user:secret@127.0.0.1:9/a.mp4?token=secret")
      Issue.record("nothing listens there")
    } catch {
      #expect(!error.description.contains("secret"))
      #expect(error.location == "http://127.0.0.1:9/a.mp4")
    }
  }
}
