import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidIngest

#if canImport(Glibc)
  import Glibc
#endif

@Suite("Text and standard input", .timeLimit(.minutes(1)))
struct TextTests {
  @Test(
    "ASS markup is taken out",
    arguments: [
      ("0,0,Default,,0,0,0,,{\\i1}Hello{\\i0}, world", "Hello, world"),
      ("1,0,Default,,0,0,0,,one\\Ntwo\\nthree", "one\ntwo\nthree"),
      ("2,0,Default,,0,0,0,,a\\hb", "a b"), ("3,0,Default,,0,0,0,,{not a code} {open", "{not a code} {open"),
      ("4,0,Default,,0,0,0,,", ""), ("no event", "no event"), ("5,0,D,,0,0,0,,{\\pos(1,2)}\\", "\\"), ("", ""),
    ])
  func markup(_ event: String, _ plain: String) {
    #expect(SubtitleText.plain(event: event) == plain)
  }

  @Test("A wrap is followed both ways and any number of times; hostile stamps never trap")
  func unwrapping() {
    var unwrapper = StampUnwrapper(bits: 33)
    let period: Int64 = 1 << 33
    var expected: Int64 = 100
    for _ in 0..<20 {
      var presentation: Int64? = (expected + 5) % period
      var decoding: Int64? = expected % period
      unwrapper.unwrap(&presentation, &decoding)
      #expect(decoding == expected && presentation == expected + 5)
      expected += period / 3
    }
    for value in [Int64.max, .min, 0, .max, -1, .min] {
      var presentation: Int64? = value
      var decoding: Int64?
      unwrapper.unwrap(&presentation, &decoding)
    }
  }

  @Test(
    "Subtitles of every usual kind become plain text with their times", arguments: ["srt", "ass", "mov_text", "webvtt"])
  func codecs(_ codec: String) throws {
    let scratch = try Scratch()
    let lines = "1\n00:00:00,500 --> 00:00:01,500\n<b>First</b>\n\n2\n00:00:02,000 --> 00:00:02,750\nSecond\nline\n\n"
    let source = try scratch.write("lines.srt", Data(lines.utf8))
    let path = scratch.path(codec == "mov_text" ? "t.mp4" : "t.mkv")
    try Tool.ffmpeg(
      "-f", "lavfi", "-i", "color=s=32x32:r=10:d=4", "-i", source, "-map", "0", "-map", "1", "-c:v", "mpeg4", "-c:s",
      codec,
      path)
    let session = try Session.run(path)
    let text = try #require(session.selected(.text))
    let segments = session.frames(text).filter {
      if case .text(let words) = $0.content { !words.isEmpty } else { false }
    }
    #expect(segments.map(\.time) == [.zero + .milliseconds(500), .zero + .seconds(2)])
    #expect(segments.map(\.duration) == [.seconds(1), .milliseconds(750)])
    let words = segments.map { if case .text(let words) = $0.content { words } else { "" } }
    #expect(words == ["First", "Second\nline"])
    #expect(session.counters[text]?.frames == session.frames(text).count)
  }

  @Test("Standard input is read as it comes, without a way back")
  func standardInput() throws {
    let scratch = try Scratch()
    let path = scratch.path("movie.mkv")
    try Tool.ffmpeg(
      "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=2", "-f", "lavfi", "-i", "sine=r=16000:d=2", "-c:v", "libx264",
      "-c:a", "pcm_s16le", path)
    let writer = Process()
    writer.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    writer.arguments = ["cat", path]
    let pipe = Pipe()
    writer.standardOutput = pipe
    let saved = dup(0)
    defer {
      dup2(saved, 0)
      close(saved)
    }
    try writer.run()
    dup2(pipe.fileHandleForReading.fileDescriptor, 0)
    let session = try Session.run("-")
    writer.waitUntilExit()
    #expect(session.description.redactedURI == "-")
    #expect(session.frames(try #require(session.selected(.video))).count == 50)
    #expect(session.frames(try #require(session.selected(.audio))).reduce(0) { $0 + $1.samples } == 32000)
  }
}
