public import BraidCore

/// An instant at which something struck something, as a detector saw or heard it.
public struct DetectedHit: Hashable, Sendable {
  /// The moment of contact.
  public var time: MediaTime
  /// How clear it is, 0 to 1.
  public var score: Float

  /// A hit.
  public init(time: MediaTime, score: Float) {
    self.time = time
    self.score = score
  }
}
