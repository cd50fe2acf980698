import Synchronization

/// The row of a trace that belongs to one thread: what the thread does is written down here.
///
/// Whoever may be traced holds an optional row; without one nothing is done but a test of that. Only the row's own thread may
/// write to it. Writing takes no lock: entries go into a ring, which the recorder's thread empties; while that is full entries
/// are dropped and counted. Allocates: no, after `init`.
@safe
public final class TraceRow: @unchecked Sendable {
  // SAFETY: the slots from `taken` to `added` belong to the recorder's thread, all others to the row's; the two counters hand
  // them over with release and acquire.

  /// How many entries wait at most; a power of two.
  static let capacity = 8192

  /// As the viewer shows it.
  let name: String
  /// Where the viewer shows it among the others.
  let order: Int
  private let clock: any SessionClock
  private let filling: Signal
  private let entries: UnsafeMutablePointer<TraceEntry>
  private let added = Atomic<Int>(0)
  private let taken = Atomic<Int>(0)
  private let dropped = Atomic<Int>(0)

  init(name: String, order: Int, clock: any SessionClock, filling: Signal) {
    self.name = name
    self.order = order
    self.clock = clock
    self.filling = filling
    unsafe entries = .allocate(capacity: Self.capacity)
    unsafe entries.initialize(
      repeating: TraceEntry(kind: .instant, name: "", time: HostTime(nanoseconds: 0)), count: Self.capacity)
  }

  deinit {
    unsafe entries.deinitialize(count: Self.capacity)
    unsafe entries.deallocate()
  }

  // MARK: The row's thread

  /// The time at which a span begins that ``span(_:_:since:_:_:)`` ends.
  public func begin() -> HostTime { clock.now }

  /// Something that took from `start` until now. Spans of one row lie in one another or apart.
  public func span(
    _ name: StaticString, _ subject: TraceSubject = .none, since start: HostTime?, _ first: TraceArgument = .none,
    _ second: TraceArgument = .none
  ) {
    guard let start else { return }
    append(
      TraceEntry(
        kind: .span, name: name, subject: subject, time: start, duration: max(.zero, clock.now - start),
        arguments: (first, second, .none, .none)))
  }

  /// Something that happens now.
  public func instant(
    _ name: StaticString, _ subject: TraceSubject = .none, reason: StaticString? = nil, _ first: TraceArgument = .none,
    _ second: TraceArgument = .none, _ third: TraceArgument = .none, _ fourth: TraceArgument = .none
  ) {
    append(
      TraceEntry(
        kind: .instant, name: name, subject: subject, time: clock.now, reason: reason,
        arguments: (first, second, third, fourth)))
  }

  /// A level that holds from now on.
  public func counter(_ name: StaticString, _ subject: TraceSubject = .none, _ level: Int) {
    append(
      TraceEntry(
        kind: .counter, name: name, subject: subject, time: clock.now,
        arguments: (.count("level", level), .none, .none, .none)))
  }

  /// A flow touches the span that is open now, or was at `time`.
  public func flow(_ phase: TraceFlow.Phase, _ flow: TraceFlow, at time: HostTime? = nil) {
    append(TraceEntry(kind: .flow(flow, phase), name: "", time: time ?? clock.now))
  }

  private func append(_ entry: TraceEntry) {
    let end = added.load(ordering: .relaxed)
    let waiting = end &- taken.load(ordering: .acquiring)
    guard waiting < Self.capacity else {
      dropped.wrappingAdd(1, ordering: .relaxed)
      return
    }
    unsafe entries[end & (Self.capacity - 1)] = entry
    added.store(end &+ 1, ordering: .releasing)
    // Once a half: whoever empties it also looks by himself, so that most are never told.
    if waiting == Self.capacity / 2 { filling.notify() }
  }

  // MARK: The recorder's thread

  /// How many entries there was no room for, so far.
  var droppedCount: Int { dropped.load(ordering: .relaxed) }

  /// Takes all entries that wait, oldest first.
  func drain(_ body: (borrowing TraceEntry) -> Void) {
    var start = taken.load(ordering: .relaxed)
    let end = added.load(ordering: .acquiring)
    while start != end {
      unsafe body(entries[start & (Self.capacity - 1)])
      start &+= 1
      taken.store(start, ordering: .releasing)
    }
  }
}

extension Optional where Wrapped == TraceRow {
  /// Does `body`, as a span where there is a row.
  @inlinable
  public func span<Result, Failure: Error>(
    _ name: StaticString, _ subject: TraceSubject = .none, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let row = self else { return try body() }
    let start = row.begin()
    defer { row.span(name, subject, since: start) }
    return try body()
  }
}
