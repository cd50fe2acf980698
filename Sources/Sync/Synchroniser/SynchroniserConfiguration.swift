public import BraidCore

/// When moments are.
public enum MomentTick: Hashable, Sendable {
  /// At every picture, text or reading of a stream.
  case elements(stream: Int)
  /// At `first`, and every `hop` (at least 1 ms) after it.
  case hop(MediaDuration, first: MediaTime)
}

/// How a ``Synchroniser`` puts moments together.
public struct SynchroniserConfiguration: Hashable, Sendable {
  /// The streams, numbered from 0.
  public var streams: [SyncStream]
  /// When moments are.
  public var tick: MomentTick
  /// What each takes.
  public var members: [SyncMember]
  /// How long each waits.
  public var wait: SyncWait
  /// How far back late data corrects moments that were given out; nil never.
  public var corrections: MediaDuration?
  /// How many ticks may wait, and how many moments given out are remembered for corrections; at least 1.
  public var tickCapacity: Int

  /// A configuration.
  public init(
    streams: [SyncStream], tick: MomentTick, members: [SyncMember], wait: SyncWait = .unlimited,
    corrections: MediaDuration? = nil, tickCapacity: Int = 256
  ) {
    self.streams = streams
    self.tick = tick
    self.members = members
    self.wait = wait
    self.corrections = corrections
    self.tickCapacity = tickCapacity
  }

  /// Throws where the parts contradict each other: a stream that is not there, a hop under 1 ms, a negative tolerance,
  /// a window that ends before it begins, room for nothing.
  public func validate() throws(SyncError) {
    for (number, stream) in streams.enumerated() { try Self.check(stream, at: "stream \(number)") }
    switch tick {
    case .elements(let stream): try check(stream: stream, at: "tick")
    case .hop(let hop, _):
      try Self.check(
        hop >= .milliseconds(1), "a hop of \(hop.milliseconds) ms", at: "tick", remedy: "The least is 1 ms.")
    }
    for (number, member) in members.enumerated() {
      try check(stream: member.stream, at: "member \(number)")
      try Self.check(member.policy, at: "member \(number)")
    }
    if case .atMost(let wait, _) = wait { try Self.check(notNegative: wait, "wait", at: "wait") }
    if let corrections { try Self.check(notNegative: corrections, "corrections", at: "corrections") }
    try Self.check(
      (1...Self.largestCapacity).contains(tickCapacity), "room for \(tickCapacity) ticks", at: "tick capacity",
      remedy: "Give 1 to \(Self.largestCapacity).")
  }

  /// More items or ticks than this are a mistake.
  private static let largestCapacity = 1 << 20

  private func check(stream: Int, at location: String) throws(SyncError) {
    try Self.check(
      streams.indices.contains(stream), "stream \(stream) is not there", at: location,
      remedy: "There are \(streams.count) streams, numbered from 0.")
  }

  private static func check(_ stream: SyncStream, at location: String) throws(SyncError) {
    try check(notNegative: stream.lateness, "lateness", at: location)
    try check(
      (2...largestCapacity).contains(stream.capacity), "room for \(stream.capacity) items", at: location,
      remedy: "Give 2 to \(largestCapacity).")
    try check(notNegative: stream.jitterLimits.lowerBound, "jitter limit", at: location)
    if let limit = stream.jumpLimit {
      try check(
        limit > stream.lateness, "a jump limit of \(limit.milliseconds) ms within the lateness", at: location,
        remedy: "The jump limit must be above the lateness.")
    }
  }

  private static func check(_ policy: SyncPolicy, at location: String) throws(SyncError) {
    switch policy {
    case .exact: return
    case .nearest(let length): try check(notNegative: length, "tolerance", at: location)
    case .hold(let length): try check(notNegative: length, "age limit", at: location)
    case .interpolate(let length): try check(notNegative: length, "distance", at: location)
    case .window(let from, let to, let allowing):
      try check(
        from < to && (to - from) < .seconds(86_400), "a window from \(from.milliseconds) to \(to.milliseconds) ms",
        at: location, remedy: "It must end after it begins, within a day.")
      if let allowing { try check(notNegative: allowing, "allowance", at: location) }
    }
  }

  private static func check(notNegative length: MediaDuration, _ name: String, at location: String) throws(SyncError) {
    try check(length >= .zero, "a \(name) of \(length.milliseconds) ms", at: location, remedy: "Give 0 or more.")
  }

  private static func check(
    _ isTrue: Bool, _ message: String, at location: String, remedy: String
  ) throws(SyncError) {
    guard isTrue else { throw SyncError(.contradiction, message, location: location, remedy: remedy) }
  }
}
