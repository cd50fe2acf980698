public import BraidCore

/// What a moment takes from one stream.
public enum MomentMember: Hashable, Sendable {
  /// A window of `samples` samples of one channel at `sampleRate` that ends at the tick plus `offset` (half the window's
  /// length centres it).
  case sound(stream: Int, sampleRate: Int, samples: Int, offset: MediaDuration)
  /// The picture nearest to the tick, within the tolerance; of two as near the earlier.
  case picture(stream: Int)
  /// The text that is shown at the tick: the last to begin at or before it, unless its time is over.
  case text(stream: Int)
  /// The last reading at or before the tick, no older than `maximumAge`.
  case sensor(stream: Int, maximumAge: MediaDuration)

  /// The stream, by its number in the configuration.
  public var stream: Int {
    switch self {
    case .sound(let stream, _, _, _), .picture(let stream), .text(let stream), .sensor(let stream, _): stream
    }
  }
}

/// When moments are.
public enum MomentTick: Hashable, Sendable {
  /// At every picture, text or reading of a stream.
  case elements(stream: Int)
  /// At `first`, and every `hop` (at least 1 ms) after it.
  case hop(MediaDuration, first: MediaTime)
}

/// How moments are put together.
public struct MomentConfiguration: Hashable, Sendable {
  /// How many streams there are; they are numbered from 0.
  public var streamCount: Int
  /// When moments are.
  public var tick: MomentTick
  /// What each takes.
  public var members: [MomentMember]
  /// How far a member may be from where it should be: a picture from the tick, the end of a window that a late or ended
  /// stream does not fill.
  public var tolerance: MediaDuration
  /// How much sound is kept beyond the window, for streams that run ahead.
  public var reach: MediaDuration
  /// How many pictures, texts or readings are kept for each member, at least 2.
  public var elementCapacity: Int
  /// How many ticks may wait for their members, at least 1.
  public var tickCapacity: Int
  /// For hops in a live session: the clock's time at media time zero plus the wait. Nil waits without limit.
  public var hopDeadlineOrigin: HostTime?

  /// A configuration; the blueprint's tolerance of 20 ms and no limit to the wait unless set.
  public init(
    streamCount: Int, tick: MomentTick, members: [MomentMember], tolerance: MediaDuration = .milliseconds(20),
    reach: MediaDuration = .seconds(5), elementCapacity: Int = 64, tickCapacity: Int = 64,
    hopDeadlineOrigin: HostTime? = nil
  ) {
    self.streamCount = streamCount
    self.tick = tick
    self.members = members
    self.tolerance = tolerance
    self.reach = reach
    self.elementCapacity = max(2, elementCapacity)
    self.tickCapacity = max(1, tickCapacity)
    self.hopDeadlineOrigin = hopDeadlineOrigin
  }
}
