internal import BraidCore

/// Makes text of what lasts from a time to a time: WebVTT, SubRip, or RTTM.
///
/// Cues leave in the order of their starts: one is held back while another that began before it is still open, and for some seconds
/// more, as what is certain later may have begun earlier. One that comes later still gets the start of the last that has left.
/// Allocates: for each cue.
struct CueText {
  /// What the text is.
  enum Format: Hashable {
    /// W3C's WebVTT.
    case webVTT
    /// SubRip (`.srt`).
    case subRip
    /// NIST's RTTM: a line `SPEAKER` each (Rich Transcription 2009 evaluation plan, appendix A).
    case speakers
  }

  private struct Cue {
    var id: Int
    var start: MediaTime
    var end: MediaTime
    var text: String
    /// The recording and its channel (RTTM).
    var source: (file: String, channel: Int)
  }

  private static let heldTime = MediaDuration.seconds(5)
  private static let heldCues = 4096
  /// How long that is shown which happened in an instant.
  static let instantDuration = MediaDuration.milliseconds(500)

  private let format: Format
  /// What each stream is called in RTTM.
  private let sources: [String: (file: String, channel: Int)]
  private var held: [Cue] = []
  private var open: [Int: MediaTime] = [:]
  private var lastStart = MediaTime.zero
  private var number = 0

  /// - Parameters:
  ///   - format: what the text is.
  ///   - sources: for RTTM, each stream's recording, a name without blanks, and its channel there.
  init(_ format: Format, sources: [String: (file: String, channel: Int)] = [:]) {
    self.format = format
    self.sources = sources
  }

  /// What stands before everything.
  var head: [UInt8] { format == .webVTT ? Array("WEBVTT\n\n".utf8) : [] }

  /// Takes an event, open or final.
  mutating func take(_ event: EventRecord) {
    guard event.isFinal else {
      open[event.id] = event.pts
      return
    }
    open[event.id] = nil
    var text = Self.line(event.name)
    if format != .speakers {
      if let score = event.score, score.isFinite { text += " " + Self.twoDecimals(score) }
      if let cause = event.cause { text += ": " + Self.line(cause) }
    }
    let isInstant = event.duration <= .zero && format != .speakers
    hold(
      Cue(
        id: event.id, start: event.pts, end: event.pts + (isInstant ? Self.instantDuration : event.duration),
        text: text,
        source: sources[event.stream] ?? ("session", 1)))
  }

  /// Takes a text; one of unknown length is shown for two seconds. RTTM has none.
  mutating func take(_ text: TextSegment) {
    guard format != .speakers else { return }
    let lines = text.text.split(separator: "\n").map { Self.line(String($0)) }.filter { !$0.isEmpty }
    guard !lines.isEmpty else { return }
    let length = text.duration > .zero ? text.duration : .seconds(2)
    hold(
      Cue(
        id: -1, start: text.time, end: text.time + length, text: lines.joined(separator: "\n"), source: ("session", 1)))
  }

  /// Gives the cues that nothing can come before any more, when the session's lines have come to `time`; all where that is the
  /// distant future.
  mutating func release(before time: MediaTime, _ give: ([UInt8], MediaTime) -> Void) {
    let isEnd = time == .distantFuture
    let limit = min(open.values.min() ?? .distantFuture, time - Self.heldTime)
    var count = 0
    while count < held.count, isEnd || held[count].start < limit || held.count - count > Self.heldCues {
      give(text(of: held[count]), held[count].start)
      count += 1
    }
    held.removeFirst(count)
  }

  private mutating func hold(_ cue: Cue) {
    var index = held.count
    while index > 0, cue.start < held[index - 1].start { index -= 1 }
    held.insert(cue, at: index)
  }

  private mutating func text(of cue: Cue) -> [UInt8] {
    let start = max(cue.start, lastStart)
    lastStart = start
    number += 1
    if format == .speakers {
      let (from, to) = (Self.milliseconds(start), Self.milliseconds(cue.end))
      let length = Self.seconds(max(0, to - from))
      return Array(
        "SPEAKER \(cue.source.file) \(cue.source.channel) \(Self.seconds(from)) \(length) <NA> <NA> \(Self.word(cue.text)) <NA> <NA>\n"
          .utf8)
    }
    let from = Self.milliseconds(start)
    let to = max(from + 1, Self.milliseconds(cue.end))
    switch format {
    case .webVTT:
      let identifier = cue.id >= 0 ? "\(cue.id)\n" : ""
      return Array(
        "\(identifier)\(Self.clock(from, ".")) --> \(Self.clock(to, "."))\n\(Self.escaped(cue.text))\n\n".utf8)
    case .subRip, .speakers:
      return Array("\(number)\n\(Self.clock(from, ",")) --> \(Self.clock(to, ","))\n\(Self.plain(cue.text))\n\n".utf8)
    }
  }

  // MARK: Characters

  /// On one line, without what would end a cue.
  private static func line(_ text: String) -> String {
    let scalars = text.unicodeScalars.map { $0.value < 32 || $0.value == 127 || $0.value == 0x2028 ? " " : $0 }
    return String(String.UnicodeScalarView(scalars)).split(separator: " ").joined(separator: " ")
  }

  /// Without blanks, for RTTM's columns.
  static func word(_ text: String) -> String {
    let word = line(text).split(whereSeparator: \.isWhitespace).joined(separator: "_")
    return word.isEmpty ? "<NA>" : word
  }

  /// WebVTT's escapes.
  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default: result.append(character)
      }
    }
  }

  /// SubRip has no escapes: what begins its marks is written with likenesses.
  private static func plain(_ text: String) -> String {
    let likenesses: [Character: Character] = ["<": "‹", ">": "›", "{": "(", "}": ")"]
    return String(text.map { likenesses[$0] ?? $0 })
  }

  // MARK: Numbers

  /// To the nearest millisecond, from zero on.
  private static func milliseconds(_ time: MediaTime) -> Int64 {
    max(0, time.nanoseconds.addingSaturating(500_000)) / 1_000_000
  }

  /// `HH:MM:SS.mmm`
  private static func clock(_ milliseconds: Int64, _ point: String) -> String {
    let seconds = milliseconds / 1000
    return padded(seconds / 3600, 2) + ":" + padded(seconds / 60 % 60, 2) + ":" + padded(seconds % 60, 2) + point
      + padded(milliseconds % 1000, 3)
  }

  private static func seconds(_ milliseconds: Int64) -> String {
    "\(milliseconds / 1000)." + padded(milliseconds % 1000, 3)
  }

  private static func twoDecimals(_ score: Float) -> String {
    let hundredths = Int64(max(-1e6, min(1e6, Double(score) * 100)).rounded())
    return (hundredths < 0 ? "-" : "") + "\(hundredths.magnitude / 100)." + padded(Int64(hundredths.magnitude % 100), 2)
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
