import BraidCore

/// What a line says: when, and what.
struct FeedReading {
  /// The content.
  enum Content {
    /// A text, and how long it stays.
    case text(String, MediaDuration)
    /// A value for each channel.
    case values([Double])
  }

  /// In nanoseconds of the source's own time; nil where the line has none.
  var stamp: Int64?
  var content: Content
}

/// Makes readings of lines.
protocol LineParser: Sendable {
  /// Reads a line, without its end.
  ///
  /// - Parameters:
  ///   - line: its bytes.
  ///   - isWhole: false for a last line without an end, which may have been cut off.
  /// - Returns: nil for a line that holds no reading: one with nothing in it, a table's head.
  /// - Throws: what is wrong with it; the next line can be read.
  mutating func parse(_ line: [UInt8], isWhole: Bool) throws(LineFault) -> FeedReading?

  /// `jsonl` or `csv`; `lines` while none has come.
  var format: String { get }

  /// The channels that values belong to; nil while they are not known, and for text.
  var channels: [SensorChannel]? { get }
}

extension LineParser {
  /// Makes sure that a line can be read as text.
  static func checkEncoding(_ line: [UInt8]) throws(LineFault) {
    if line.allSatisfy({ $0 < 0x80 }) { return }
    guard String(validating: line, as: UTF8.self) != nil else {
      throw LineFault(.encoding, "the line is not UTF-8")
    }
  }

  /// Whether a line has nothing in it.
  static func isBlank(_ line: [UInt8]) -> Bool { line.allSatisfy { $0 == 0x20 || $0 == 0x09 } }
}

/// How the members or columns with stamps are called, and what they count.
struct StampRule: Sendable {
  /// Names, in UTF-8; the first that is there counts.
  let names: [[UInt8]]
  /// The power of ten that makes nanoseconds of a stamp.
  var exponent: Int

  init(_ location: FeedLocation) {
    names = (location.timeName.map { [$0] } ?? ["t", "time", "timestamp"]).map { Array($0.utf8) }
    exponent = (location.unit ?? .seconds).exponent
  }

  /// The names as messages tell them.
  var text: String { names.map { "'\(String(decoding: $0, as: UTF8.self))'" }.joined(separator: ", ") }

  /// The stamp in `bytes[range]`.
  func stamp(_ bytes: [UInt8], _ range: Range<Int>) throws(LineFault) -> Int64 {
    guard let stamp = DecimalTime.nanoseconds(bytes, range, exponent: exponent) else {
      throw LineFault(.time, "the stamp '\(LineFault.excerpt(bytes[range]))' is no number, or too large for its unit")
    }
    return stamp
  }
}

extension LineFault {
  /// The beginning of something for a message, without control characters.
  static func excerpt(_ bytes: ArraySlice<UInt8>) -> String {
    let text = String(decoding: bytes.prefix(40), as: UTF8.self)
    return String(text.map { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 } ? $0 : "�" })
      + (bytes.count > 40 ? "…" : "")
  }
}
