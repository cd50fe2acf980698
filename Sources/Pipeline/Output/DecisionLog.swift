internal import BraidCore
internal import BraidInference

/// Writes each decision of the scheduler, a line of JSON each, on a thread of its own.
///
/// Allocates: no, where decisions are added. ``close()`` must end it.
final class DecisionLog: @unchecked Sendable {
  // SAFETY: the log's thread alone uses `sink` until it was joined; the rest is guarded or constant.

  /// What was decided, with the numbers behind it. A number that is nil is not written.
  struct Entry {
    enum Kind {
      case run(reason: String)
      case skip(SkipReason)
      case change(SchedulerChange)
      /// So many decisions are missing: they came faster than they could be written.
      case lost(Int)
    }

    var kind: Kind
    /// The session's media time when it was decided.
    var time: MediaTime
    /// Which model on which stream.
    var task: Int
    var pts: MediaTime?
    /// What was left until the deadline; unlimited without a budget.
    var slack: MediaDuration?
    /// What a run was thought to take at most.
    var estimate: MediaDuration?
    var standing = SessionScheduler.Standing()
  }

  private struct State {
    var ring: [Entry?]
    var head = 0
    var count = 0
    var lost = 0
    var isClosed = false
  }

  private final class Shared: Sendable {
    let state: Guarded<State>
    let added = Signal()
    let room = Signal()

    init(capacity: Int) { state = Guarded(State(ring: Array(repeating: nil, count: capacity))) }
  }

  private static let capacity = 4096

  private let shared: Shared
  private let sink: RecordSink
  private let waits: Bool
  private let isGivenUp: @Sendable () -> Bool
  private var thread: DedicatedThread?

  /// Makes the file, or empties it, and starts the log's thread.
  ///
  /// - Parameters:
  ///   - path: where; `-` is standard error.
  ///   - names: the model and the stream of each task.
  ///   - waits: whether whoever adds waits for room; otherwise what finds none is dropped and counted.
  ///   - isGivenUp: asked while a pipe's reader does not read: whether to let what is left go. From any thread.
  /// - Throws: ``PipelineError/Code/outputFailed``.
  init(
    _ path: String, names: [(model: String, stream: String)], waits: Bool, isGivenUp: @escaping @Sendable () -> Bool
  ) throws(PipelineError) {
    let sink: RecordSink = try path == "-" ? .standardError() : .file(path)
    sink.isGivenUp = isGivenUp
    self.sink = sink
    shared = Shared(capacity: Self.capacity)
    self.waits = waits
    self.isGivenUp = isGivenUp
    let writing = Writing(sink: sink, names: names)
    let shared = shared
    thread = DedicatedThread(name: "braid-explain") { writing.run { Self.take(shared) } }
  }

  /// Adds a decision.
  func add(_ entry: Entry) {
    while true {
      let ticket = shared.room.ticket()
      let isDone = shared.state.withLock { state in
        guard state.count < state.ring.count else {
          if !waits { state.lost += 1 }
          return !waits
        }
        state.ring[(state.head + state.count) % state.ring.count] = entry
        state.count += 1
        return true
      }
      if isDone || isGivenUp() { break }
      shared.room.wait(since: ticket)
    }
    shared.added.notify()
  }

  /// Writes what is left and ends the log. Returns why it is not whole, where it is not.
  func close() -> PipelineError? {
    shared.state.withLock { $0.isClosed = true }
    shared.added.notify()
    thread?.join()
    sink.finish()
    if case .failed(let error) = sink.condition { return error }
    return nil
  }

  /// The next decision, waiting for one; nil after the last. `isLast` says that no other lies ready.
  private static func take(_ shared: Shared) -> (entry: Entry, isLast: Bool)? {
    while true {
      let ticket = shared.added.ticket()
      let (taken, isClosed) = shared.state.withLock { state -> ((entry: Entry, isLast: Bool)?, Bool) in
        if state.count > 0, let entry = state.ring[state.head] {
          state.ring[state.head] = nil
          state.head = (state.head + 1) % state.ring.count
          state.count -= 1
          return ((entry, state.count == 0), state.isClosed)
        }
        if state.lost > 0 {
          defer { state.lost = 0 }
          return ((Entry(kind: .lost(state.lost), time: .zero, task: 0), true), state.isClosed)
        }
        return (nil, state.isClosed)
      }
      if let taken {
        shared.room.notify()
        return taken
      }
      if isClosed { return nil }
      shared.added.wait(since: ticket)
    }
  }
}

/// The log's thread: from decisions to lines.
private final class Writing: @unchecked Sendable {
  // SAFETY: the log's thread alone uses it, and afterwards, when that was joined, the log its sink.

  private let sink: RecordSink
  private let names: [(model: String, stream: String)]
  private var writer = JSONWriter()

  init(sink: RecordSink, names: [(model: String, stream: String)]) {
    self.sink = sink
    self.names = names
  }

  func run(_ take: () -> (entry: DecisionLog.Entry, isLast: Bool)?) {
    while let (entry, isLast) = take() {
      writer.removeAll()
      write(entry)
      sink.write(writer.bytes)
      if isLast { sink.flush() }
    }
  }

  private func write(_ entry: DecisionLog.Entry) {
    writer.beginObject()
    defer {
      writer.endObject()
      writer.endLine()
    }
    writer.key("decision")
    switch entry.kind {
    case .lost(let count):
      writer.value("lost")
      writer.key("count")
      writer.value(count)
      return
    case .run(let reason):
      writer.value("run")
      writer.key("reason")
      writer.value(reason)
    case .skip(let reason):
      writer.value("skip")
      writer.key("reason")
      writer.value(reason.rawValue)
    case .change(let change): write(change)
    }
    writer.key("time")
    writer.value(entry.time)
    writer.key("model")
    writer.value(names[entry.task].model)
    writer.key("stream")
    writer.value(names[entry.task].stream)
    if let pts = entry.pts {
      writer.key("pts")
      writer.value(pts)
    }
    if let slack = entry.slack, slack < .seconds(1_000_000_000) {
      writer.key("deadline")
      writer.value(entry.time + slack)
      writer.key("slack_ms")
      writer.milliseconds(slack)
    }
    if let estimate = entry.estimate {
      writer.key("estimate_ms")
      writer.milliseconds(estimate)
    }
    writer.key("queue")
    writer.value(entry.standing.queued)
    writer.key("interval")
    writer.value(entry.standing.interval, decimals: 2)
    writer.key("load")
    writer.value(entry.standing.load, decimals: 3)
    writer.key("share")
    writer.value(entry.standing.share, decimals: 3)
  }

  private func write(_ change: SchedulerChange) {
    writer.value("change")
    writer.key("reason")
    writer.value(change.cause.rawValue)
    writer.key("change")
    switch change.kind {
    case .interval(_, let from, let to):
      writer.value("interval")
      writer.key("from")
      writer.value(from, decimals: 2)
      writer.key("to")
      writer.value(to, decimals: 2)
    case .rung(_, let from, let to):
      writer.value("rung")
      writer.key("from")
      writer.value(from)
      writer.key("to")
      writer.value(to)
    case .shed: writer.value("shed")
    case .restored: writer.value("restored")
    case .stateReset: writer.value("state-reset")
    }
  }
}
