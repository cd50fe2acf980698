internal import BraidCore

/// What a ``SessionScheduler`` knows of one model, whatever streams it runs on.
struct ScheduledModel {
  /// For each form.
  var times: [RunTimeQuantile]
  private var seeds: [MediaDuration?]
  var rung = 0 { didSet { estimate = times[rung].estimate } }
  /// What a run in the present form is thought to take at most.
  private(set) var estimate: MediaDuration?
  var lastRung: HostTime?
  /// When it last ran, or its first frame came.
  var lastStart: HostTime?
  /// How long after its last run a frame is started although it is predicted to miss: a second at most, less while it has
  /// not been slow for long.
  private(set) var probePeriod = Self.shortestProbePeriod
  private static let shortestProbePeriod = MediaDuration.milliseconds(125)
  /// Whether a frame is to be started although it is predicted to miss, without waiting for the period.
  var wantsProbe = false

  init(variants: Int) {
    times = Array(repeating: RunTimeQuantile(), count: variants)
    seeds = Array(repeating: nil, count: variants)
  }

  mutating func seed(rung: Int, _ duration: MediaDuration) {
    seeds[rung] = duration
    record(rung: rung, duration)
  }

  mutating func record(rung other: Int, _ duration: MediaDuration) {
    times[other].record(duration)
    if other == rung { estimate = times[rung].estimate }
  }

  /// Notes whether a run was in time, and whether it was a probe.
  mutating func noteRun(isProbe: Bool, met: Bool) {
    // A probe in time is followed by the next at once: two make an end to a slow spell.
    if isProbe { wantsProbe = met }
    probePeriod = isProbe && !met ? min(.seconds(1), probePeriod * 2) : Self.shortestProbePeriod
  }

  /// The mean time of a form in seconds: that of its runs, scaled as those of the present form have changed since the
  /// warm-up; 0 where nothing is known.
  func mean(rung other: Int) -> Double {
    let present = times[rung].mean?.seconds ?? 0
    guard other != rung else { return present }
    guard let seed = seeds[other]?.seconds, let own = seeds[rung]?.seconds, own > 0 else {
      return times[other].mean?.seconds ?? present
    }
    return seed * present / own
  }
}
