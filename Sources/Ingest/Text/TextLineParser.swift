import BraidCore

/// Texts as JSON Lines: `{"t": 1.25, "duration": 0.5, "text": "…"}`. Other members are passed over; of a member that is there
/// twice the last counts.
struct TextLineParser: LineParser {
  private let rule: StampRule

  init(_ location: FeedLocation) { rule = StampRule(location) }

  var format: String { "jsonl" }
  var channels: [SensorChannel]? { nil }

  mutating func parse(_ line: [UInt8], isWhole: Bool) throws(LineFault) -> FeedReading? {
    if Self.isBlank(line) { return nil }
    try Self.checkEncoding(line)
    var scanner = JSONScanner(line)
    var stamp: (place: Int, value: Int64)?
    var duration = MediaDuration.zero
    var text: JSONScanner.Token?
    try scanner.beginObject()
    var isFirst = true
    while let key = try scanner.nextKey(&isFirst) {
      if let place = rule.names.firstIndex(where: { scanner.matches(key, $0) }) {
        let found = try scanner.stamp(rule)
        if place <= stamp?.place ?? place { stamp = (place, found) }
      } else if scanner.matches(key, Self.durationKey) {
        guard try scanner.kind() == .number else { throw LineFault(.value, "the duration is no number") }
        let range = try scanner.number()
        guard let length = DecimalTime.nanoseconds(line, range, exponent: rule.exponent), length >= 0 else {
          throw LineFault(.value, "the duration '\(LineFault.excerpt(line[range]))' is none")
        }
        duration = MediaDuration(nanoseconds: length)
      } else if scanner.matches(key, Self.textKey) {
        guard try scanner.kind() == .string else { throw LineFault(.value, "'text' is no string") }
        text = try scanner.string()
      } else {
        try scanner.skip()
      }
    }
    try scanner.end()
    guard let text else { throw LineFault(.value, "the line has no 'text'") }
    return FeedReading(stamp: stamp?.value, content: .text(scanner.text(of: text), duration))
  }

  private static let durationKey = Array("duration".utf8)
  private static let textKey = Array("text".utf8)
}

extension JSONScanner {
  /// A member that is a stamp.
  mutating func stamp(_ rule: StampRule) throws(LineFault) -> Int64 {
    guard try kind() == .number else { throw LineFault(.time, "the stamp is no number") }
    return try rule.stamp(bytes, number())
  }
}
