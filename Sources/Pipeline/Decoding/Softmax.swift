internal import Glibc

/// Probabilities of scores: `exp(x) / Σ exp(x)`, computed from the largest so that nothing overflows. Allocates: no.
struct Softmax {
  private let largest: Float
  private let sum: Float

  /// - Parameters:
  ///   - count: how many scores there are.
  ///   - score: each of them.
  init(count: Int, _ score: (Int) -> Float) {
    var largest = -Float.infinity
    for place in 0..<count { largest = max(largest, score(place)) }
    var sum: Float = 0
    for place in 0..<count { sum += expf(score(place) - largest) }
    self.largest = largest
    self.sum = sum
  }

  /// The probability of one of the scores; no number where any of them is none.
  func probability(_ score: Float) -> Float { expf(score - largest) / sum }
}
