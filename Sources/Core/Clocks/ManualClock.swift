/// A clock that moves only when told to: for tests and for replay.
///
/// A thread that waits on it is woken by ``advance(to:)`` or by its signal; no real time passes meanwhile.
public final class ManualClock: SessionClock {
  private struct State {
    var now: HostTime
    var sleepers: [(signal: Signal, deadline: HostTime)] = []
  }

  private let state: Guarded<State>
  private let changed = Signal()

  /// A clock that stands at `start`.
  public init(start: HostTime = HostTime(nanoseconds: 0)) {
    state = Guarded(State(now: start))
  }

  /// Where the clock stands.
  public var now: HostTime { state.withLock { $0.now } }

  /// Moves the clock forward and wakes whoever waited for that time. A time in the past changes nothing.
  public func advance(to time: HostTime) {
    let woken = state.withLock { state -> [Signal] in
      guard time > state.now else { return [] }
      state.now = time
      let due = state.sleepers.filter { $0.deadline <= time }.map(\.signal)
      state.sleepers.removeAll { $0.deadline <= time }
      return due
    }
    for signal in woken { signal.notify() }
  }

  /// Moves the clock forward by `duration`.
  public func advance(by duration: MediaDuration) {
    advance(to: now + duration)
  }

  /// Blocks until the clock has been moved to `deadline` or the signal was notified.
  public func wait(on signal: Signal, since ticket: Signal.Ticket, until deadline: HostTime) {
    let due = state.withLock { state -> Bool in
      if state.now >= deadline { return true }
      if deadline.nanoseconds != .max { state.sleepers.append((signal, deadline)) }
      return false
    }
    changed.notify()
    if due { return }
    signal.wait(since: ticket, until: HostTime(nanoseconds: .max))
    state.withLock { state in
      if let index = state.sleepers.firstIndex(where: { $0.signal === signal && $0.deadline == deadline }) {
        state.sleepers.remove(at: index)
      }
    }
  }

  /// Blocks until at least `count` threads wait for a time to come: how a test knows that the other side sleeps.
  public func waitForSleepers(_ count: Int) {
    while true {
      let ticket = changed.ticket()
      if state.withLock({ $0.sleepers.count >= count }) { return }
      changed.wait(since: ticket, until: HostTime(nanoseconds: .max))
    }
  }
}
