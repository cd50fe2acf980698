internal import BraidCore
internal import Glibc

/// A sink's queue, its thread and its account.
///
/// The session's thread offers items and is never held up, but where nothing is to be dropped; the sink's own thread hands them
/// on. Every item is counted once: `offered = lines + dropped + waiting`. ``end(until:)`` must end it.
final class SinkChannel: @unchecked Sendable {
  // SAFETY: the sink's thread alone uses `writer`, from its start to its end; `thread` and the clock's readers are the session's
  // thread; the rest is guarded or constant.

  /// What a channel is told.
  struct Settings: Sendable {
    /// `jsonl:results.jsonl`
    var id: String
    /// Bytes that may wait.
    var capacity: Int
    /// What is dropped when they do.
    var drop: SinkSetting.Drop
  }

  let clock: any SessionClock
  private let writer: any SinkWriter
  private let state: Guarded<SinkState>
  /// Something was added, or is to end.
  private let added = Signal()
  /// Something was handed on or dropped by the thread, or it has ended.
  private let changed = Signal()
  /// What to wake when there is a fault to tell.
  private let ready: Signal
  private let wake: WakeDescriptor?
  private let tellNote: @Sendable (String) -> Void
  private let threadName: String
  private var thread: DedicatedThread?
  private var hasNews = false
  // Faults beyond these are counted and not told: the next thousand batches may have the same.
  private static let toldFaults = 16

  /// Starts the thread.
  init(
    _ settings: Settings, writer: any SinkWriter, clock: any SessionClock, ready: Signal, place: Int,
    note: @escaping @Sendable (String) -> Void
  ) {
    self.writer = writer
    self.clock = clock
    self.ready = ready
    tellNote = note
    wake = WakeDescriptor()
    state = Guarded(
      SinkState(
        queue: SinkQueue(capacity: settings.capacity), drop: settings.drop, account: SinkAccount(id: settings.id)))
    threadName = "braid-sink-\(place)"
    thread = DedicatedThread(name: threadName) { [self] in run() }
  }

  // MARK: The session's thread

  /// What is dropped from now on.
  var drop: SinkSetting.Drop {
    get { state.withLock { $0.drop } }
    set { state.withLock { $0.drop = newValue } }
  }

  /// How things stand.
  var account: SinkAccount { state.withLock { $0.account } }

  /// Why nothing can be handed on any more; nil while it can.
  var failure: PipelineError? { state.withLock { $0.failure } }

  /// The tag of the item that waits longest; nil where none waits.
  var firstTag: Int64? { state.withLock { $0.queue.firstTag } }

  /// What has gone wrong since this was last asked for.
  func takeFaults() -> [PipelineError] {
    state.withLock { state in
      guard !state.faults.isEmpty else { return [] }
      defer { state.faults = [] }
      return state.faults
    }
  }

  /// Offers an item. Where nothing is to be dropped this waits for room, until `isGivenUp` says that it has waited enough.
  ///
  /// Returns whether it was taken, and not dropped. Allocates: only while the queue grows.
  @discardableResult
  func offer(_ item: [UInt8], tag: Int64, isGivenUp: () -> Bool) -> Bool {
    while true {
      let ticket = changed.ticket()
      let isGivenUp = isGivenUp()
      let (taking, isPressing) = state.withLock { state in
        let taking = state.take(item, tag: tag, isGivenUp: isGivenUp)
        return (taking, taking == .full || state.queue.byteCount > state.queue.capacity / 4)
      }
      hasNews = true
      if isPressing { flush() }
      if taking != .full { return taking == .taken }
      clock.wait(on: changed, since: ticket, until: clock.now + .milliseconds(100))
    }
  }

  /// Has the thread look at what was offered.
  func flush() {
    guard hasNews else { return }
    hasNews = false
    added.notify()
  }

  /// Has everything that waits handed on at once, without an end.
  func beginDraining() {
    state.withLock { if $0.phase == .open { $0.phase = .draining } }
    hasNews = true
    flush()
  }

  /// Waits until nothing waits, or ends the channel when `limit` is past.
  func drain(until limit: () -> HostTime?) {
    beginDraining()
    wait(until: limit) { $0.queue.count == 0 && $0.inFlight == 0 || $0.failure != nil || $0.hasEnded }
  }

  /// Hands on what is left until `limit` and ends the thread; what is left then is dropped.
  func end(until limit: () -> HostTime?) {
    state.withLock { $0.phase = .closed }
    hasNews = true
    flush()
    wait(until: limit) { $0.hasEnded }
    join()
  }

  private func wait(until limit: () -> HostTime?, for isDone: (SinkState) -> Bool) {
    while true {
      let ticket = changed.ticket()
      if state.withLock({ isDone($0) }) { return }
      let now = clock.now
      let limit = limit()
      if let limit, now >= limit { return join() }
      clock.wait(on: changed, since: ticket, until: min(limit ?? now + .milliseconds(100), now + .milliseconds(100)))
    }
  }

  /// Ends the thread now. One that hangs in the system is left behind.
  private func join() {
    guard let thread else { return }
    let now = clock.now
    state.withLock { state in
      state.phase = .closed
      if !state.hasEnded { state.stop = now }
    }
    wake?.notify()
    added.notify()
    let limit = now + .milliseconds(500)
    while true {
      let ticket = changed.ticket()
      if state.withLock({ $0.hasEnded }) {
        thread.join()
        break
      }
      if clock.now >= limit {
        thread.abandon()
        break
      }
      clock.wait(on: changed, since: ticket, until: limit)
    }
    self.thread = nil
    state.withLock { state in
      state.dropAll()
      state.hasEnded = true
    }
  }

  // MARK: The sink's thread

  /// Whether nobody waits any more for what is left.
  var isGivenUp: Bool { state.withLock { $0.stop != nil } }

  /// Whether the session waits for this sink.
  var isWaitedFor: Bool { state.withLock { $0.drop == .none } }

  /// Waits until a descriptor is ready, a time has passed or nobody waits any more. Returns whether to go on.
  func wait(for descriptor: Int32, _ events: Int16, atMost limit: MediaDuration = .seconds(3600)) -> Bool {
    var entries = [
      pollfd(fd: descriptor, events: events, revents: 0),
      pollfd(fd: wake?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
    ]
    // Without a descriptor to be woken by, look now and then.
    let most = wake == nil ? min(limit, .milliseconds(100)) : limit
    _ = unsafe poll(&entries, 2, Int32(clamping: most.nanoseconds / 1_000_000))
    return !isGivenUp
  }

  /// Lets time pass. Returns whether to go on.
  func pause(_ length: MediaDuration) -> Bool {
    wait(for: -1, 0, atMost: length)
  }

  /// Items of the batch have been handed on.
  func wrote(_ items: Int, bytes: Int) {
    state.withLock { state in
      guard !state.hasEnded else { return }
      state.account.lines += items
      state.account.bytes += bytes
      state.inFlight -= items
    }
  }

  /// Something is tried again.
  func retried() {
    state.withLock { $0.account.retries += 1 }
  }

  /// Something went wrong; the sink goes on. What is not new is counted and not told again.
  func tell(_ fault: PipelineError, isNew: Bool = true) {
    state.withLock { state in
      state.account.errors += 1
      if isNew, state.account.errors <= Self.toldFaults { state.faults.append(fault) }
    }
    ready.notify()
  }

  /// Something worth knowing.
  func note(_ text: String) { tellNote(text) }

  private func run() {
    // A reader that goes away is told by EPIPE, whatever the process does with the signal.
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGPIPE)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    var batch = SinkBatch()
    while take(&batch) {
      do throws(PipelineError) { try writer.write(batch, for: self) } catch { fail(error) }
      // What was not handed on has been let go.
      state.withLock { state in
        guard !state.hasEnded else { return }
        state.account.dropped += state.inFlight
        state.inFlight = 0
      }
      changed.notify()
    }
    if failure == nil {
      do throws(PipelineError) { try writer.finish(self) } catch { fail(error) }
    }
    state.withLock { state in
      state.dropAll()
      state.hasEnded = true
    }
    changed.notify()
  }

  /// Nothing more can be handed on. Always told, and together with the state that says so.
  private func fail(_ error: PipelineError) {
    state.withLock { state in
      state.account.errors += 1
      state.faults.append(error)
      state.failure = error
    }
    ready.notify()
  }

  /// The next batch, waited for; false after the last.
  private func take(_ batch: inout SinkBatch) -> Bool {
    batch.removeAll()
    while true {
      let ticket = added.ticket()
      let now = clock.now
      let next = state.withLock { state in state.next(fill: writer.fill, now: now, into: &batch) }
      switch next {
      case .taken: return true
      case .end: return false
      case .wait(let limit): clock.wait(on: added, since: ticket, until: limit)
      }
    }
  }
}
