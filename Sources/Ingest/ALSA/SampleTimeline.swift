import BraidCore

/// Keeps the time of one device's samples and accounts for those that are missing: a pure state machine.
///
/// A position counts the samples since a recovery began, lost ones included, so that time never shifts: what ``ClockRecovery``
/// makes of it is when a sample was captured. A loss is the distance from the end of the old samples to the beginning of the new
/// ones, at the recovered rate: each by the earliest of a few observations, so that both are late by nearly the same. That is
/// exact where the device's pointer is. (The time at which a device says that it was started is not better: its first sample
/// comes somewhat later, by a whole sample more or less.) Allocates: no, after `init`.
struct SampleTimeline {
  /// Samples that a device did not give, between two blocks.
  struct Loss: Hashable {
    /// The end of the block before it.
    var start: HostTime
    /// The start of the block after it; before `start` where the device's clock jumped back.
    var end: HostTime
    /// How many samples are missing.
    var samples: Int
    /// Why.
    var reason: Gap.Reason
  }

  /// What has become of the samples that were read.
  struct Block: Hashable {
    /// What was lost before them; the epoch has gone up with it.
    var loss: Loss?
    /// The filtered host time of the first.
    var start: HostTime
    /// The same of the end of the last.
    var end: HostTime
  }

  /// How many observations of a new run are awaited before what was lost is counted.
  private static let settlingCount = 8
  /// How long samples that come late may take to catch up before they count as lost.
  private static let patience = MediaDuration.milliseconds(60)

  /// The device's clock against the host's.
  private(set) var recovery = ClockRecovery()
  /// The run of continuous time; goes up with every loss.
  private(set) var epoch = 0
  /// Where the next sample to be read stands.
  private(set) var position: Int64 = 0
  /// The filtered host time of the end of the last block; nil before the first.
  private(set) var end: HostTime?

  /// No sample of a device that comes back can be earlier: what has been promised to those who wait.
  var earliest = HostTime(nanoseconds: .min)

  private var sampleRate: Int
  private var settlingCount: Int
  /// Observations that the present line was made of.
  private var recent = ObservationWindow()
  /// Observations since a loss that is not counted yet, at positions as if nothing had been lost.
  private var fresh = ObservationWindow()
  private var interruption: Gap.Reason?
  /// When the samples before the interruption ended, and what their rate was.
  private var lastRun: (end: HostTime, rate: Double)?
  /// Since when samples come late.
  private var lateSince: HostTime?
  private var newest: (position: Int64, time: HostTime)?

  /// A timeline of which nothing is known.
  ///
  /// - Parameters:
  ///   - sampleRate: samples a second, nominal.
  ///   - bufferPeriods: how many periods the device's buffer holds; fewer observations are awaited where it holds few.
  init(sampleRate: Int, bufferPeriods: Int) {
    self.sampleRate = max(1, sampleRate)
    settlingCount = max(1, min(Self.settlingCount, bufferPeriods / 3))
  }

  /// Samples per host second.
  var rate: Double { Double(sampleRate) * recovery.rate }

  /// Whether samples are missing that are not counted yet.
  var isInterrupted: Bool { interruption != nil }

  /// The device begins a run, for the first time or after an interruption.
  mutating func start() {
    fresh.removeAll()
    lateSince = nil
    newest = nil
  }

  /// The device's run has ended: what it holds and what comes until the next run is lost.
  ///
  /// - Parameter reason: ``Gap/Reason/overrun``, or ``Gap/Reason/unplug`` where it must be opened again, and its clock found
  ///   anew. Several without a sample between them are one loss.
  mutating func interrupt(_ reason: Gap.Reason) {
    newest = nil
    lateSince = nil
    if interruption == nil { closeRun() }
    guard interruption != .unplug else { return }
    interruption = reason
    if reason == .unplug { restart() }
  }

  /// The device came back with another rate, after ``interrupt(_:)`` with ``Gap/Reason/unplug``.
  mutating func change(sampleRate: Int, bufferPeriods: Int) {
    self.sampleRate = max(1, sampleRate)
    settlingCount = max(1, min(Self.settlingCount, bufferPeriods / 3))
  }

  /// Keeps when the samples that were read ended, before anything of a new run is known.
  private mutating func closeRun() {
    guard let end else { return }
    lastRun = (recent.time(of: position, rate: rate, group: settlingCount) ?? end, rate)
  }

  /// The loss up to `now` of a device that will not come back; nil where there is none.
  mutating func giveUp(at now: HostTime) -> Loss? {
    guard let reason = interruption, let end, let lastRun else { return nil }
    interruption = nil
    epoch += 1
    return Loss(start: end, end: max(end, now), samples: Self.samples(now - lastRun.end, lastRun.rate), reason: reason)
  }

  /// The device was seen to have `available` samples at `time`.
  ///
  /// - Returns: whether they may be read now. Else they should be left in the device until the next observation: the first ones
  ///   after an interruption until it is known when they begin, and late ones until it is known whether some are missing.
  mutating func observe(available: Int, at time: HostTime) -> Bool {
    let seen = position.addingSaturating(Int64(clamping: available))
    if let newest, newest.position == seen, newest.time == time { return lateSince == nil && !isInterrupted }
    newest = (seen, time)
    if isInterrupted {
      fresh.append(position: seen, time: time)
      return end == nil || fresh.count >= settlingCount
    }
    if isLate(seen, time) {
      if lateSince == nil {
        lateSince = time
        fresh.removeAll()
      }
      fresh.append(position: seen, time: time)
      guard let since = lateSince, time - since >= Self.patience, fresh.count >= settlingCount else { return false }
      closeRun()
      interruption = .overrun
      lateSince = nil
      return true
    }
    lateSince = nil
    recent.append(position: seen, time: time)
    return true
  }

  /// Whether an observation is so much later than the line that samples may be missing.
  private func isLate(_ seen: Int64, _ time: HostTime) -> Bool {
    guard end != nil, recent.count > 0 else { return false }
    let jitter = recovery.estimate.jitter
    let tolerance = recent.isFull ? max(.milliseconds(5), jitter * 6) : max(.milliseconds(50), jitter * 6)
    return time - recovery.hostTime(of: duration(seen)) > tolerance
  }

  /// `count` samples were read after an observation that allowed it: gives them their time.
  mutating func take(_ count: Int) -> Block {
    var loss: Loss?
    if let reason = interruption { loss = settle(reason) }
    let begin = position
    position = position.addingSaturating(Int64(clamping: count))
    let (line, jump) = follow(from: begin)
    let start = jump?.end ?? loss?.end ?? end ?? line - duration(Int64(clamping: count))
    let stop = max(start, line)
    end = stop
    return Block(loss: loss ?? jump, start: start, end: stop)
  }

  /// Counts what was lost, and goes on behind it. Nil where nothing was given out before.
  private mutating func settle(_ reason: Gap.Reason) -> Loss? {
    interruption = nil
    guard let from = end, let lastRun else { return nil }
    let first = fresh.time(of: position, rate: rate, group: settlingCount) ?? lastRun.end
    let missing = Self.samples(first - lastRun.end, lastRun.rate)
    var until = max(from, first, earliest)
    epoch += 1
    if reason != .unplug {
      position = position.addingSaturating(Int64(missing))
      fresh.shift(by: Int64(missing))
      if let newest { self.newest = (newest.position.addingSaturating(Int64(missing)), newest.time) }
      until = max(from, recovery.hostTime(of: duration(position)))
    }
    recent = fresh
    end = until
    return Loss(start: from, end: until, samples: missing, reason: reason)
  }

  /// How many samples a stretch of time is, at least 0.
  private static func samples(_ time: MediaDuration, _ rate: Double) -> Int {
    let count = (time.seconds * rate).rounded()
    return count > 0 && count < 9e15 ? Int(count) : 0
  }

  /// A new device, or the same one opened again: its clock has to be found anew.
  private mutating func restart() {
    position = 0
    recovery.reset()
    recent.removeAll()
    fresh.removeAll()
  }

  /// Tells the recovery where the samples that were just read end, and when that was.
  ///
  /// - Returns: the filtered host time of their end, and a loss without samples where the device's clock has jumped.
  private mutating func follow(from begin: Int64) -> (end: HostTime, jump: Loss?) {
    let observed = hostTime(of: position)
    let line = recovery.update(source: duration(position), observed: observed)
    guard recovery.hasJumped else { return (line, nil) }
    let length = duration(position - begin)
    let shift = begin
    position -= shift
    recent.removeAll()
    if let newest { self.newest = (newest.position - shift, newest.time) }
    recovery.reset()
    let anew = recovery.update(source: duration(position), observed: observed)
    let start = anew - length
    epoch += 1
    return (anew, Loss(start: end ?? start, end: start, samples: 0, reason: .timestamps))
  }

  /// When a position was seen to be reached, by the newest observation.
  private func hostTime(of position: Int64) -> HostTime {
    guard let newest else { return recovery.hostTime(of: duration(position)) }
    return newest.time - duration(newest.position - position)
  }

  private func duration(_ samples: Int64) -> MediaDuration { .samples(samples, sampleRate: sampleRate) }
}
