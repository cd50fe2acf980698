import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidIngest

/// Subtitle files as `text:` inputs, in the forms in which they are found.
@Suite("Subtitle files", .timeLimit(.minutes(1)))
struct SubtitleFileTests {
  private static let cues = [
    (500, 1500, "Größe"), (1000, 3000, "über\nzwei"), (3000, 3000, "nichts"), (4000, 4500, "Ende"),
  ]

  private static func stamp(_ milliseconds: Int, _ point: String) -> String {
    String(format: "00:00:%02d%@%03d", milliseconds / 1000, point, milliseconds % 1000)
  }

  private static func text(_ isWebVTT: Bool, _ end: String) -> String {
    var lines = isWebVTT ? ["WEBVTT", ""] : []
    for (number, cue) in cues.enumerated() {
      if !isWebVTT { lines.append("\(number + 1)") }
      let point = isWebVTT ? "." : ","
      lines.append("\(stamp(cue.0, point)) --> \(stamp(cue.1, point))")
      lines += cue.2.split(separator: "\n").map(String.init) + [""]
    }
    return lines.joined(separator: end) + end
  }

  @Test(
    "Encodings, byte order marks and line ends make no difference; cues may overlap or last no time",
    arguments: [false, true], ["\n", "\r\n"])
  func encodings(isWebVTT: Bool, end: String) throws {
    let scratch = try Scratch()
    let text = Self.text(isWebVTT, end)
    let name = isWebVTT ? "a.vtt" : "a.srt"
    let forms: [(Data, String)] = [
      (Data(text.utf8), ""), (Data("\u{feff}\(text)".utf8), ""),
      (Data([0xff, 0xfe]) + (text.data(using: .utf16LittleEndian) ?? Data()), ""),
      (Data([0xfe, 0xff]) + (text.data(using: .utf16BigEndian) ?? Data()), ""),
      (text.data(using: .windowsCP1252) ?? Data(), "?encoding=CP1252"),
    ]
    for (data, query) in forms {
      let path = try scratch.write(name, data)
      let outcome = try FeedFileTests.run("text:\(path)\(query)")
      #expect(outcome.description.streams.map(\.kind) == [.text])
      #expect(outcome.texts.filter { $0 != "nichts" } == ["Größe", "über\nzwei", "Ende"])
      let times = zip(outcome.times, outcome.texts).filter { $0.1 != "nichts" }.map(\.0)
      #expect(times == [500_000_000, 1_000_000_000, 4_000_000_000])
      #expect(outcome.counters.decodeErrors == 0 && outcome.failure == nil)
    }
  }

  @Test("Bytes that are no UTF-8 are counted where no encoding was named")
  func wrongEncoding() throws {
    let scratch = try Scratch()
    let path = try scratch.write("a.srt", Self.text(false, "\n").data(using: .windowsCP1252) ?? Data())
    let outcome = try FeedFileTests.run("text:\(path)")
    #expect(outcome.counters.decodeErrors == 2 && outcome.texts.last == "Ende")
  }

  @Test("An encoding that nobody knows is an error")
  func unknownEncoding() throws {
    let scratch = try Scratch()
    let path = try scratch.write("a.srt", Data(Self.text(false, "\n").utf8))
    #expect(throws: IngestError.self) { try InputOpening.open("text:\(path)?encoding=KLINGON") }
  }

  @Test(
    "What begins with a brace is JSON where a quote follows, and MicroDVD's subtitles where a digit does",
    arguments: [
      ("{\"t\":1}", true), ("\u{feff} { \"t\":1}", true), ("{}", true), ("{0}{25}Hello", false), ("1\n00:", false),
      ("WEBVTT", false), ("", false),
    ])
  func beginnings(_ text: String, _ isObject: Bool) {
    #expect(SubtitleFile.beginsAsObject(Array(text.utf8)[...]) == isObject)
  }
}
