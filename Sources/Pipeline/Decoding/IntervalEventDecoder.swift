internal import BraidCore

/// Turns a probability over time into intervals, with hysteresis, least lengths and padding.
///
/// An interval is told twice: when it has lasted long enough to be believed, and when it has ended. Allocates: no.
struct IntervalEventDecoder {
  /// How intervals are found.
  struct Settings: Hashable {
    /// At or above it an interval begins, 0 to 1.
    var threshold: Float = 0.5
    /// Below it an interval may end, at most `threshold`.
    var offThreshold: Float = 0.35
    /// What is shorter is not told.
    var minimumOn = MediaDuration.milliseconds(120)
    /// A pause that is shorter does not end an interval.
    var minimumOff = MediaDuration.milliseconds(200)
    /// Added before and after; after, no more than the pause had lasted when it was known to be one. Intervals never overlap.
    var padding = MediaDuration.milliseconds(30)
  }

  /// An interval, open or ended.
  struct Interval: Equatable {
    /// Counts the intervals; an open one and its end have the same.
    var number: Int
    var start: MediaTime
    var end: MediaTime
    /// The mean probability so far.
    var score: Float
    var isFinal: Bool
  }

  private let settings: Settings
  private var number = 0
  private var start: MediaTime?
  private var told = false
  private var lastActive = MediaTime.zero
  /// In double precision: an interval may last for days.
  private var sum = 0.0
  private var count = 0
  /// No interval begins before: the run's start, or the end of the interval before.
  private var floor: MediaTime?

  /// Whether an interval is open that has lasted long enough to be told.
  var isOn: Bool { start != nil && told }

  init(_ settings: Settings) {
    self.settings = settings
  }

  /// Takes the probability from `time` on for `length`; gives what has become certain.
  mutating func push(_ score: Float, from time: MediaTime, length: MediaDuration) -> Interval? {
    if floor == nil { floor = time }
    let end = time + length
    guard let begun = start else {
      guard score >= settings.threshold else { return nil }
      start = time
      told = false
      number += 1
      lastActive = end
      sum = Double(score)
      count = 1
      return tellIfLongEnough(from: time)
    }
    if score >= settings.offThreshold {
      lastActive = end
      sum += Double(score)
      count += 1
      return told ? nil : tellIfLongEnough(from: begun)
    }
    guard end - lastActive >= settings.minimumOff else { return nil }
    return finish(limit: end)
  }

  /// Ends an open interval: nothing more follows, or not at once.
  mutating func end(at time: MediaTime) -> Interval? {
    defer { floor = nil }
    return start == nil ? nil : finish(limit: time)
  }

  private mutating func tellIfLongEnough(from begun: MediaTime) -> Interval? {
    guard lastActive - begun >= settings.minimumOn else { return nil }
    told = true
    return interval(from: begun, to: lastActive, isFinal: false)
  }

  private mutating func finish(limit: MediaTime) -> Interval? {
    guard let begun = start else { return nil }
    start = nil
    guard told else {
      number -= 1
      return nil
    }
    let found = interval(from: begun, to: min(limit, lastActive + settings.padding), isFinal: true)
    // The padding of the next one begins where this one ends.
    floor = max(floor ?? found.end, found.end)
    return found
  }

  private func interval(from begun: MediaTime, to end: MediaTime, isFinal: Bool) -> Interval {
    Interval(
      number: number, start: max(floor ?? begun, begun - settings.padding), end: end,
      score: Float(sum / Double(max(1, count))),
      isFinal: isFinal)
  }
}
