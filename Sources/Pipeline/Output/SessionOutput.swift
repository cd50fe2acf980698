internal import BraidCore

/// Everything that a session says, in its order, on its way to the sink.
///
/// For the session's thread.
final class SessionOutput {
  /// What kind of stream an event was noticed on, for the offset between sound and picture.
  enum Sense {
    case sound
    case picture
  }

  private var ordered = OrderedOutput()
  private let sink: RecordSink
  /// Whether records carry the times that were measured: capture, latency, budget.
  let showsTimes: Bool
  /// Nanoseconds from CLOCK_MONOTONIC to the Unix epoch's clock, fixed at the start.
  private let wallOffset: Int64
  private var nextEventID = 0
  /// How many `error` records there were.
  private(set) var errorCount = 0
  /// How many events were told, those still open apart.
  private(set) var eventCount = 0
  /// How many results were told.
  private(set) var resultCount = 0
  private var instants: [(name: String, sense: Sense, time: MediaTime)] = []
  private static let instantLimit = 100_000

  init(sink: RecordSink, showsTimes: Bool, sessionID: String?, clock: any SessionClock) {
    self.sink = sink
    self.showsTimes = showsTimes
    wallOffset = WallClock.nanosecondsSinceEpoch.subtractingSaturating(clock.now.nanoseconds)
    ordered.sessionID = sink.isShared ? sessionID : nil
  }

  /// How the sink is.
  var condition: RecordSink.Condition { sink.condition }

  /// A number for a new event.
  func newEventID() -> Int {
    defer { nextEventID += 1 }
    return nextEventID
  }

  /// A capture time on the wall clock, in nanoseconds since the Unix epoch.
  func wallTime(_ captured: HostTime) -> Int64 { captured.nanoseconds.addingSaturating(wallOffset) }

  func session(_ record: SessionRecord) {
    ordered.add(.first) { record.write(to: &$0) }
    ordered.release(before: .distantFuture, to: sink)
    sink.flush()
  }

  func result(_ record: ResultRecord, order: LineOrder) {
    resultCount += 1
    ordered.add(order) { record.write(to: &$0) }
  }

  func event(_ record: EventRecord, order: LineOrder) {
    if record.isFinal { eventCount += 1 }
    ordered.add(order) { record.write(to: &$0) }
  }

  /// Remembers an instant for the offset between sound and picture.
  func remember(instant name: String, sense: Sense, time: MediaTime) {
    if instants.count < Self.instantLimit { instants.append((name, sense, time)) }
  }

  /// The times of the instants that were noticed by `sense`, under the first name that was noticed by both.
  func instants(_ sense: Sense) -> [MediaTime] {
    let sound = Set(instants.filter { $0.sense == .sound }.map(\.name))
    let both = instants.first { $0.sense == .picture && sound.contains($0.name) }
    guard let both else { return [] }
    return instants.filter { $0.sense == sense && $0.name == both.name }.map(\.time)
  }

  func features(_ record: FeaturesRecord, order: LineOrder) {
    ordered.add(order) { record.write(to: &$0) }
  }

  func gap(_ record: GapRecord, order: LineOrder) {
    ordered.add(order) { record.write(to: &$0) }
  }

  func stats(_ record: StatsRecord) {
    ordered.add(LineOrder(time: record.pts, stream: -1, model: -1)) { record.write(to: &$0) }
  }

  func error(_ error: any DescribedError, isFatal: Bool, at time: MediaTime = .distantFuture) {
    errorCount += 1
    let record = ErrorRecord(error: error, isFatal: isFatal)
    ordered.add(LineOrder(time: time, stream: -1, model: -1)) { record.write(to: &$0) }
  }

  func summary(_ record: SummaryRecord) {
    ordered.add(.last) { record.write(to: &$0) }
  }

  /// Writes what lies before `bound` and hands it to the system.
  func release(before bound: MediaTime, flush: Bool) {
    ordered.release(before: bound, to: sink)
    if flush { sink.flush() }
  }

  /// Writes all that is left.
  func finish() {
    ordered.release(before: .distantFuture, to: sink)
    sink.finish()
  }
}

extension LineOrder {
  /// Before every other line.
  static let first = LineOrder(time: .distantPast, stream: -1, model: -1)
  /// After every other line.
  static let last = LineOrder(time: .distantFuture, stream: .max, model: .max)
}
