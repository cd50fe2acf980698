internal import BraidCore

/// Turns a level over time into intervals, with hysteresis: what the detectors of intervals have in common.
///
/// An interval begins when the level rises above `open` and is over when it has stayed below `close` for `hold`; it ends
/// then where the level fell. It is handed out from the moment it is as long as `minimumLength` while the level is up, and
/// not at all if it never is. Allocates: no.
struct IntervalTracker {
  /// The level that begins an interval, and the lower one that ends it.
  let open: Float
  let close: Float
  /// How long the level must stay below for the interval to be over.
  let hold: MediaDuration
  /// How much earlier than the rise the interval is said to begin.
  let lead: MediaDuration
  /// How much earlier than the fall it is said to end.
  let lag: MediaDuration
  /// What is shorter is not handed out.
  let minimumLength: MediaDuration

  private var start: MediaTime?
  /// Since when the level has been below, in an interval that is not over yet.
  private var fell: MediaTime?
  private var isAnnounced = false
  private var lastEnd = MediaTime.distantPast
  private var lastTime = MediaTime.distantPast
  private var sum = 0.0
  private var count = 0

  init(
    open: Float, close: Float, hold: MediaDuration, lead: MediaDuration, lag: MediaDuration,
    minimumLength: MediaDuration
  ) {
    self.open = open
    self.close = close
    self.hold = hold
    self.lead = lead
    self.lag = lag
    self.minimumLength = minimumLength
  }

  /// Takes the level at a time; times increase.
  ///
  /// - Parameters:
  ///   - level: compared with the thresholds.
  ///   - score: averaged over the interval, 0 to 1.
  ///   - time: when.
  ///   - earliest: before this no interval begins: where the stream does.
  /// - Returns: an interval that has just become certain, or is just over.
  mutating func update(level: Float, score: Float, time: MediaTime, earliest: MediaTime) -> DetectedInterval? {
    lastTime = time
    guard let start else {
      guard level > open else { return nil }
      self.start = max(time - lead, earliest, lastEnd)
      isAnnounced = false
      sum = Double(score)
      count = 1
      return announce(time)
    }
    guard level < close else {
      fell = nil
      sum += Double(score)
      count += 1
      return isAnnounced ? nil : announce(time)
    }
    let fell = fell ?? time
    self.fell = fell
    guard !isAnnounced || time - fell >= hold else { return nil }
    return end(start, max(start, fell - lag))
  }

  /// Ends an interval that is still open at the last time seen; nil if there is none to hand out.
  mutating func finish() -> DetectedInterval? {
    guard let start else { return nil }
    return end(start, max(start, fell.map { $0 - lag } ?? lastTime))
  }

  /// Forgets everything.
  mutating func reset() {
    start = nil
    fell = nil
    lastEnd = .distantPast
    lastTime = .distantPast
  }

  private mutating func announce(_ time: MediaTime) -> DetectedInterval? {
    guard let start, time - start >= minimumLength else { return nil }
    isAnnounced = true
    return DetectedInterval(start: start, end: time, isFinal: false, score: meanScore)
  }

  private mutating func end(_ start: MediaTime, _ time: MediaTime) -> DetectedInterval? {
    self.start = nil
    fell = nil
    guard isAnnounced else { return nil }
    lastEnd = time
    return DetectedInterval(start: start, end: time, isFinal: true, score: meanScore)
  }

  private var meanScore: Float { count > 0 ? min(1, max(0, Float(sum / Double(count)))) : 0 }
}
