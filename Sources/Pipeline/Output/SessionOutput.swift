internal import BraidCore

/// Everything that a session says, in its order, on its way to the sink.
///
/// For the session's thread.
final class SessionOutput {
  /// Where it goes.
  enum Destination {
    /// Records, in their order.
    case records(RecordSink)
    /// The rows of features as they are computed, and nothing else.
    case rows(any RowReceiver)
  }

  private var ordered = OrderedOutput()
  private let destination: Destination
  /// Where records go besides.
  private let sinks: SessionSinks?
  /// Where the session's thread writes down what it does.
  let trace: TraceRow?
  /// Whether records carry the times that were measured: capture, latency, budget.
  var showsTimes = false
  /// Nanoseconds from CLOCK_MONOTONIC to the Unix epoch's clock, fixed at the start.
  var wallOffset: Int64
  private var nextEventID = 0
  /// How many `error` records there were.
  private(set) var errorCount = 0
  /// How many events were told, those still open apart.
  private(set) var eventCount = 0
  /// How many results were told.
  private(set) var resultCount = 0

  init(_ destination: Destination, sinks: SessionSinks? = nil, now: HostTime, trace: TraceRow? = nil) {
    self.destination = destination
    self.sinks = sinks
    self.trace = trace
    wallOffset = WallClock.nanosecondsSinceEpoch.subtractingSaturating(now.nanoseconds)
  }

  /// Gives every line the session's id, where several sessions may write to the same place.
  func mark(sessionID: String?) {
    guard case .records(let sink) = destination else { return }
    ordered.sessionID = sink.isShared ? sessionID : nil
    sinks?.sessionID = sink.isShared ? nil : sessionID
  }

  /// How what takes it is.
  var condition: RecordSink.Condition {
    switch destination {
    case .records(let sink): sink.condition
    case .rows(let receiver): receiver.condition
    }
  }

  /// Whether a summary is written.
  var tellsSummary: Bool {
    if case .records = destination { true } else { false }
  }

  /// A number for a new event.
  func newEventID() -> Int {
    defer { nextEventID += 1 }
    return nextEventID
  }

  /// A capture time on the wall clock, in nanoseconds since the Unix epoch.
  func wallTime(_ captured: HostTime) -> Int64 { captured.nanoseconds.addingSaturating(wallOffset) }

  func session(_ record: SessionRecord) {
    add(.first, RecordSubject(.session)) { record.write(to: &$0) }
    release(before: .distantFuture, flush: true)
  }

  func result(_ record: ResultRecord, order: LineOrder) {
    resultCount += 1
    sinks?.hear(record, stream: order.stream)
    add(order, RecordSubject(resultOf: record.model)) { record.write(to: &$0) }
  }

  func event(_ record: EventRecord, order: LineOrder) {
    if record.isFinal { eventCount += 1 }
    sinks?.hear(record, at: order.time)
    add(order, RecordSubject(record)) { record.write(to: &$0) }
  }

  func moment(_ record: MomentRecord, order: LineOrder) {
    if !record.isCorrection { eventCount += 1 }
    add(order, RecordSubject(.event)) { record.write(to: &$0) }
  }

  /// What rows will come, by place.
  func begin(_ features: [RowDescription]) throws(PipelineError) {
    if case .rows(let receiver) = destination { try receiver.begin(features) }
  }

  /// Rows of the feature at a place among the features.
  func features(_ record: FeaturesRecord, place: Int, order: LineOrder) {
    if case .rows(let receiver) = destination { receiver.take(record, place: place) }
    add(order, RecordSubject(.features)) { record.write(to: &$0) }
  }

  func gap(_ record: GapRecord, order: LineOrder) {
    if case .rows(let receiver) = destination { receiver.take(record) }
    add(order, RecordSubject(.gap)) { record.write(to: &$0) }
  }

  func stats(_ record: StatsRecord) {
    add(LineOrder(time: record.pts, stream: -1, model: -1), RecordSubject(.stats)) { record.write(to: &$0) }
  }

  func error(_ error: any DescribedError, isFatal: Bool, at time: MediaTime = .distantFuture) {
    errorCount += 1
    let record = ErrorRecord(error: error, isFatal: isFatal)
    add(LineOrder(time: time, stream: -1, model: -1), RecordSubject(.error)) { record.write(to: &$0) }
  }

  func summary(_ record: SummaryRecord) {
    add(.last, RecordSubject(.summary)) { record.write(to: &$0) }
  }

  /// Writes what lies before `bound` and hands it to the system.
  func release(before bound: MediaTime, flush: Bool) {
    guard case .records(let sink) = destination else { return }
    let begun = trace?.begin()
    let waiting = ordered.count
    ordered.release(before: bound, to: sink, sinks)
    if flush {
      sink.flush()
      sinks?.flush()
    }
    if ordered.count < waiting { trace?.span("write", since: begun, .count("lines", waiting - ordered.count)) }
  }

  /// Writes all that is left.
  ///
  /// - Parameter isComplete: whether everything was read to its end.
  func finish(isComplete: Bool) {
    switch destination {
    case .records(let sink):
      ordered.release(before: .distantFuture, to: sink, sinks)
      sink.finish()
    case .rows(let receiver): receiver.finish(isComplete: isComplete)
    }
  }

  private func add(_ order: LineOrder, _ subject: RecordSubject, _ body: (inout JSONWriter) -> Void) {
    if case .records = destination { ordered.add(order, subject, body) }
  }
}

extension LineOrder {
  /// Before every other line.
  static let first = LineOrder(time: .distantPast, stream: -1, model: -1)
  /// After every other line.
  static let last = LineOrder(time: .distantFuture, stream: .max, model: .max)
}
