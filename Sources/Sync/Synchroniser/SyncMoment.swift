public import BraidCore

/// A tick whose parts have been gathered, or gathered again.
public struct SyncMoment<Item: Sendable>: Sendable {
  /// Counts what is given out, moments and revisions, from 0.
  public let index: Int
  /// The moment that this one corrects; nil for a moment.
  public let revises: Int?
  /// The tick.
  public let time: MediaTime
  /// The item that ticked; nil for a hop.
  public let item: Item?
  /// When the tick was known. For a revision, that of the moment.
  public let known: HostTime
  /// Whether it was released before every member that lives had been passed.
  public let isLate: Bool
}

/// What a moment has from one member.
public struct SyncPart<Item: Sendable>: Sendable {
  /// Why a part is not there.
  public enum Absence: String, Hashable, Sendable {
    /// The stream has nothing that fits.
    case unmatched
    /// It may still come: the wait, or the stream's jitter buffer, was over.
    case late
    /// The stream is silent, and not waited for.
    case silent
    /// The stream has ended.
    case ended
  }

  /// Why nothing is there; nil where it is.
  public internal(set) var absence: Absence?
  /// Whether nothing that comes can change it any more.
  public internal(set) var isFinal = false
  /// The item; for interpolation the one before; for a window the last.
  public internal(set) var item: Item?
  /// For interpolation between two: the one after.
  public internal(set) var following: Item?
  /// For interpolation: how far from ``item`` to ``following`` the tick lies, 0 to 1.
  public internal(set) var fraction = 0.0
  /// The item's time (of two, the nearer one's) less the tick; for a window that must be covered: where it ends less where
  /// it should.
  public internal(set) var skew: MediaDuration?
  /// For what is held: how long before the tick it began.
  public internal(set) var age: MediaDuration?
  /// How many items it is made of.
  public internal(set) var count = 0
  /// For a window that must be covered: how much is not.
  public internal(set) var uncovered = MediaDuration.zero
}

/// What a stream has gone through. Counts are of items: what was fed = accepted + refused, but for one that may be suspected
/// until the next comes.
public struct SyncStreamReport: Hashable, Sendable {
  /// Items that were put in their place.
  public internal(set) var accepted = 0
  /// Of these: behind a newer one, within the lateness.
  public internal(set) var reordered = 0
  /// Of these: further behind than the lateness.
  public internal(set) var overdue = 0
  /// Of these: after a moment that they might have changed had been released.
  public internal(set) var late = 0
  /// Of these: at the time of another, and moved to the first nanosecond that was free.
  public internal(set) var duplicates = 0
  /// Refused: a reading that is not a number.
  public internal(set) var unusable = 0
  /// Refused: without a time.
  public internal(set) var timeless = 0
  /// Refused: a time far off that the next one did not confirm.
  public internal(set) var outliers = 0
  /// Refused: of an epoch that is over.
  public internal(set) var stale = 0
  /// Refused: older than all that were kept, and there was no room.
  public internal(set) var crowded = 0
  /// Of the accepted: made room for newer ones although a tick to come may have wanted them.
  public internal(set) var dropped = 0
  /// How often time went on far ahead.
  public internal(set) var jumps = 0
  /// How often time went back, and was set to go on from the newest item.
  public internal(set) var rewinds = 0
  /// How often the stream fell silent.
  public internal(set) var silences = 0
  /// Whether it is silent now.
  public internal(set) var isSilent = false
  /// What is added to the stream's own times since they last went back.
  public internal(set) var shift = MediaDuration.zero
  /// The present jitter buffer: how long after its time an item is waited for. Nil where there is no clock.
  public internal(set) var buffer: MediaDuration?
  /// How much later than the quickest the slowest of the last items came, but for 1 in 1000 on either side.
  public internal(set) var jitter: MediaDuration?
}
