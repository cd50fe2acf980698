public import BraidCore
public import BraidSync

/// What is told of several streams at one time: when, and what of each.
public struct MomentSelection: Hashable, Sendable {
  /// When moments are.
  public enum Tick: Hashable, Sendable {
    /// At each element of a stream: `video:0`.
    case stream(String)
    /// At this distance from each other.
    case every(MediaDuration)
  }

  /// What is taken of a stream; without a policy its kind's own.
  public struct Member: Hashable, Sendable {
    /// `sensor:0`
    public var stream: String
    /// How it is taken; nil for what its kind is taken by.
    public var policy: SyncPolicy?
  }

  /// When moments are.
  public var tick: Tick
  /// What each has; at least one.
  public var members: [Member] = []
  /// How far back late data corrects what was told; nil never.
  public var corrections: MediaDuration?

  /// A selection as the command line writes it: `video:0,audio:0=window:-500ms..0ms,sensor:0=interpolate,correct=2s`, or
  /// `every:40ms,…`.
  ///
  /// - Throws: ``PipelineError/Code/configuration``, saying which part is wrong.
  public init(_ text: String) throws(PipelineError) {
    let fields = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    tick = try Self.tick(fields[0])
    for field in fields.dropFirst() {
      let parts = field.split(separator: "=", maxSplits: 1).map(String.init)
      if parts.count == 2, parts[0] == "correct" {
        corrections = try Self.duration(parts[1][...], in: field)
        continue
      }
      guard let stream = parts.first, Self.isStream(stream) else {
        throw Self.error(
          "'\(field)' is no stream", "Write STREAM or STREAM=POLICY, such as audio:0=window:-500ms..0ms")
      }
      guard !members.contains(where: { $0.stream == stream }) else {
        throw Self.error("\(stream) is named twice", "Name it once")
      }
      members.append(Member(stream: stream, policy: parts.count == 2 ? try Self.policy(parts[1]) : nil))
    }
    guard !members.isEmpty else {
      throw Self.error("nothing is taken at '\(fields[0])'", "Name streams after it, such as video:0,audio:0,text:0")
    }
  }

  /// What a stream of this kind is taken by.
  static func policy(of kind: String, tolerance: MediaDuration) -> SyncPolicy {
    switch kind {
    case "audio": .window(from: .milliseconds(-100), to: .zero, allowing: tolerance)
    case "text": .hold(.seconds(10))
    case "sensor": .interpolate(.seconds(1))
    default: .nearest(tolerance)
    }
  }

  private static func tick(_ text: String) throws(PipelineError) -> Tick {
    if text.hasPrefix("every:") { return .every(try duration(text.dropFirst(6), in: text)) }
    guard isStream(text) else {
      throw error("'\(text)' is no tick", "Begin with the stream that ticks, such as video:0, or with every:40ms")
    }
    return .stream(text)
  }

  private static func isStream(_ text: String) -> Bool {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count == 2 && ["audio", "video", "text", "sensor"].contains(parts[0])
      && !parts[1].isEmpty && parts[1].allSatisfy { ("0"..."9").contains($0) }
  }

  private static func policy(_ text: String) throws(PipelineError) -> SyncPolicy {
    let parts = text.split(separator: ":", maxSplits: 1)
    let argument = parts.count == 2 ? parts[1] : nil
    switch parts.first {
    case "exact" where argument == nil: return .exact
    case "nearest":
      return .nearest(try argument.map { a throws(PipelineError) in try duration(a, in: text) } ?? .milliseconds(20))
    case "hold": return .hold(try argument.map { a throws(PipelineError) in try duration(a, in: text) } ?? .seconds(10))
    case "interpolate":
      return .interpolate(try argument.map { a throws(PipelineError) in try duration(a, in: text) } ?? .seconds(1))
    case "window": return try window(argument, in: text)
    default:
      throw error(
        "'\(text)' is no policy",
        "There are exact, nearest:20ms, hold:10s, interpolate:1s and window:-500ms..0ms")
    }
  }

  private static func window(_ span: Substring?, in text: String) throws(PipelineError) -> SyncPolicy {
    guard let span, let dots = span.firstRange(of: "..") else {
      throw error("'\(text)' has no span", "Write from..to, seen from the tick: window:-500ms..0ms")
    }
    let from = try duration(span[..<dots.lowerBound], in: text)
    return .window(from: from, to: try duration(span[dots.upperBound...], in: text), allowing: nil)
  }

  private static func duration(_ text: Substring, in whole: String) throws(PipelineError) -> MediaDuration {
    let isNegative = text.hasPrefix("-")
    guard let length = MediaDuration(text: String(isNegative ? text.dropFirst() : text)) else {
      throw error("'\(text)' in '\(whole)' is no duration", "Write it like 40ms, 1.5s or -500ms")
    }
    return isNegative ? -length : length
  }

  private static func error(_ message: String, _ remedy: String) -> PipelineError {
    PipelineError(.configuration, message, location: "--moments", remedy: remedy)
  }
}
