import CPosix

/// An instant of the host's monotonic clock (CLOCK_MONOTONIC), in nanoseconds.
///
/// ALSA and V4L2 stamp with the same clock. It stands still while the machine sleeps.
public struct HostTime: Hashable, Comparable, Sendable {
  /// Nanoseconds since an arbitrary start, usually the boot.
  public var nanoseconds: Int64

  /// An instant this many nanoseconds after the clock's start.
  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// Orders by time.
  public static func < (lhs: HostTime, rhs: HostTime) -> Bool { lhs.nanoseconds < rhs.nanoseconds }

  /// The instant `duration` later, saturating.
  public static func + (time: HostTime, duration: MediaDuration) -> HostTime {
    HostTime(nanoseconds: time.nanoseconds.addingSaturating(duration.nanoseconds))
  }

  /// The instant `duration` earlier, saturating.
  public static func - (time: HostTime, duration: MediaDuration) -> HostTime {
    HostTime(nanoseconds: time.nanoseconds.subtractingSaturating(duration.nanoseconds))
  }

  /// The signed time from `rhs` to `lhs`, saturating.
  public static func - (lhs: HostTime, rhs: HostTime) -> MediaDuration {
    MediaDuration(nanoseconds: lhs.nanoseconds.subtractingSaturating(rhs.nanoseconds))
  }
}

/// The clock of a session. Everything that waits takes one; tests use a ``ManualClock``.
public protocol SessionClock: Sendable {
  /// The clock's present time.
  var now: HostTime { get }

  /// Blocks the calling thread until `deadline` or until `signal` has been notified since `ticket` was taken,
  /// whichever is first. Returns at once if either is already so.
  func wait(on signal: Signal, since ticket: Signal.Ticket, until deadline: HostTime)
}

/// CLOCK_MONOTONIC. (Swift's `ContinuousClock` reads CLOCK_BOOTTIME on Linux, which devices do not stamp with.)
public struct MonotonicClock: SessionClock {
  /// The host's clock; all values of this type are the same clock.
  public init() {}

  /// CLOCK_MONOTONIC now.
  public var now: HostTime { HostTime(nanoseconds: braid_monotonic_nanoseconds()) }

  /// Blocks on the signal's condition with a time-out on CLOCK_MONOTONIC.
  public func wait(on signal: Signal, since ticket: Signal.Ticket, until deadline: HostTime) {
    signal.wait(since: ticket, until: deadline)
  }
}

/// The wall clock: for stamps that leave the program, never for measuring.
public enum WallClock {
  /// CLOCK_REALTIME in nanoseconds since the Unix epoch.
  public static var nanosecondsSinceEpoch: Int64 { braid_realtime_nanoseconds() }
}
