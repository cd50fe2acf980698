import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidPipeline

/// WebVTT, SubRip and RTTM, read back by FFmpeg and by parsers of a few lines.
@Suite("Cues")
struct CueTextTests {
  private struct Span: Equatable {
    var start: Double
    var end: Double
    var text: String
  }

  private func event(_ name: String, _ id: Int, _ start: Double, _ length: Double, isFinal: Bool = true) -> EventRecord
  {
    var event = EventRecord()
    event.id = id
    event.name = name
    event.stream = "audio:0"
    event.pts = MediaTime(nanoseconds: Int64((start * 1e9).rounded()))
    event.duration = MediaDuration(nanoseconds: Int64((length * 1e9).rounded()))
    event.isFinal = isFinal
    return event
  }

  private func time(_ seconds: Double) -> MediaTime { MediaTime(nanoseconds: Int64(seconds * 1e9)) }

  /// Runs events through, each at the end of what it tells.
  private func text(_ format: CueText.Format, _ events: [EventRecord]) -> String {
    var cues = CueText(format, sources: ["audio:0": ("talk", 1)])
    var bytes = cues.head
    for event in events {
      cues.take(event)
      cues.release(before: event.pts + (event.isFinal ? event.duration : .zero)) { text, _ in bytes += text }
    }
    cues.release(before: .distantFuture) { text, _ in bytes += text }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// FFmpeg's own reading of a file.
  private func read(_ text: String, _ name: String) throws -> [Span] {
    let scratch = try Scratch()
    let path = try scratch.write(name, Data(text.utf8))
    let script = """
      import json, subprocess, sys
      out = subprocess.run(["ffprobe", "-v", "error", "-show_packets", "-show_data", "-of", "json", sys.argv[1]],
                           capture_output=True, check=True).stdout
      for packet in json.loads(out)["packets"]:
          data = bytes.fromhex("".join(line[10:49].replace(" ", "") for line in packet.get("data", "").splitlines() if line))
          print(json.dumps([float(packet["pts_time"]), float(packet["duration_time"]), data.decode()]))
      """
    let lines = try Tool.run("/usr/bin/python3", ["-c", script, path]).split(separator: "\n")
    return try lines.map { line in
      let fields = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [Any])
      let start = try #require(fields[0] as? Double)
      return Span(start: start, end: start + (fields[1] as? Double ?? -1), text: fields[2] as? String ?? "")
    }
  }

  @Test("What was told comes back from FFmpeg at its times, in the order of starts", arguments: ["a.vtt", "a.srt"])
  func roundTrip(name: String) throws {
    var generator = SeededGenerator.printed()
    var events: [EventRecord] = []
    for id in 0..<200 {
      // Within what is held back: 5 s.
      events.append(
        event(
          "e\(id)", id, Double(id) + Double(Int.random(in: 0...2000, using: &generator)) / 1000,
          Double(Int.random(in: 1...4000, using: &generator)) / 1000))
    }
    let spans = try read(text(name == "a.vtt" ? .webVTT : .subRip, events), name)
    let expected = events.enumerated().sorted { ($0.element.pts, $0.offset) < ($1.element.pts, $1.offset) }.map {
      Span(start: $0.element.pts.seconds, end: ($0.element.pts + $0.element.duration).seconds, text: $0.element.name)
    }
    #expect(spans.count == 200)
    for (span, wanted) in zip(spans, expected) {
      #expect(span.text == wanted.text)
      #expect(abs(span.start - wanted.start) < 0.0011 && abs(span.end - wanted.end) < 0.0011, "\(span) \(wanted)")
    }
  }

  @Test("Nothing leaves before an interval that is still open, and starts never go back")
  func order() throws {
    var cues = CueText(.webVTT)
    var given: [Double] = []
    func release(_ seconds: Double) { cues.release(before: time(seconds)) { _, start in given.append(start.seconds) } }
    cues.take(event("speech", 0, 1, 0, isFinal: false))
    for second in 2..<20 {
      cues.take(event("hit", second, Double(second), 0))
      release(Double(second))
    }
    #expect(given.isEmpty)
    cues.take(event("speech", 0, 1, 18))
    release(20)
    #expect(given.first == 1 && given == given.sorted() && given.last == 14)
    // Far too late: it is told with the start of the last.
    cues.take(event("late", 99, 3, 30))
    var texts = ""
    cues.release(before: .distantFuture) { text, _ in texts += String(decoding: text, as: UTF8.self) }
    #expect(texts.hasPrefix("99\n00:00:14.000 --> 00:00:33.000\nlate\n"))
  }

  @Test("Names of any characters do no harm")
  func characters() throws {
    let names = [
      "a & b", "<i>x</i>", "one\r\ntwo\n\nthree", "00:00 --> 00:01", "{\\an8}top", "日本語 ü", "\u{2028}sep", "NOTE",
    ]
    let events = names.enumerated().map { event($1, $0, Double($0), 0.5) }
    let vtt = text(.webVTT, events)
    #expect(vtt.contains("a &amp; b") && vtt.contains("&lt;i&gt;x&lt;/i&gt;") && vtt.contains("one two three"))
    #expect(vtt.contains("00:00 --&gt; 00:01"))
    #expect(try read(vtt, "a.vtt").count == names.count)
    let srt = text(.subRip, events)
    #expect(try read(srt, "a.srt").map(\.text).contains("00:00 --› 00:01"))
    #expect(try read(srt, "a.srt").count == names.count)
    #expect(srt.contains("(\\an8)top"))
  }

  @Test("An instant is shown for half a second, times before zero begin at zero, long ones have their hours")
  func times() {
    let text = text(.subRip, [event("hit", 0, -0.2, 0), event("late", 1, 360_000.0005, 1.0006)])
    #expect(
      text == "1\n00:00:00,000 --> 00:00:00,300\nhit\n\n2\n100:00:00,001 --> 100:00:01,001\nlate\n\n")
  }

  @Test("Scores and causes are shown, texts as they are")
  func payload() {
    var cues = CueText(.webVTT)
    var scored = event("speech", 3, 1, 1)
    scored.score = 0.987
    cues.take(scored)
    cues.take(TextSegment(time: time(2), duration: .zero, captured: nil, epoch: 0, text: "two\nlines"))
    var text = ""
    cues.release(before: .distantFuture) { bytes, _ in text += String(decoding: bytes, as: UTF8.self) }
    #expect(
      text == "3\n00:00:01.000 --> 00:00:02.000\nspeech 0.99\n\n00:00:02.000 --> 00:00:04.000\ntwo\nlines\n\n")
  }

  @Test("RTTM has ten columns a line, which a plain reader takes apart to the same intervals")
  func speakers() throws {
    let events = [event("speech", 0, 0.5, 1.25), event("speech", 1, 3, 0.4), event("loud noise", 2, 4, 1)]
    let lines = text(.speakers, events).split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    // NIST, RT-09 evaluation plan, appendix A: type file channel start duration ortho stype name conf slat.
    #expect(lines.allSatisfy { $0.count == 10 && $0[0] == "SPEAKER" && $0[1] == "talk" && $0[2] == "1" })
    #expect(lines.allSatisfy { [$0[5], $0[6], $0[8], $0[9]] == ["<NA>", "<NA>", "<NA>", "<NA>"] })
    #expect(lines.map { Double($0[3]) } == [0.5, 3, 4])
    #expect(lines.map { Double($0[4]) } == [1.25, 0.4, 1])
    #expect(lines.map { $0[7] } == ["speech", "speech", "loud_noise"])
  }
}
