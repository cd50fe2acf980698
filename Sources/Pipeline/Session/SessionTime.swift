internal import BraidCore

/// The time as the session's thread sees it: it stands still while one thing is dealt with, and steps from one to the next.
///
/// Everything that the thread decides by time follows from the order of steps and their times alone, which is what makes a
/// recorded session repeatable. For the session's thread.
final class SessionTime {
  /// When the present step began.
  private(set) var now: HostTime
  /// When the session's media time is zero.
  var zero: HostTime
  private let clock: any SessionClock

  init(clock: any SessionClock) {
    self.clock = clock
    now = clock.now
    zero = now
  }

  /// The session's media time at an instant, where time is real.
  func media(at instant: HostTime) -> MediaTime { .zero + (instant - zero) }

  /// The next step begins now.
  func step() { now = clock.now }

  /// The next step began at `time`, in the session that is repeated.
  func step(to time: HostTime) { now = time }
}
