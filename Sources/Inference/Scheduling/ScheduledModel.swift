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
  /// Whether a frame is to be started although it is predicted to miss, without waiting for the period.
  private(set) var wantsProbe = false
  /// Probes in time, one at once after the other.
  private var probesInTime = 0

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

  /// Notes that a run starts.
  mutating func noteStart(at now: HostTime, isProbe: Bool) {
    lastStart = now
    if !isProbe || !wantsProbe { probesInTime = 0 }
    wantsProbe = false
  }

  /// Notes how a probe ended. One in time is followed by the next at once: two make an end to a slow spell. Where they do not,
  /// what is predicted to miss is not run in a chain.
  mutating func noteProbe(met: Bool) {
    probesInTime = met ? probesInTime + 1 : 0
    wantsProbe = probesInTime == 1
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
