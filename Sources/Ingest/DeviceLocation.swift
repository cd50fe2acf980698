import BraidCore
import Glibc

/// Which device an input is, and what is asked of it: `alsa:hw:1?rate=16000&channels=1`, `v4l2:/dev/video0?size=1280x720`.
///
/// What a URI does not say is nil: the device's own, or what suits best. A `lavfi:` graph has no query, since its own text may
/// hold a `?`.
struct DeviceLocation: Hashable, Sendable {
  /// Which system's device.
  enum Kind: String, Hashable, Sendable, CaseIterable {
    case alsa
    case v4l2
    case screen
    case lavfi
  }

  /// Pictures a second, as a fraction: 30000/1001.
  struct FrameRate: Hashable, Sendable {
    var numerator: Int
    var denominator: Int

    /// As FFmpeg reads it.
    var text: String { "\(numerator)/\(denominator)" }
  }

  /// Pixels across and down.
  struct Size: Hashable, Sendable {
    var width: Int
    var height: Int

    /// As FFmpeg reads it.
    var text: String { "\(width)x\(height)" }
  }

  /// As the caller gave it.
  let uri: String
  /// Which system's.
  let kind: Kind
  /// The system's name of it: `hw:1`, `/dev/video0`, `:0`, a graph.
  let name: String
  /// The URI for records and messages; a graph may name a URL with a password.
  var redacted: String { kind == .lavfi ? InputLocation.redact(uri) : uri }

  /// Sound: samples a second.
  private(set) var sampleRate: Int?
  /// Sound: channels.
  private(set) var channelCount: Int?
  /// Sound: how its samples are stored.
  private(set) var sampleFormat: SampleFormat?
  /// Sound: how long a block is gathered before it is given out.
  private(set) var latency: MediaDuration?
  /// Pictures: their size.
  private(set) var size: Size?
  /// Pictures: how many a second.
  private(set) var frameRate: FrameRate?
  /// Pictures: FFmpeg's name of a pixel format or codec (`yuyv422`, `mjpeg`).
  private(set) var pictureFormat: String?

  /// The kind of device that `uri` names; nil where it names none.
  static func kind(of uri: String) -> Kind? {
    guard let colon = uri.firstIndex(of: ":") else { return nil }
    return Kind(rawValue: uri[..<colon].lowercased())
  }

  /// Reads a device's URI; nil where it names no device, or where a file is called that.
  ///
  /// - Throws: as ``init(_:)``.
  init?(unlessFile uri: String) throws(IngestError) {
    if unsafe access(uri, F_OK) == 0 { return nil }
    try self.init(uri)
  }

  /// Reads a device's URI; nil where it names no device.
  ///
  /// - Throws: ``IngestError/Code/invalidOption`` for a name that is missing, a key that is unknown or there twice, and a value that
  ///   is wrong; the message names it and the remedy says what is right.
  init?(_ uri: String) throws(IngestError) {
    guard let kind = Self.kind(of: uri) else { return nil }
    self.uri = uri
    self.kind = kind
    let rest = uri.dropFirst(kind.rawValue.count + 1)
    let mark = kind == .lavfi ? nil : rest.lastIndex(of: "?")
    name = String(mark.map { rest[..<$0] } ?? rest)
    guard !name.isEmpty else {
      throw IngestError(
        .invalidOption, "'\(kind.rawValue):' names no device", location: redacted, remedy: kind.remedy)
    }
    guard let mark else { return }
    var seen: Set<Substring> = []
    for item in rest[rest.index(after: mark)...].split(separator: "&") {
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count == 2 ? String(parts[1]) : ""
      guard seen.insert(parts[0]).inserted else { throw refused("'\(parts[0])' is there twice", "Give it once.") }
      try take(key: String(parts[0]), value: value)
    }
  }

  private mutating func take(key: String, value: String) throws(IngestError) {
    switch (kind, key) {
    case (.alsa, "rate"): sampleRate = try whole(key, value, 1...768_000, "samples a second")
    case (.alsa, "channels"): channelCount = try whole(key, value, 1...64, "channels")
    case (.alsa, "format"):
      guard let format = SampleFormat(rawValue: value) else {
        let names = SampleFormat.allCases.map(\.rawValue).joined(separator: ", ")
        throw refused("format '\(value)' is unknown", "Give one of \(names).")
      }
      sampleFormat = format
    case (.alsa, "latency"):
      guard let time = MediaDuration(text: value), time >= .milliseconds(1), time <= .seconds(1) else {
        throw refused("latency '\(value)' is no time from 1ms to 1s", "Write it as latency=20ms.")
      }
      latency = time
    case (.v4l2, "size"), (.screen, "size"): size = try pixels(value)
    case (.v4l2, "rate"), (.screen, "rate"): frameRate = try rate(value)
    case (.v4l2, "format"):
      guard !value.isEmpty, value.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }) else {
        throw refused("format '\(value)' is no name", "Give a pixel format or codec of FFmpeg: yuyv422, mjpeg, h264.")
      }
      pictureFormat = value
    default: throw refused("option '\(key)' is unknown", kind.remedy)
    }
  }

  private func whole(
    _ key: String, _ value: String, _ range: ClosedRange<Int>, _ unit: String
  ) throws(IngestError) -> Int {
    guard let number = Int(value), range.contains(number) else {
      throw refused(
        "\(key) '\(value)' is not a number of \(unit)",
        "Give a whole number from \(range.lowerBound) to \(range.upperBound).")
    }
    return number
  }

  private func pixels(_ value: String) throws(IngestError) -> Size {
    let parts = value.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard parts.count == 2, parts.allSatisfy({ (1...16384).contains($0) }) else {
      throw refused("size '\(value)' is not a width and a height", "Write it as size=1280x720, each from 1 to 16384.")
    }
    return Size(width: parts[0], height: parts[1])
  }

  private func rate(_ value: String) throws(IngestError) -> FrameRate {
    let parts = value.split(separator: "/", omittingEmptySubsequences: false)
    if let first = parts.first, let numerator = Int(first), (1...1_000_000).contains(numerator), parts.count <= 2 {
      let denominator = parts.count == 2 ? Int(parts[1]) ?? 0 : 1
      if (1...1_000_000).contains(denominator) { return FrameRate(numerator: numerator, denominator: denominator) }
    }
    if let number = Double(value), number.isFinite, number >= 0.001, number <= 1000 {
      return FrameRate(numerator: Int((number * 1000).rounded()), denominator: 1000)
    }
    throw refused(
      "rate '\(value)' is not a number of pictures a second", "Write it as rate=30, rate=29.97 or rate=30000/1001.")
  }

  private func refused(_ message: String, _ remedy: String) -> IngestError {
    IngestError(.invalidOption, message, location: redacted, remedy: remedy)
  }
}

extension DeviceLocation.Kind {
  /// What is right for this kind.
  fileprivate var remedy: String {
    switch self {
    case .alsa: "Write alsa:NAME?rate=48000&channels=1&format=s16&latency=20ms, with any of the options or none."
    case .v4l2: "Write v4l2:/dev/video0?size=1280x720&rate=30&format=mjpeg, with any of the options or none."
    case .screen: "Write screen::0?size=640x480&rate=15, with any of the options or none."
    case .lavfi: "Write lavfi:GRAPH, such as lavfi:testsrc=size=640x480:rate=30."
    }
  }
}
