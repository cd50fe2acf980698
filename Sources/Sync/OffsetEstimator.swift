public import BraidCore

/// How much later a clip's sound is than its picture, from events that were found in both.
public enum OffsetEstimator {
  /// The median of sound time less picture time over pairs of events.
  ///
  /// Every pair is at most `limit` apart, and no event is in two: nearest pairs are made first, ties by time. Of an even
  /// number of differences the mean of the middle two counts, rounded towards zero.
  ///
  /// - Parameters:
  ///   - sound: times of events heard, in any order.
  ///   - picture: times of events seen, in any order.
  ///   - limit: how far apart two may be and still be the same.
  /// - Returns: positive when the sound is late; nil with fewer than 3 pairs.
  /// - Complexity: O(n log n) for events that are further apart than the limit, O(n²) for a crowd.
  public static func offset(
    sound: [MediaTime], picture: [MediaTime], limit: MediaDuration = .milliseconds(400)
  ) -> MediaDuration? {
    let sound = sound.sorted()
    let picture = picture.sorted()
    var candidates: [(sound: Int, picture: Int, difference: MediaDuration)] = []
    var start = 0
    for (index, time) in sound.enumerated() {
      while start < picture.count, time - picture[start] > limit { start += 1 }
      var other = start
      while other < picture.count, picture[other] - time <= limit {
        candidates.append((index, other, time - picture[other]))
        other += 1
      }
    }
    candidates.sort { first, second in
      (first.difference.magnitude, first.sound, first.picture)
        < (second.difference.magnitude, second.sound, second.picture)
    }
    var isHeard = Array(repeating: false, count: sound.count)
    var isSeen = Array(repeating: false, count: picture.count)
    var differences: [Int64] = []
    for pair in candidates where !isHeard[pair.sound] && !isSeen[pair.picture] {
      isHeard[pair.sound] = true
      isSeen[pair.picture] = true
      differences.append(pair.difference.nanoseconds)
    }
    guard differences.count >= 3 else { return nil }
    differences.sort()
    let middle = differences.count / 2
    guard differences.count % 2 == 0 else { return MediaDuration(nanoseconds: differences[middle]) }
    return MediaDuration(nanoseconds: (differences[middle - 1] + differences[middle]) / 2)
  }
}
