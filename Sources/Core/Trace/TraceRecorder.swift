/// Records what a session's threads do as a trace in Chrome's trace-event format, which ui.perfetto.dev and chrome://tracing
/// open: a row for each thread with its spans, arrows between them, instants and counters.
///
/// Each thread writes into a ``TraceRow`` of its own; a thread of the recorder's turns what they hold into JSON, every 100 ms
/// and when a row fills up. Times are the session clock's, counted from when the recorder was made. What was written lasts
/// whatever happens to the process: only the array's end is missing then, which viewers do without.
///
/// Source: "Trace Event Format", JSON array format (Google, Catapult).
public final class TraceRecorder: Sendable {
  private struct Note {
    var name: StaticString
    var row: Int
    var time: HostTime
    /// A JSON object.
    var facts: [UInt8]
  }

  private struct State {
    var rows: [TraceRow] = []
    var subjects = [""]
    var notes: [Note] = []
    var isFinished = false
  }

  /// What the recorder and its thread share.
  private final class Shared: Sendable {
    let state = Guarded(State())
    let changed = Signal()
    let dropped = Guarded(0)
  }

  private static let pause = MediaDuration.milliseconds(100)

  private let clock: any SessionClock
  private let shared = Shared()
  private let thread: DedicatedThread

  /// Starts the recorder's thread; ``finish()`` must end it.
  ///
  /// - Parameters:
  ///   - clock: the session's.
  ///   - write: called on the recorder's thread with whole events, for as long as the trace is recorded. It may block: entries
  ///     that find no room meanwhile are dropped, and the trace says how many.
  public init(clock: any SessionClock, write: @escaping @Sendable ([UInt8]) -> Void) {
    self.clock = clock
    let (shared, zero) = (shared, clock.now)
    thread = DedicatedThread(name: "braid-trace") {
      Self.run(shared, clock: clock, format: TraceFormat(zero: zero), write: write)
    }
  }

  /// A new row, for one thread.
  ///
  /// - Parameters:
  ///   - name: as the viewer shows it. A row without events is not shown.
  ///   - order: where it is shown: rows with greater numbers stand below.
  /// - Returns: the row. May be called from any thread.
  public func row(_ name: String, order: Int) -> TraceRow {
    let row = TraceRow(name: name, order: order, clock: clock, filling: shared.changed)
    shared.state.withLock { $0.rows.append(row) }
    return row
  }

  /// A subject for events, by its text. May be called from any thread, before its first event.
  public func subject(_ text: String) -> TraceSubject {
    shared.state.withLock { state in
      if let index = state.subjects.firstIndex(of: text) { return TraceSubject(index: index) }
      state.subjects.append(text)
      return TraceSubject(index: state.subjects.count - 1)
    }
  }

  /// Facts that hold for the whole trace, as an instant of all rows. Allocates: for now and then, not for each frame.
  ///
  /// - Parameters:
  ///   - name: of the instant.
  ///   - row: whose instant it is.
  ///   - body: writes one JSON object, such as a record.
  public func note(_ name: StaticString, row: TraceRow?, _ body: (inout JSONWriter) -> Void) {
    var writer = JSONWriter()
    body(&writer)
    let facts = Array(writer.bytes.prefix { $0 != UInt8(ascii: "\n") })
    let now = clock.now
    shared.state.withLock { state in
      let place = state.rows.firstIndex { $0 === row } ?? 0
      state.notes.append(Note(name: name, row: place, time: now, facts: facts))
    }
  }

  /// Writes what is left and ends the trace. No thread may write to a row any more.
  ///
  /// - Returns: how many entries were dropped because they came faster than they could be written.
  @discardableResult
  public func finish() -> Int {
    shared.state.withLock { $0.isFinished = true }
    shared.changed.notify()
    thread.join()
    return shared.dropped.withLock { $0 }
  }

  // MARK: The recorder's thread

  private static func run(
    _ shared: Shared, clock: any SessionClock, format: TraceFormat, write: ([UInt8]) -> Void
  ) {
    var format = format
    var told: [Int] = []
    while true {
      let ticket = shared.changed.ticket()
      let (rows, subjects, notes, isFinished) = shared.state.withLock { state in
        defer { state.notes.removeAll() }
        return (state.rows, state.subjects, state.notes, state.isFinished)
      }
      for note in notes { format.add(note.name, facts: note.facts, row: note.row, time: note.time) }
      for (place, row) in rows.enumerated() {
        if place == told.count { told.append(0) }
        row.drain { entry in
          format.add(entry, row: place, of: row, subjects: subjects)
          if format.bytes.count >= 1 << 16 { format.hand(to: write) }
        }
        let dropped = row.droppedCount
        if dropped > told[place] {
          format.addDropped(dropped - told[place], row: place, time: clock.now)
          told[place] = dropped
        }
      }
      if isFinished { break }
      format.hand(to: write)
      clock.wait(on: shared.changed, since: ticket, until: clock.now + pause)
    }
    format.end()
    format.hand(to: write)
    let sum = told.reduce(0, +)
    shared.dropped.withLock { $0 = sum }
  }
}
