import BraidCore

/// Readings as JSON objects: `{"t": 12.5, "values": {"acc_x": 0.1}}` or `{"t": 12.5, "acc_x": 0.1}`.
///
/// Where no columns were asked for, the numbers of the first line that can be read are the channels, in its order; other
/// members, and those of later lines, are passed over. Of a member that is there twice the last counts.
struct SensorObjects: Sendable {
  private static let valuesKey = Array("values".utf8)

  private let location: FeedLocation
  private let rule: StampRule
  /// The channels; nil until the first line has told them.
  private(set) var channels: [SensorChannel]?
  private var names: [[UInt8]] = []
  private var hasRead = false

  init(_ location: FeedLocation) {
    self.location = location
    rule = StampRule(location)
    channels = location.namedChannels
    names = (location.columns ?? []).map { Array($0.utf8) }
  }

  mutating func parse(_ line: [UInt8]) throws(LineFault) -> FeedReading? {
    guard channels != nil else {
      let found = try members(line)
      guard !found.isEmpty else { throw LineFault(.value, "the line has no number beside its stamp") }
      channels = try location.channels(found.map { SensorChannel(name: $0, unit: nil) })
      names = found.map { Array($0.utf8) }
      return try read(line)
    }
    return try read(line)
  }

  private mutating func read(_ line: [UInt8]) throws(LineFault) -> FeedReading? {
    var scanner = JSONScanner(line)
    var stamp: (place: Int, value: Int64)?
    var values = [Double](repeating: .nan, count: names.count)
    var (count, expected) = (0, 0)
    try walk(&scanner) { (scanner, key, isTop) throws(LineFault) in
      if isTop, let place = rule.names.firstIndex(where: { scanner.matches(key, $0) }) {
        let found = try scanner.stamp(rule)
        if place <= stamp?.place ?? place { stamp = (place, found) }
      } else if let place = place(of: key, scanner, expected: expected) {
        expected = place + 1
        if values[place].isNaN { count += 1 }
        values[place] = try Self.value(&scanner, key)
      } else {
        try scanner.skip()
      }
    }
    guard count == names.count else {
      // A feed may carry readings of several sensors, each with channels of its own.
      if count == 0, hasRead { return nil }
      let missing = zip(names, values).first { $1.isNaN }.map { String(decoding: $0.0, as: UTF8.self) } ?? ""
      throw LineFault(.value, "the line has no '\(missing)'")
    }
    hasRead = true
    return FeedReading(stamp: stamp?.value, content: .values(values))
  }

  /// Which channel a key names. Lines mostly keep their order: the one that is expected is looked at first.
  private func place(of key: JSONScanner.Token, _ scanner: JSONScanner, expected: Int) -> Int? {
    if names.indices.contains(expected), scanner.matches(key, names[expected]) { return expected }
    return names.firstIndex { scanner.matches(key, $0) }
  }

  private static func value(_ scanner: inout JSONScanner, _ key: JSONScanner.Token) throws(LineFault) -> Double {
    guard try scanner.kind() == .number else {
      throw LineFault(.value, "'\(scanner.text(of: key))' is no number")
    }
    let range = try scanner.number()
    guard let value = Double(String(decoding: scanner.bytes[range], as: UTF8.self)), value.isFinite else {
      throw LineFault(.value, "'\(scanner.text(of: key))' is too large for a number")
    }
    return value
  }

  /// The names of the numbers in a line, but for its stamp.
  private func members(_ line: [UInt8]) throws(LineFault) -> [String] {
    var scanner = JSONScanner(line)
    var found: [String] = []
    try walk(&scanner) { (scanner, key, isTop) throws(LineFault) in
      let isStamp = isTop && rule.names.contains { scanner.matches(key, $0) }
      let isNumber = try scanner.kind() == .number
      try scanner.skip()
      guard isNumber, !isStamp else { return }
      let name = scanner.text(of: key)
      if !found.contains(name) { found.append(name) }
    }
    guard found.count <= SensorTable.mostChannels else {
      throw LineFault(.value, "the line has \(found.count) numbers, more than \(SensorTable.mostChannels)")
    }
    return found
  }

  /// Shows every member of the line's object, and of its `values`, to `body`, which goes past the value.
  private func walk(
    _ scanner: inout JSONScanner,
    _ body: (inout JSONScanner, JSONScanner.Token, _ isTop: Bool) throws(LineFault) -> Void
  ) throws(LineFault) {
    try scanner.beginObject()
    var isFirst = true
    while let key = try scanner.nextKey(&isFirst) {
      guard scanner.matches(key, Self.valuesKey), try scanner.kind() == .object else {
        try body(&scanner, key, true)
        continue
      }
      try scanner.beginObject()
      var isFirstValue = true
      while let key = try scanner.nextKey(&isFirstValue) { try body(&scanner, key, false) }
    }
    try scanner.end()
  }
}
