import BraidCore
import Glibc

/// Which file, FIFO or device gives lines of text or of a sensor's readings, and how they are to be read:
/// `text:captions.jsonl`, `sensor:imu.csv?time=stamp&unit=ms&columns=acc_x,acc_y&units=m/s²,m/s²`, `sensor:-`.
struct FeedLocation: Hashable, Sendable {
  /// What the lines carry.
  enum Kind: String, Hashable, Sendable, CaseIterable {
    case text
    case sensor
  }

  /// The unit of stamps.
  enum Unit: String, Hashable, Sendable, CaseIterable {
    case seconds = "s"
    case milliseconds = "ms"
    case microseconds = "us"
    case nanoseconds = "ns"

    /// The power of ten that makes nanoseconds of it.
    var exponent: Int {
      switch self {
      case .seconds: 9
      case .milliseconds: 6
      case .microseconds: 3
      case .nanoseconds: 0
      }
    }
  }

  /// Which stamp is the input's zero.
  enum Epoch: Hashable, Sendable {
    /// That of the first line that has one.
    case first
    /// This one, in nanoseconds.
    case at(Int64)
  }

  /// The longest time that lines may be late by.
  private static let longestLateness = MediaDuration.seconds(60)

  /// As the caller gave it.
  let uri: String
  /// What its lines carry.
  let kind: Kind
  /// A path, or `-` for standard input.
  let path: String
  /// The name of the member or column with the stamp; nil for the first of `t`, `time` and `timestamp`.
  private(set) var timeName: String?
  /// The unit of stamps and of durations.
  private(set) var unit: Unit?
  /// Which stamp is zero; nil where stamps are times on the session's timeline already.
  private(set) var epoch: Epoch?
  /// By how much a line may come after one with a later stamp.
  private(set) var lateness: MediaDuration?
  /// The channels that are taken, in this order; nil for all.
  private(set) var columns: [String]?
  /// The unit of each channel.
  private(set) var units: [String]?
  /// The encoding of subtitles that are not Unicode, as iconv calls it.
  private(set) var encoding: String?

  /// Whether lines come from standard input.
  var isStandardInput: Bool { path == "-" }

  /// Reads an input's URI; nil where it names no lines, or where a file is called that.
  ///
  /// - Throws: as ``init(_:)``.
  init?(unlessFile uri: String) throws(IngestError) {
    if unsafe access(uri, F_OK) == 0 { return nil }
    try self.init(uri)
  }

  /// Reads an input's URI; nil where it names no lines.
  ///
  /// - Throws: ``IngestError/Code/invalidOption`` for a name that is missing, a key that is unknown or there twice, and a value
  ///   that is wrong.
  init?(_ uri: String) throws(IngestError) {
    guard let colon = uri.firstIndex(of: ":"), let kind = Kind(rawValue: uri[..<colon].lowercased()) else { return nil }
    self.uri = uri
    self.kind = kind
    let rest = String(uri[uri.index(after: colon)...])
    // A path may hold a question mark.
    let mark = unsafe access(rest, F_OK) == 0 ? nil : rest.lastIndex(of: "?")
    path = String(mark.map { rest[..<$0] } ?? rest[...])
    guard !path.isEmpty else { throw refused("'\(kind.rawValue):' names no file", kind.remedy) }
    guard let mark else { return }
    var seen: Set<Substring> = []
    var epochText: String?
    for item in rest[rest.index(after: mark)...].split(separator: "&") {
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard seen.insert(parts[0]).inserted else { throw refused("'\(parts[0])' is there twice", "Give it once.") }
      let value = parts.count == 2 ? parts[1] : ""
      if parts[0] == "epoch" { epochText = String(value) }
      try take(key: String(parts[0]), value: value)
    }
    // The epoch is in the unit of the stamps, which may be given after it.
    if let epochText { epoch = try epoch(epochText) }
    try checkUnits()
  }

  private mutating func take(key: String, value text: Substring) throws(IngestError) {
    let value = Self.decoded(text)
    switch (kind, key) {
    case (_, "epoch"): break
    case (_, "time"):
      guard !value.isEmpty else { throw refused("time names no column", "Write it as time=NAME.") }
      timeName = value
    case (_, "unit"):
      guard let unit = Unit(rawValue: value) else {
        throw refused("unit '\(value)' is none of time", "Give one of s, ms, us, ns.")
      }
      self.unit = unit
    case (_, "lateness"):
      guard let time = MediaDuration(text: value), time >= .zero, time <= Self.longestLateness else {
        throw refused("lateness '\(value)' is no time from 0s to 60s", "Write it as lateness=200ms.")
      }
      lateness = time
    case (.sensor, "columns"): columns = try names(key, text)
    case (.sensor, "units"): units = Self.list(text)
    case (.text, "encoding"):
      guard !value.isEmpty, value.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_:.".contains($0)) })
      else { throw refused("encoding '\(value)' is no name", "Give a name that 'iconv --list' tells, such as CP1252.") }
      encoding = value
    default: throw refused("option '\(key)' is unknown", kind.remedy)
    }
  }

  /// What stands between commas, each decoded: a name may hold an encoded comma.
  private static func list(_ text: Substring) -> [String] {
    text.split(separator: ",", omittingEmptySubsequences: false).map(decoded)
  }

  private func names(_ key: String, _ value: Substring) throws(IngestError) -> [String] {
    let names = Self.list(value)
    guard names.allSatisfy({ !$0.isEmpty }), Set(names).count == names.count else {
      throw refused("\(key) '\(value)' has an empty name, or one twice", "Write it as \(key)=acc_x,acc_y.")
    }
    return names
  }

  private func epoch(_ value: String) throws(IngestError) -> Epoch {
    if value == "first" { return .first }
    let bytes = Array(value.utf8)
    guard let stamp = DecimalTime.nanoseconds(bytes, 0..<bytes.count, exponent: (unit ?? .seconds).exponent) else {
      throw refused(
        "epoch '\(value)' is neither a stamp nor 'first'",
        "Give the stamp that is zero, in the unit of the stamps, or epoch=first.")
    }
    return .at(stamp)
  }

  private func checkUnits() throws(IngestError) {
    guard let units, let columns, units.count != columns.count else { return }
    throw refused(
      "there are \(units.count) units for \(columns.count) columns",
      "Give one for each, with nothing between two commas for none.")
  }

  /// The value with `%2C` and their kind replaced by what they stand for.
  private static func decoded(_ text: Substring) -> String {
    guard text.contains("%") else { return String(text) }
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2)
      if byte == UInt8(ascii: "%"), digits.count == 2, let code = UInt8(String(digits) ?? "", radix: 16) {
        bytes.append(code)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Says that something in the URI is wrong.
  func refused(_ message: String, _ remedy: String) -> IngestError {
    IngestError(.invalidOption, message, location: uri, remedy: remedy)
  }
}

extension FeedLocation.Kind {
  /// What is right for this kind.
  fileprivate var remedy: String {
    switch self {
    case .text:
      "Write text:FILE?time=t&unit=s&epoch=first&lateness=200ms&encoding=CP1252, with any of the options or none."
    case .sensor:
      "Write sensor:FILE?time=t&unit=ms&epoch=first&lateness=200ms&columns=a,b&units=g,g, with any of the options or none."
    }
  }
}
