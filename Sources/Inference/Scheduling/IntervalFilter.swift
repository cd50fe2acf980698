internal import BraidCore

/// Thins a stream by count or by media time, as ``SkipPolicy/every(_:)`` and ``SkipPolicy/maxFPS(_:)`` say.
///
/// Depends on the frames' number and times alone, never on a clock. For a limit by rate, frames are due on a grid: one
/// is kept when it is due, or 2 ms before (a twentieth of the period if that is less), and the next is due a period after
/// that one *was due*, so that the kept rate comes as near the limit as the stream allows. After a hole or a step back
/// the grid starts anew.
struct IntervalFilter: Sendable {
  private let policy: SkipPolicy
  private var count = 0
  private var due: MediaTime?

  init(_ policy: SkipPolicy) {
    self.policy = policy
  }

  /// Whether the next frame is kept.
  mutating func keeps(_ time: MediaTime) -> Bool {
    switch policy {
    case .adaptive, .none: return true
    case .every(let interval):
      let kept = count == 0
      count = count + 1 < interval ? count + 1 : 0
      return kept
    case .maxFPS(let rate):
      let held = rate.isFinite ? min(max(rate, 1e-6), 1e6) : 1e6
      let period = MediaDuration(nanoseconds: Int64(1e9 / held))
      guard let due, time >= due - period - period else { return keep(time, next: period) }
      guard time + min(.milliseconds(2), MediaDuration(nanoseconds: period.nanoseconds / 20)) >= due else {
        return false
      }
      return keep(time - due >= period ? time : due, next: period)
    }
  }

  private mutating func keep(_ time: MediaTime, next period: MediaDuration) -> Bool {
    due = time + period
    return true
  }
}
