public import BraidCore

/// Something that a ``SessionScheduler`` has changed by itself, to be told as an event.
public struct SchedulerChange: Hashable, Sendable {
  /// What changed.
  public enum Kind: Hashable, Sendable {
    /// A task now runs on one frame in `to`, before on one in `from`; 1 is every frame.
    case interval(task: Int, from: Double, to: Double)
    /// A model now runs in the form `to` of its ladder, 0 the best.
    case rung(model: Int, from: Int, to: Int)
    /// A task with carried state is given up for a while.
    case shed(task: Int)
    /// A task that was shed begins anew.
    case restored(task: Int)
    /// A task with carried state begins anew with the frame of this media time.
    case stateReset(task: Int, at: MediaTime)
  }

  /// Why.
  public enum Cause: String, Hashable, Sendable {
    /// More work is offered than there is time for.
    case overload
    /// There is time again.
    case relief
    /// Runs take longer than the budget.
    case slow
    /// Frames came later than could be made up for.
    case late
    /// The stream has a gap.
    case gap
    /// The skip policy passes over frames in between.
    case thinned
    /// The model was given up for a while.
    case shed
    /// Another model said no.
    case gate
  }

  /// When.
  public let time: HostTime
  /// What changed.
  public let kind: Kind
  /// Why.
  public let cause: Cause
  /// The work offered, next to what the servers can do: 1 is just full.
  public let load: Double
}

/// Where the interval may stand: four steps to a doubling, from 1 to 64 frames.
///
/// Step s is (1 + (s mod 4) / 4) 2^(s div 4): 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5, …
struct IntervalLadder {
  static let last = 24

  static func frames(_ step: Int) -> Double {
    let held = min(max(step, 0), last)
    return (1 + Double(held % 4) / 4) * Double(1 << (held / 4))
  }

  /// The longest interval of the ladder that is no longer than `frames`.
  static func step(notAbove frames: Double) -> Int {
    var step = 0
    while step < last, self.frames(step + 1) <= frames { step += 1 }
    return step
  }
}
