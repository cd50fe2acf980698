import BraidCore

/// Readings as rows of a table whose first row names the columns (RFC 4180, without line breaks in fields): commas, semicolons
/// or tabs part them, whichever is most frequent in the head. `acc_x (m/s²)` and `acc_x [g]` name a column and its unit.
struct SensorTable: Sendable {
  /// No sensor gives more values at once.
  static let mostChannels = 1024

  private let rule: StampRule
  private let delimiter: UInt8
  private let columnCount: Int
  /// The column with the stamp; nil where there is none.
  private let timeColumn: Int?
  /// The channel that each column gives; nil for those that are not taken.
  private let channelOfColumn: [Int?]
  /// The channels, in the order in which readings have them.
  let channels: [SensorChannel]

  /// Reads the head.
  ///
  /// - Throws: a fault of the layout for columns that are not there, or there twice.
  init(_ head: [UInt8], _ location: FeedLocation) throws(LineFault) {
    var rule = StampRule(location)
    delimiter = Self.delimiter(head)
    var columns: [SensorChannel] = []
    try Self.fields(head, delimiter) { field throws(LineFault) in columns.append(Self.column(field)) }
    columnCount = columns.count
    let names = columns.map(\.name)
    let timeColumn = rule.names.compactMap { name in names.firstIndex(of: String(decoding: name, as: UTF8.self)) }.first
    self.timeColumn = timeColumn
    if timeColumn == nil, let name = location.timeName {
      throw LineFault(.layout, "there is no column '\(name)' among \(names.joined(separator: ", "))")
    }
    if let text = timeColumn.flatMap({ columns[$0].unit }), let unit = FeedLocation.Unit(rawValue: text) {
      guard location.unit ?? unit == unit else {
        throw LineFault(.layout, "the head says that the time is in \(text), and 'unit' says otherwise")
      }
      rule.exponent = unit.exponent
    }
    self.rule = rule
    var taken: [Int] = []
    for name in location.columns ?? names.indices.filter({ $0 != timeColumn }).map({ names[$0] }) {
      let places = names.indices.filter { names[$0] == name }
      guard let place = places.first else {
        throw LineFault(.layout, "there is no column '\(name)' among \(names.joined(separator: ", "))")
      }
      guard places.count == 1, !name.isEmpty else {
        throw LineFault(.layout, name.isEmpty ? "a column has no name" : "there are \(places.count) columns '\(name)'")
      }
      taken.append(place)
    }
    guard !taken.isEmpty, taken.count <= Self.mostChannels else {
      throw LineFault(
        .layout, "the head names \(taken.count) columns beside the time, and not 1 to \(Self.mostChannels)")
    }
    channels = try location.channels(taken.map { columns[$0] })
    channelOfColumn = columns.indices.map { taken.firstIndex(of: $0) }
  }

  /// Reads a row; nil for one in which every column that is taken is empty.
  func parse(_ line: [UInt8]) throws(LineFault) -> FeedReading? {
    var values = [Double](repeating: .nan, count: channels.count)
    var stamp: Int64?
    var (column, empty) = (0, 0)
    try Self.fields(line, delimiter) { field throws(LineFault) in
      defer { column += 1 }
      guard column < columnCount else { return }
      if column == timeColumn {
        guard !field.isEmpty else { throw LineFault(.time, "the row has no stamp") }
        let bytes = Array(field)
        stamp = try rule.stamp(bytes, 0..<bytes.count)
      } else if let channel = channelOfColumn[column] {
        if field.isEmpty { empty += 1 } else { values[channel] = try value(field, channel) }
      }
    }
    guard column == columnCount else {
      throw LineFault(.syntax, "the row has \(column) fields, and the head \(columnCount)")
    }
    if empty == channels.count { return nil }
    if empty > 0, let channel = values.firstIndex(where: \.isNaN) {
      throw LineFault(.value, "'\(channels[channel].name)' is empty")
    }
    return FeedReading(stamp: stamp, content: .values(values))
  }

  private func value(_ field: ArraySlice<UInt8>, _ channel: Int) throws(LineFault) -> Double {
    guard field.count <= 400, DecimalTime.isNumber(Array(field), 0..<field.count),
      let value = Double(String(decoding: field, as: UTF8.self)), value.isFinite
    else {
      throw LineFault(.value, "'\(channels[channel].name)' is '\(LineFault.excerpt(field))', and no finite number")
    }
    return value
  }

  // MARK: - Fields

  private static func delimiter(_ head: [UInt8]) -> UInt8 {
    var counts = [(UInt8(ascii: ","), 0), (UInt8(ascii: ";"), 0), (UInt8(ascii: "\t"), 0)]
    var isQuoted = false
    for byte in head {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if !isQuoted, let place = counts.firstIndex(where: { $0.0 == byte }) { counts[place].1 += 1 }
    }
    return counts.max { $0.1 < $1.1 }.map { $0.1 > 0 ? $0.0 : UInt8(ascii: ",") } ?? UInt8(ascii: ",")
  }

  /// Shows each field, without quotes and the space around it, to `body`.
  private static func fields(
    _ line: [UInt8], _ delimiter: UInt8, _ body: (ArraySlice<UInt8>) throws(LineFault) -> Void
  ) throws(LineFault) {
    var position = 0
    while true {
      while position < line.count, isSpace(line[position], delimiter) { position += 1 }
      if position < line.count, line[position] == UInt8(ascii: "\"") {
        try body(try quoted(line, &position)[...])
        while position < line.count, isSpace(line[position], delimiter) { position += 1 }
        guard position == line.count || line[position] == delimiter else {
          throw LineFault(.syntax, "something follows a quoted field, at column \(position + 1)")
        }
      } else {
        let start = position
        position = line[position...].firstIndex(of: delimiter) ?? line.count
        var end = position
        while end > start, isSpace(line[end - 1], delimiter) { end -= 1 }
        try body(line[start..<end])
      }
      if position == line.count { return }
      position += 1
    }
  }

  private static func quoted(_ line: [UInt8], _ position: inout Int) throws(LineFault) -> [UInt8] {
    var field: [UInt8] = []
    position += 1
    while position < line.count {
      if line[position] == UInt8(ascii: "\"") {
        position += 1
        guard position < line.count, line[position] == UInt8(ascii: "\"") else { return field }
      }
      field.append(line[position])
      position += 1
    }
    throw LineFault(.syntax, "a quoted field does not end on its line")
  }

  private static func isSpace(_ byte: UInt8, _ delimiter: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (byte == UInt8(ascii: "\t") && delimiter != byte)
  }

  /// `name (unit)` or `name [unit]`, else a name without unit.
  private static func column(_ field: ArraySlice<UInt8>) -> SensorChannel {
    let text = String(decoding: field, as: UTF8.self)
    let brackets: [(open: Character, close: Character)] = [("(", ")"), ("[", "]")]
    for bracket in brackets where text.last == bracket.close {
      guard let start = text.lastIndex(of: bracket.open) else { continue }
      var name = text[..<start]
      while name.last == " " { name.removeLast() }
      let unit = text[text.index(after: start)...].dropLast()
      if !name.isEmpty, !unit.isEmpty { return SensorChannel(name: String(name), unit: String(unit)) }
    }
    return SensorChannel(name: text, unit: nil)
  }
}
