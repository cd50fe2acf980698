public import BraidCore

/// Decides, for one model on one stream, which frames it runs on and when: a pure state machine, without a clock or a
/// thread of its own.
///
/// One frame is in flight at most. At real-time pace a picture that waits is replaced by a newer one (`stale`), windows
/// of sound queue, and nothing is started that is predicted to end after its deadline, capture time + budget
/// (`budget`), but for probes: when nothing has run for a while, one frame is started all the same. At fast pace, and
/// under ``SkipPolicy/none``, every frame that the interval keeps is run, in order; who offers asks ``hasRoom`` first.
///
/// At all times, exactly: offered = results + skipped + queued + in flight.
public struct FrameScheduler<Item> {
  /// How frames wait.
  public enum Kind: Hashable, Sendable {
    /// Only the latest is worth running.
    case picture
    /// Each is worth running as long as it makes its deadline.
    case window
  }

  /// What the scheduler holds to; fixed for its life.
  public struct Configuration: Hashable, Sendable {
    /// How frames wait.
    public var kind: Kind
    /// What may be passed over.
    public var policy: SkipPolicy
    /// Whether time counts. At fast pace no frame is ever skipped for time.
    public var isRealtime: Bool
    /// From capture to the end of the run.
    public var budget: MediaDuration
    /// How long nothing may have run before a frame is started as a probe: 1 s, or the period of the minimum rate if that
    /// is longer.
    public var probePeriod: MediaDuration
    /// How many frames may wait, at least 1. A window more and the oldest goes (`budget`), where frames may go at all.
    public var queueCapacity: Int

    /// A configuration; without more, one for pictures at fast pace.
    public init(
      kind: Kind = .picture, policy: SkipPolicy = .adaptive, isRealtime: Bool = false,
      budget: MediaDuration = .unlimited, minimumRatePeriod: MediaDuration = .zero, queueCapacity: Int = 64
    ) {
      self.kind = kind
      self.policy = policy
      self.isRealtime = isRealtime
      self.budget = budget
      probePeriod = max(.seconds(1), minimumRatePeriod)
      self.queueCapacity = max(1, queueCapacity)
    }
  }

  /// A frame that the model did not run on.
  public struct Skip {
    /// The frame.
    public let item: Item
    /// Its media time.
    public let time: MediaTime
    /// Why.
    public let reason: SkipReason
  }

  /// A frame to be run now.
  public struct Run {
    /// The frame.
    public let item: Item
    /// Its media time.
    public let time: MediaTime
    /// By when it should be done; nil where time does not count.
    public let deadline: HostTime?
    /// Whether it is started although it is predicted to miss.
    public let isProbe: Bool
    /// What was skipped between the frame of the last run and this one.
    public let lost: SkipCounts
  }

  /// What to do next.
  public enum Decision {
    /// Run this, and say ``FrameScheduler/finished(now:)`` afterwards.
    case run(Run)
    /// Let this go; ask again.
    case skip(Skip)
    /// Nothing: a run is in flight, or nothing waits.
    case idle
  }

  /// Everything that was offered, and what became of it.
  public struct Counters: Hashable, Sendable {
    /// Frames that came.
    public var offered = 0
    /// Runs that have ended.
    public var results = 0
    /// Results of probes.
    public var probes = 0
    /// Results that came after their deadline, those of probes included.
    public var missed = 0
    /// Frames that were not run, by reason.
    public var skipped = SkipCounts()
    /// Frames that wait.
    public var queued = 0
    /// 1 while the model runs.
    public var inFlight = 0
  }

  private struct Entry {
    let item: Item
    let time: MediaTime
    let captured: HostTime?
    /// What was skipped between the entry before and this one.
    var lostBefore: SkipCounts
  }

  /// What was offered, and what became of it.
  public private(set) var counters = Counters()
  /// How long runs take.
  public private(set) var estimator = ServiceTimeEstimator()
  /// What the scheduler holds to.
  public let configuration: Configuration

  private var interval: IntervalFilter
  private var entries: [Entry?]
  private var head = 0
  /// What was skipped after the last entry.
  private var lostAfter = SkipCounts()
  private var flight: (started: HostTime, deadline: HostTime?, isProbe: Bool)?
  private var lastStart: HostTime?

  /// A scheduler with nothing offered yet.
  public init(_ configuration: Configuration) {
    self.configuration = configuration
    interval = IntervalFilter(configuration.policy)
    entries = Array(repeating: nil, count: configuration.queueCapacity)
  }

  /// Whether a frame offered now would not push another one out for want of room.
  public var hasRoom: Bool { counters.queued < entries.count }

  private var mayThin: Bool { configuration.isRealtime && configuration.policy != .none }

  /// Takes the time of a run made before the first frame (warm-up) for a first estimate.
  public mutating func seed(_ duration: MediaDuration) { estimator.record(duration) }

  /// Takes a frame.
  ///
  /// - Parameters:
  ///   - item: the frame.
  ///   - time: its media time.
  ///   - captured: when its newest part was captured; nil where time does not count.
  ///   - now: the clock's time.
  /// - Returns: the frame that goes because of this one: itself (`interval`), an older picture (`stale`), or the oldest
  ///   window (`budget`). Nil if none does.
  /// - Precondition: ``hasRoom``, at fast pace and under ``SkipPolicy/none``.
  public mutating func offer(_ item: Item, time: MediaTime, captured: HostTime?, now: HostTime) -> Skip? {
    counters.offered += 1
    if lastStart == nil { lastStart = now }
    guard interval.keeps(time) else {
      counters.skipped.interval += 1
      lostAfter.interval += 1
      return Skip(item: item, time: time, reason: .interval)
    }
    var gone: Skip?
    if mayThin, configuration.kind == .picture {
      gone = skipFirst(.stale)
    } else if !hasRoom {
      precondition(mayThin, "a frame was offered to a full queue that may not be thinned")
      gone = skipFirst(.budget)
    }
    entries[(head + counters.queued) % entries.count] = Entry(
      item: item, time: time, captured: captured, lostBefore: lostAfter)
    lostAfter = SkipCounts()
    counters.queued += 1
    return gone
  }

  /// Counts a frame that is not even offered, because a gate or a gap decided so.
  public mutating func refuse(_ reason: SkipReason) {
    counters.offered += 1
    counters.skipped[reason] += 1
    lostAfter[reason] += 1
  }

  /// What to do now. Ask again after every ``Decision/skip(_:)`` until it is something else.
  public mutating func startNext(now: HostTime) -> Decision {
    guard flight == nil, let entry = entries[head] else { return .idle }
    let deadline = configuration.isRealtime ? entry.captured.map { $0 + configuration.budget } : nil
    var isProbe = false
    if mayThin, let deadline, now + (estimator.estimate ?? .zero) > deadline {
      let isDue = lastStart.map { now - $0 >= configuration.probePeriod } ?? true
      // A later window may still make it, and is the better probe if it does not.
      guard isDue, counters.queued == 1 else {
        return skipFirst(.budget).map(Decision.skip) ?? .idle
      }
      isProbe = true
    }
    removeFirst()
    counters.inFlight = 1
    flight = (now, deadline, isProbe)
    lastStart = now
    return .run(
      Run(item: entry.item, time: entry.time, deadline: deadline, isProbe: isProbe, lost: entry.lostBefore))
  }

  /// Says that the run in flight has ended with a result. Without one in flight nothing happens.
  ///
  /// - Returns: whether the result met its deadline; true where there is none.
  @discardableResult
  public mutating func finished(now: HostTime) -> Bool {
    guard let flight else { return true }
    let met = flight.deadline.map { now <= $0 } ?? true
    estimator.record(now - flight.started)
    counters.results += 1
    counters.missed += met ? 0 : 1
    counters.probes += flight.isProbe ? 1 : 0
    endFlight()
    return met
  }

  /// Says that the run in flight has ended without a result: its frame is counted as skipped.
  public mutating func abandoned(_ reason: SkipReason) {
    guard flight != nil else { return }
    counters.skipped[reason] += 1
    if counters.queued > 0 { entries[head]?.lostBefore[reason] += 1 } else { lostAfter[reason] += 1 }
    endFlight()
  }

  /// Lets the oldest frame that waits go, for a reason from outside: a gap, shedding, the end. Nil when none waits.
  public mutating func skipFirst(_ reason: SkipReason) -> Skip? {
    guard let entry = entries[head], counters.queued > 0 else { return nil }
    removeFirst()
    counters.skipped[reason] += 1
    var lost = entry.lostBefore
    lost[reason] += 1
    if counters.queued > 0 { entries[head]?.lostBefore.add(lost) } else { lostAfter.add(lost) }
    return Skip(item: entry.item, time: entry.time, reason: reason)
  }

  private mutating func removeFirst() {
    entries[head] = nil
    head = (head + 1) % entries.count
    counters.queued -= 1
  }

  private mutating func endFlight() {
    flight = nil
    counters.inFlight = 0
  }
}
