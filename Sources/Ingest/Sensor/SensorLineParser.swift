import BraidCore

/// A sensor's readings, as JSON Lines or as a table of comma-separated values: the first line with something in it tells which.
struct SensorLineParser: LineParser {
  private enum Layout {
    case unknown
    case objects(SensorObjects)
    case table(SensorTable)
  }

  private let location: FeedLocation
  private var layout = Layout.unknown

  init(_ location: FeedLocation) { self.location = location }

  var format: String {
    switch layout {
    case .unknown: "lines"
    case .objects: "jsonl"
    case .table: "csv"
    }
  }

  var channels: [SensorChannel]? {
    switch layout {
    case .unknown: location.namedChannels
    case .objects(let objects): objects.channels
    case .table(let table): table.channels
    }
  }

  mutating func parse(_ line: [UInt8], isWhole: Bool) throws(LineFault) -> FeedReading? {
    if Self.isBlank(line) { return nil }
    try Self.checkEncoding(line)
    switch layout {
    case .objects(var objects):
      layout = .unknown
      defer { layout = .objects(objects) }
      return try objects.parse(line)
    case .table(let table):
      guard isWhole else { throw LineFault(.unfinished, "the last line does not end, and may have been cut off") }
      return try table.parse(line)
    case .unknown: break
    }
    if line.first(where: { $0 != 0x20 && $0 != 0x09 }) == UInt8(ascii: "{") {
      var objects = SensorObjects(location)
      defer { layout = .objects(objects) }
      return try objects.parse(line)
    }
    layout = .table(try SensorTable(line, location))
    return nil
  }
}
