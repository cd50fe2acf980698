/// What an event of a trace is about, such as a stream or a model: a text that was registered once, by its number.
public struct TraceSubject: Hashable, Sendable {
  let index: Int

  /// Nothing in particular.
  public static let none = TraceSubject(index: 0)
}

/// A number that an event of a trace tells, under a name.
public enum TraceArgument: Sendable {
  /// Nothing.
  case none
  /// A plain number.
  case count(StaticString, Int)
  /// An instant of media time, told in seconds.
  case time(StaticString, MediaTime)
  /// A length, told in milliseconds.
  case duration(StaticString, MediaDuration)
}

/// The way of one thing from slice to slice, over threads: what viewers draw arrows for.
public struct TraceFlow: Hashable, Sendable {
  /// What takes the way.
  enum Kind: Hashable, Sendable {
    /// An element of a stream, from its input's thread to the session's.
    case frame
    /// A model's work on a frame, window or moment, from when it is staged to its record or to its skip.
    case job
  }

  /// Where on the way.
  public enum Phase: Hashable, Sendable {
    /// It begins here.
    case begins
    /// It passes here.
    case continues
    /// It ends here.
    case ends
  }

  let kind: Kind
  /// Less than 2^53, which every reader of JSON keeps.
  let id: UInt64

  /// An element of the session's stream at a place, by its time in whole microseconds.
  public static func frame(stream: Int, time: MediaTime) -> TraceFlow {
    let microseconds = UInt64(bitPattern: time.nanoseconds / 1000) & (1 << 44 - 1)
    return TraceFlow(kind: .frame, id: (UInt64(truncatingIfNeeded: stream) & 0x1ff) << 44 | microseconds)
  }

  /// The job of this number of the session's model at a place.
  public static func job(model: Int, number: Int) -> TraceFlow {
    TraceFlow(
      kind: .job,
      id: (UInt64(truncatingIfNeeded: model) & 0x1ff) << 44 | UInt64(truncatingIfNeeded: number) & (1 << 44 - 1))
  }
}

/// One event as its thread writes it down, of fixed size and without anything to retain.
struct TraceEntry {
  enum Kind {
    /// From ``TraceEntry/time`` for ``TraceEntry/duration``.
    case span
    /// At one time.
    case instant
    /// A level from now on: the first argument.
    case counter
    /// A flow touches the slice that is open at this time on the same thread.
    case flow(TraceFlow, TraceFlow.Phase)
  }

  var kind: Kind
  var name: StaticString
  var subject = TraceSubject.none
  var time: HostTime
  var duration = MediaDuration.zero
  /// Why; nil where nobody asks.
  var reason: StaticString?
  var arguments: (TraceArgument, TraceArgument, TraceArgument, TraceArgument) = (.none, .none, .none, .none)
}
