import BraidCore
import Synchronization

/// What FFmpeg's blocking calls on one input ask whether to go on: an interruption, and a time until when they may take.
///
/// FFmpeg asks between short waits of its own, at the latest every 100 ms. Only the resolution of a host's name does not ask.
final class InputDeadline: Sendable {
  /// Ends every call.
  let interruption: InputInterruption
  private let limit = Atomic<Int64>(.max)

  /// Without a limit yet.
  init(_ interruption: InputInterruption) {
    self.interruption = interruption
  }

  /// Gives the calls from now on this much time; ``MediaDuration/unlimited`` gives them any.
  func allow(_ duration: MediaDuration) {
    limit.store((MonotonicClock().now + duration).nanoseconds, ordering: .relaxed)
  }

  /// Whether the time is up.
  var hasPassed: Bool {
    let limit = limit.load(ordering: .relaxed)
    return limit != .max && MonotonicClock().now.nanoseconds >= limit
  }

  /// Whether a call is to return.
  var isOver: Bool { interruption.isInterrupted || hasPassed }
}
