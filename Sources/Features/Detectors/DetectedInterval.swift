public import BraidCore

/// A stretch of time in which a detector saw or heard something.
///
/// Handed out twice: when it is certain that it has begun (`isFinal` false, `end` how far it has got), and when it is over
/// (`isFinal` true, the same `start`). A detector's intervals follow each other and do not overlap.
public struct DetectedInterval: Hashable, Sendable {
  /// When it began.
  public var start: MediaTime
  /// When it ended, or how far it has got.
  public var end: MediaTime
  /// Whether it is over.
  public var isFinal: Bool
  /// How sure or how strong on average so far, 0 to 1.
  public var score: Float

  /// An interval.
  public init(start: MediaTime, end: MediaTime, isFinal: Bool, score: Float) {
    self.start = start
    self.end = end
    self.isFinal = isFinal
    self.score = score
  }
}
