internal import BraidCore

/// Turns a probability over time into instants: the peak of each stretch above the threshold.
///
/// Peaks that follow an instant by less than the least distance belong to it. Allocates: no.
struct InstantEventDecoder {
  /// An instant.
  struct Instant: Equatable {
    var time: MediaTime
    var score: Float
  }

  private let threshold: Float
  private let minimumGap: MediaDuration
  private var peak: Instant?
  private var last: MediaTime?

  /// - Parameters:
  ///   - threshold: from where on a probability counts, 0 to 1.
  ///   - minimumGap: two instants are at least this far apart.
  init(threshold: Float, minimumGap: MediaDuration) {
    self.threshold = threshold
    self.minimumGap = minimumGap
  }

  /// Takes the probability at the next time; gives the instant that has just become certain.
  mutating func push(_ score: Float, at time: MediaTime) -> Instant? {
    if score >= threshold {
      if let current = peak, current.score >= score { return nil }
      peak = Instant(time: time, score: score)
      return nil
    }
    return end()
  }

  /// Ends the stretch: nothing more follows, or not at once.
  mutating func end() -> Instant? {
    guard let found = peak else { return nil }
    peak = nil
    if let last, found.time - last < minimumGap { return nil }
    last = found.time
    return found
  }
}
