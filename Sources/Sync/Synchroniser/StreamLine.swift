internal import BraidCore

/// One stream of a ``Synchroniser``: its times, how far it has come, when it came. The items are the synchroniser's.
///
/// Allocates: no, after `init`.
struct StreamLine {
  /// The share of items that the jitter buffer lets through in time.
  private static let covered = 0.999
  /// Before so many items the buffer is larger, by as many times as there are fewer.
  private static let leastItems = 16

  let settings: SyncStream
  private(set) var history: StreamHistory
  private var repair: StampRepair
  var report = SyncStreamReport()
  /// Nothing earlier will come.
  private(set) var bound = MediaTime.distantPast
  /// The same for what must be covered: sound goes on where it ends.
  private(set) var reach = MediaTime.distantPast
  private(set) var isFinished = false
  /// The latest that a released moment might have wanted, had it come.
  private(set) var answered = MediaTime.distantPast
  /// How long the item lasts that waits to be confirmed.
  var suspectDuration = MediaDuration.zero
  private var transits = JitterMeter()
  private var distances = JitterMeter()
  private var lastArrival: HostTime?
  private(set) var buffer: MediaDuration
  private var sequence = 0
  /// The last item's time, and where it came to lie.
  private var last: (stamp: MediaTime, placed: MediaTime)?

  init(_ settings: SyncStream) {
    self.settings = settings
    history = StreamHistory(capacity: settings.capacity)
    repair = StampRepair(jumpLimit: settings.jumpLimit)
    buffer = settings.jitterLimits.upperBound
  }

  /// Takes note of an arrival: the stream lives.
  mutating func arrived(at now: HostTime) {
    if let lastArrival { distances.record(now - lastArrival) }
    lastArrival = now
    report.isSilent = false
  }

  /// Takes note of how long after its time an item came, and sizes the buffer by it.
  mutating func measure(_ transit: MediaDuration) {
    transits.record(transit)
    guard transits.count < 64 || sequence % 32 == 0 else { return }
    guard let late = transits.quantile(Self.covered), let early = transits.quantile(1 - Self.covered) else { return }
    let wanted = late * Int64(max(1, Self.leastItems / transits.count))
    buffer = min(max(wanted, settings.jitterLimits.lowerBound), settings.jitterLimits.upperBound)
    report.buffer = buffer
    report.jitter = late - early
  }

  /// Judges the next stamp: see ``StampRepair``.
  mutating func judge(_ stamp: MediaTime, epoch: Int) -> StampRepair.Verdict {
    repair.take(stamp, epoch: epoch, report: &report)
  }

  /// Puts an item with a usable time in its place. Returns where that is and the item's slot, nil if there was no room.
  mutating func place(_ time: MediaTime, duration: MediaDuration, wanted: MediaTime) -> (time: MediaTime, slot: Int)? {
    // Behind those of the same time, though the first of them may be gone.
    let start = last.map { $0.stamp == time ? $0.placed : time } ?? time
    sequence += 1
    let entry = StreamHistory.Entry(time: start, duration: duration, run: repair.run, sequence: sequence)
    let drops = history.isFull && history[0].time >= wanted
    guard let insertion = history.insert(entry) else {
      report.crowded += 1
      return nil
    }
    let placed = insertion.time
    if drops { report.dropped += 1 }
    last = (time, placed)
    report.accepted += 1
    if placed != time { report.duplicates += 1 }
    if let newest = repair.newest, placed < newest {
      if placed < newest - settings.lateness { report.overdue += 1 } else { report.reordered += 1 }
    }
    if placed <= answered { report.late += 1 }
    repair.accepted(placed, duration: duration)
    // Without lateness, what comes at the same time is moved behind.
    let past = MediaDuration(nanoseconds: settings.lateness > .zero ? 0 : 1)
    advance(to: placed - settings.lateness + past)
    reach = max(reach, placed + duration - settings.lateness)
    return insertion
  }

  mutating func advance(to bound: MediaTime) {
    self.bound = max(self.bound, bound)
    // That nothing more comes is not how far it goes.
    if bound < .distantFuture { reach = max(reach, bound) }
  }

  /// Says that nothing more comes. Returns the time and duration of what was suspected and is right for want of anything
  /// after it.
  mutating func finish() -> (time: MediaTime, duration: MediaDuration)? {
    isFinished = true
    return repair.takeSuspect(&report).map { ($0, suspectDuration) }
  }

  // MARK: What moments ask

  /// Whether nothing that may still come changes what `policy` takes at `tick`.
  func hasPassed(_ policy: SyncPolicy, _ tick: MediaTime) -> Bool {
    isFinished || passed(policy) >= history.need(policy, at: tick)
  }

  private func passed(_ policy: SyncPolicy) -> MediaTime {
    guard case .window(_, _, .some) = policy else { return bound }
    return reach
  }

  /// Takes note that a moment was released: what comes at or before ``answered`` from now on is late.
  mutating func answered(_ policy: SyncPolicy, _ tick: MediaTime) {
    let wanted: MediaTime
    if hasPassed(policy, tick) {
      wanted = history.need(policy, at: tick) - MediaDuration(nanoseconds: 1)
    } else {
      switch policy {
      case .exact, .hold: wanted = tick
      case .nearest(let length), .interpolate(let length): wanted = tick + length
      case .window(_, let to, _): wanted = tick + to - MediaDuration(nanoseconds: 1)
      }
    }
    answered = max(answered, wanted)
  }

  /// Sees whether the stream has fallen silent: nothing for the whole wait, and for longer than it is used to.
  mutating func checkSilence(_ now: HostTime, wait: MediaDuration) {
    guard !report.isSilent, !isFinished else { return }
    let usual = distances.quantile(0.99) ?? .zero
    guard lastArrival.map({ now - $0 >= max(wait, usual + MediaDuration(nanoseconds: usual.nanoseconds / 2)) }) ?? true
    else { return }
    report.isSilent = true
    report.silences += 1
  }

  /// Lets go one item that no tick from `tick` on can want: all but the last at or before `tick` less `span` are. Returns
  /// its slot, nil if there is none.
  mutating func prune(before tick: MediaTime, span: MediaDuration, keepsLong: Bool) -> Int? {
    let limit = tick - span
    guard history.count > 1, history[1].time <= limit, !keepsLong || history[0].end <= limit else { return nil }
    return history.removeFirst()
  }
}
