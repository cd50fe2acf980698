public import BraidCore

/// A tick whose members have been gathered.
public struct Moment: Sendable {
  /// Counts the moments, from 0.
  public let index: Int
  /// The tick.
  public let time: MediaTime
  /// The element that ticked; nil for a hop.
  public let element: StreamElement?
  /// Whether the wait was over before every live member had come.
  public let isLate: Bool
}

/// What a moment has from one member.
public struct MomentMemberState: Sendable {
  /// Whether it is all there. A text member is present when it is known that nothing is shown.
  public internal(set) var isPresent = false
  /// The member's time (for a window: where it ends, less the offset) less the tick. Nil where nothing is there.
  public internal(set) var skew: MediaDuration?
  /// For what is held: how long before the tick it began.
  public internal(set) var age: MediaDuration?
  /// The picture, text or reading.
  public internal(set) var element: StreamElement?
  /// For a window: samples that are not there and read as 0.
  public internal(set) var missingSamples = 0
}
