public import BraidCore

/// What a moment takes from a stream, seen from its tick.
///
/// Items are instants with an optional duration; the *run* is a stretch of continuous time (see ``StampRepair``).
public enum SyncPolicy: Hashable, Sendable {
  /// The item whose time is the tick's, to the nanosecond.
  case exact
  /// The item nearest to the tick and at most this far off; of two as near the earlier.
  case nearest(MediaDuration)
  /// The last item at or before the tick, if it is at most this old and, where it has a duration, not over.
  case hold(MediaDuration)
  /// An item at the tick, or else the two around it, of one run and at most this far apart.
  case interpolate(MediaDuration)
  /// All items that overlap [tick + from, tick + to); one without a duration counts where it begins.
  ///
  /// With `allowing`, for sound: only the newest run of them, each that reaches further than those before it, and they
  /// must cover the span but for this much. Without, for text and events: there may be any number, also none.
  case window(from: MediaDuration, to: MediaDuration, allowing: MediaDuration?)
}

/// A stream's part in every moment.
public struct SyncMember: Hashable, Sendable {
  /// The stream, by its number.
  public var stream: Int
  /// What is taken of it.
  public var policy: SyncPolicy

  /// A member.
  public init(stream: Int, policy: SyncPolicy) {
    self.stream = stream
    self.policy = policy
  }
}

/// How long a moment waits for what has not come.
public enum SyncWait: Hashable, Sendable {
  /// Until every stream has passed it or has ended: files.
  case unlimited
  /// At most this long after its tick was known: live. Media time zero is the clock's `origin`.
  case atMost(MediaDuration, origin: HostTime)
}

/// What is known of a stream beforehand.
public struct SyncStream: Hashable, Sendable {
  /// How far behind the newest item another may come and still be put in its place.
  public var lateness: MediaDuration
  /// How far from the newest item a time may lie, within an epoch, before it must be confirmed by the next one. Nil
  /// trusts every time; for text that may be silent for long.
  public var jumpLimit: MediaDuration?
  /// How many items are kept, at least 2.
  public var capacity: Int
  /// The least and the greatest jitter buffer, for live streams.
  public var jitterLimits: ClosedRange<MediaDuration>

  /// A stream in order, with times that are trusted up to jumps of 10 s.
  public init(
    lateness: MediaDuration = .zero, jumpLimit: MediaDuration? = .seconds(10), capacity: Int = 256,
    jitterLimits: ClosedRange<MediaDuration> = .milliseconds(1) ... .milliseconds(200)
  ) {
    self.lateness = lateness
    self.jumpLimit = jumpLimit
    self.capacity = capacity
    self.jitterLimits = jitterLimits
  }
}
