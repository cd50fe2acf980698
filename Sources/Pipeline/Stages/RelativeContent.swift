import Glibc

/// Turns a measure of how much is in a frame, such as its motion, into what the scheduler compares: powers of two from a
/// quarter to four, with about 1 for what was usual in the last few hundred frames.
///
/// Powers of two, as frames that differ by noise alone shall count the same, and skipping stay regular. Relative, as one
/// stream's measure says nothing of another's: how much each counts is its weight's to say. Allocates: no.
struct RelativeContent {
  /// What is added to every measure: far below it all count the same.
  private let floor: Double
  private var mean = 0.0
  private var count = 0

  init(floor: Double) { self.floor = floor }

  /// The content of the next frame, by its measure, 0 or more; one that is no number counts as 0.
  mutating func next(_ measure: Float) -> Double {
    let value = measure.isFinite ? max(0, Double(measure)) : 0
    count = min(count + 1, 256)
    mean += (value - mean) / Double(count)
    let steps = log2((value + floor) / (mean + floor)).rounded()
    return exp2(min(2, max(-2, steps)))
  }
}
