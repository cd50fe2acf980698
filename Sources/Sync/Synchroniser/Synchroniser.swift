public import BraidCore

/// Gathers what any number of streams have at each tick: a pure state machine, without a thread or a clock.
///
/// Items of any type are fed with their times, in the order of arrival, and moments are taken out with ``next(now:)``. A
/// moment is released when every stream has passed what its policy needs, or has ended; live also when its wait is over,
/// or when nothing that belongs to it is still to be expected: every stream that has not passed it is past its jitter
/// buffer, or silent. Ticks are answered in the order of their times.
///
/// - A stream's *bound* ("nothing earlier will come") is its newest time less its lateness, or what ``advance(stream:to:)``
///   says.
/// - Its *jitter buffer* is how long after their times all but 1 in 1000 of its last items came, within its limits
///   (of fewer than 16 items, more by as many times).
/// - It is *silent* when a moment was released without it and it had brought nothing for a whole wait, and for half as much
///   again as 99 of 100 of its distances; no moment waits for it until it brings something.
/// - What is wrong with times is repaired as in ``StampRepair`` and counted: see ``report(of:)``.
/// - With `corrections`, an item that changes a moment given out makes a revision of it.
///
/// Without a clock (`.unlimited`) moments depend on the streams alone, not on how feeding was interleaved, while nothing
/// is dropped. One thread at a time. Allocates: no, after `init`.
public final class Synchroniser<Item: Sendable> {
  struct Tick {
    var time: MediaTime
    /// When it was known, or a later one that waits behind it.
    var known: HostTime
    var item: Item?
  }

  /// How moments are put together.
  public let configuration: SynchroniserConfiguration
  /// How long moments wait. It may change between two moments, by what a budget leaves.
  public var wait: SyncWait
  /// What the last moment has from each member, in the configuration's order.
  public internal(set) var parts: [SyncPart<Item>]
  /// Ticks that came when a later one had been answered.
  public internal(set) var lateTicks = 0
  /// Ticks that made room for newer ones before their members had come.
  public internal(set) var droppedTicks = 0
  /// Hops that were left out because they were more than an hour from any item.
  public internal(set) var skippedHops = 0
  /// Corrections of moments.
  public internal(set) var revisions = 0

  var lines: [StreamLine]
  /// The items of each stream, in the slots that its history gives out.
  var items: [[Item?]]
  /// For each stream, the item whose time must be confirmed by the next one.
  var suspects: [Item?]
  var pairings: [Pairing]
  /// For each stream, how far back from a tick its members look, and whether one looks for long items.
  var spans: [(back: MediaDuration, keepsLong: Bool)]
  var ticks: [Tick?]
  var firstTick = 0
  var tickCount = 0
  var hopIndex: Int64 = 0
  /// The newest tick that was answered.
  var answeredTick: MediaTime?
  /// The tick of what was given out last.
  var lastTime = MediaTime.zero
  var outputCount = 0
  /// What was given out, for corrections: a ring.
  var released: [Released?]
  /// For each released moment and member, what identified its items.
  var signatures: [UInt64]
  var nextReleased = 0
  var pendingRevisions = 0

  /// A synchroniser that has seen nothing.
  ///
  /// - Throws: what ``SynchroniserConfiguration/validate()`` finds.
  public init(_ configuration: SynchroniserConfiguration) throws(SyncError) {
    try configuration.validate()
    self.configuration = configuration
    wait = configuration.wait
    lines = configuration.streams.map { StreamLine($0) }
    items = configuration.streams.map { Array(repeating: nil, count: $0.capacity) }
    suspects = configuration.streams.map { _ in nil }
    parts = configuration.members.map { _ in SyncPart() }
    pairings = configuration.members.map { _ in Pairing() }
    spans = configuration.streams.indices.map { Self.span(of: $0, configuration) }
    let hasTicks = if case .elements = configuration.tick { true } else { false }
    ticks = Array(repeating: nil, count: hasTicks ? configuration.tickCapacity : 0)
    let remembered = configuration.corrections == nil ? 0 : configuration.tickCapacity
    released = Array(repeating: nil, count: remembered)
    signatures = Array(repeating: 0, count: remembered * configuration.members.count)
  }

  private static func span(
    of stream: Int, _ configuration: SynchroniserConfiguration
  ) -> (back: MediaDuration, keepsLong: Bool) {
    var span = (back: MediaDuration.zero, keepsLong: false)
    for member in configuration.members where member.stream == stream {
      switch member.policy {
      case .exact, .hold, .interpolate: break
      case .nearest(let tolerance): span.back = max(span.back, tolerance)
      case .window(let from, _, _):
        span.back = max(span.back, -from)
        span.keepsLong = true
      }
    }
    return span
  }

  /// The earliest tick that is still to be answered; nil where none is known yet.
  public var pendingTick: MediaTime? { head?.time }

  /// What a stream has gone through; zeroes for one that is not there.
  public func report(of stream: Int) -> SyncStreamReport {
    lines.indices.contains(stream) ? lines[stream].report : SyncStreamReport()
  }

  /// Calls `body` with the items of a member of the last moment, in the order of their times: for a window all of them.
  ///
  /// To be called before anything else is fed or taken.
  public func forEachItem(ofMember member: Int, _ body: (Item, MediaTime) -> Void) {
    guard parts.indices.contains(member), parts[member].absence == nil else { return }
    let (stream, policy) = (configuration.members[member].stream, configuration.members[member].policy)
    lines[stream].history.forEach(in: pairings[member], of: policy, at: lastTime) { index in
      let entry = lines[stream].history[index]
      if let item = items[stream][entry.slot] { body(item, entry.time) }
    }
  }

  /// Time on the media's line of an instant of the clock; nil where there is no clock.
  func mediaTime(_ now: HostTime) -> MediaTime? {
    guard case .atMost(_, let origin) = self.wait else { return nil }
    return MediaTime(nanoseconds: (now - origin).nanoseconds)
  }
}
