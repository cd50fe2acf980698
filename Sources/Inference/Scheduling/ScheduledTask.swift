public import BraidCore

/// Everything that was offered to a task, and what became of it.
public struct SchedulerCounters: Hashable, Sendable {
  /// Frames that came.
  public var offered = 0
  /// Runs that have ended with a result.
  public var results = 0
  /// Results of probes.
  public var probes = 0
  /// Results that came after their deadline, those of probes included.
  public var missed = 0
  /// Those of them that were probes.
  public var missedProbes = 0
  /// Frames that were not run, by reason.
  public var skipped = SkipCounts()
  /// Frames that wait.
  public var queued = 0
  /// 1 while the model runs.
  public var inFlight = 0
}

/// What a ``SessionScheduler`` knows of one model on one stream.
struct ScheduledTask {
  private static let contents = 32

  let firstEntry: Int
  let minimumPeriod: MediaDuration?
  /// Whether others run on its results.
  var feedsOthers = false
  var counters = SchedulerCounters()
  var head = 0
  /// What was skipped after the last entry.
  var lostAfter = SkipCounts()
  var isRunning: Bool { counters.inFlight > 0 }
  var queued: Int { counters.queued }
  /// When the last run started, or the first frame came.
  var lastStart: HostTime?

  /// The place on the ladder of intervals.
  var intervalStep = 0
  var lastStep: HostTime?
  /// The number of the frame that is due next, of those that came: ones before it are passed over.
  private var due = 0.0
  /// Frames that came and were not thinned out beforehand.
  private(set) var arrivals = 0
  /// What the skip policy thins out beforehand.
  var filter: IntervalFilter

  var isShed = false
  var shedAt: HostTime?
  /// How long it stays shed; doubles while it does not help.
  var shedFor = MediaDuration.seconds(1)
  /// Why carried state begins anew with the next run; nil where it goes on, or where nothing has run yet.
  var resetCause: SchedulerChange.Cause?
  /// Whether carried state begins anew with the next run.
  var resetsState: Bool

  /// Mean time between frames, in seconds; 0 before the second.
  private(set) var gap = 0.0
  /// How far gaps are from their mean on the average, in seconds.
  private var deviation = 0.0
  /// Whether the last gap was a pause, such as a gate's, and no gap: one says nothing about the rate, two do.
  private var lastWasPause = false
  /// How many parts a frame brings, such as crops, on the average.
  private(set) var meanCount = 1.0
  /// About the longest of late, in seconds.
  private(set) var longestGap = 0.0
  private(set) var lastCaptured: HostTime?
  private var content: InlineArray<32, Double> = .init(repeating: 1)
  private var contentCount = 0
  private var nextContent = 0
  private(set) var contentMean = 1.0
  /// What part of the last contents is below the newest, 0 to 1; a half where all are the same.
  private(set) var contentRank = 0.5
  /// Whether all of the last frames had the same in them, or nothing is known.
  var contentIsLevel: Bool {
    for place in 1..<max(1, contentCount) where content[place] != content[0] { return false }
    return true
  }

  /// The part of the last frames with more than this in them. Those within a quarter of it count in part, so that tasks of
  /// about the same worth share what many frames have alike.
  func part(exceeding value: Double) -> Double {
    guard contentCount > 0, value > 0 else { return 1 }
    var above = 0.0
    for place in 0..<contentCount { above += min(1, max(0, (content[place] / value - 0.75) * 2)) }
    return above / Double(contentCount)
  }

  /// The most that was in one of the last frames.
  var mostContent: Double {
    var most = 0.0
    for place in 0..<contentCount { most = max(most, content[place]) }
    return most
  }

  /// What frames have left until their deadline when they come, at best: about the most of late.
  private(set) var freshSlack = MediaDuration.zero
  /// How many misses more would still keep them to one in a hundred of the frames started, with something to spare.
  var missAllowance = 0.3
  /// What running one frame costs the others by keeping a server from them.
  var blockingLoss = 0.0
  /// How far apart probes are at least.
  var probePeriod = MediaDuration.zero
  /// Set while one choice is made.
  var isPassedOver = false

  init(configuration: SchedulerConfiguration.Task, policy: SkipPolicy, firstEntry: Int) {
    self.firstEntry = firstEntry
    filter = IntervalFilter(policy)
    resetsState = configuration.kind == .stateful
    minimumPeriod =
      configuration.minimumRate > 0
      ? MediaDuration(nanoseconds: Int64(min(1e18, 1e9 / configuration.minimumRate))) : nil
    if let period = configuration.period, period > .zero { gap = period.seconds }
  }

  /// Frames a second, as they came lately; none after a silence of eight frames and a second.
  func rate(now: HostTime) -> Double {
    guard let lastCaptured, gap > 0 else { return 0 }
    return (now - lastCaptured).seconds > max(1, gap * 8) ? 0 : 1 / gap
  }

  /// How many frames are likely to come within so many seconds: the next is due a gap after the last, give or take their
  /// deviation.
  func expectedArrivals(within reach: Double, now: HostTime) -> Double {
    guard rate(now: now) > 0, let lastCaptured else { return 0 }
    let due = max(0, gap - (now - lastCaptured).seconds)
    let beyond = reach - due
    let width = max(deviation, gap / 16)
    if beyond <= -width { return 0 }
    return beyond < width ? (beyond + width) / (2 * width) : 1 + (beyond - width) / gap
  }

  mutating func noteArrival(captured: HostTime, content value: Double, count: Int) {
    arrivals += 1
    meanCount += (Double(count) - meanCount) / 16
    if let lastCaptured {
      let since = max(0, (captured - lastCaptured).seconds)
      longestGap = since > longestGap && since < 1 + 8 * gap ? since : max(gap, longestGap * 0.99)
      let isPause = gap > 0 && since > 1 + 8 * gap
      if gap == 0 || isPause && lastWasPause {
        (gap, deviation) = (since, 0)
      } else if !isPause {
        deviation += (abs(since - gap) - deviation) / 16
        gap += (since - gap) / 16
      }
      lastWasPause = isPause
    }
    lastCaptured = captured
    var below = 0.0
    for place in 0..<contentCount { below += content[place] < value ? 1 : content[place] == value ? 0.5 : 0 }
    contentRank = contentCount > 0 ? below / Double(contentCount) : 0.5
    content[nextContent] = value
    nextContent = (nextContent + 1) % Self.contents
    contentCount = min(contentCount + 1, Self.contents)
    contentMean += (value - contentMean) / 64
  }

  /// Breaks carried state off.
  mutating func breakState(_ cause: SchedulerChange.Cause) {
    resetsState = true
    // Before the first run there is no state to lose.
    if counters.results > 0 || counters.inFlight > 0 { resetCause = resetCause ?? cause }
  }

  /// Counts losses towards the next frame to come.
  mutating func addLostAfter(_ lost: SkipCounts) { lostAfter.add(lost) }

  /// Books what became of a run that was this likely to miss.
  mutating func settleRisk(_ risk: Double, missed: Bool) {
    missAllowance = min(1, max(-3, missAllowance + 0.007 + risk - (missed ? 1 : 0)))
  }

  /// Notes what a frame has left when it comes.
  mutating func noteSlack(_ slack: MediaDuration) {
    let held = max(.zero, slack)
    freshSlack =
      held > freshSlack ? held : freshSlack - MediaDuration(nanoseconds: (freshSlack - held).nanoseconds / 64)
  }

  /// The frames from one that is run to the next: where the ladder stands, but no more than the task's share asks for by
  /// now.
  private func interval(share: Double) -> Double {
    min(IntervalLadder.frames(intervalStep), max(1, 0.75 / max(0.01, share)))
  }

  /// Whether the interval keeps the frame that was noted last. One with more in it than most is due earlier, one with less
  /// later, by up to half an interval.
  func admits(share: Double, usesContent: Bool) -> Bool {
    guard intervalStep > 0 else { return true }
    let early = usesContent ? (contentRank - 0.5) * 2 * interval(share: share) : 0
    return Double(arrivals) + early + 0.01 >= due
  }

  /// Moves what is due on from a frame that is run: an interval after it was due, or after the frame before it if that is
  /// later, so that what is kept is regular and a frame that could not be run does not use up a turn.
  mutating func ran(_ number: Int, share: Double) {
    let interval = interval(share: share)
    due = max(due, Double(number) - 1) + interval
    due = min(due, Double(number) + 2 * interval)
  }
}
