/// The energy of a run's newest samples, kept for stretches of 10 ms.
///
/// Allocates: only in `init` and ``grow(toSamples:)``.
struct EnergyHistory {
  /// Samples in a stretch.
  private let stretch: Int
  /// The sum of squares of each stretch that is whole.
  private var sums: RowHistory
  private var open: Float = 0
  private var openCount = 0

  /// The history of sound of so many samples a second.
  init(sampleRate: Int) {
    stretch = max(1, sampleRate / 100)
    sums = RowHistory(width: 1, capacity: 1)
  }

  /// Keeps at least so many of the newest samples. Only before the first.
  mutating func grow(toSamples count: Int) { sums.grow(to: count / stretch + 2) }

  /// Adds samples.
  mutating func append(_ samples: Span<Float>) {
    for index in samples.indices {
      open += samples[index] * samples[index]
      openCount += 1
      guard openCount == stretch else { continue }
      let sum: InlineArray<1, Float> = [open]
      sums.append(sum.span)
      (open, openCount) = (0, 0)
    }
  }

  /// Forgets all samples; the next one is sample 0.
  mutating func removeAll() {
    sums.removeAll()
    (open, openCount) = (0, 0)
  }

  /// The root mean square of a range of samples, in whole stretches of it; 0 where none is there any more.
  func level(of samples: Range<Int>) -> Float {
    let first = max(0, samples.lowerBound) / stretch
    let last = min(samples.upperBound / stretch, sums.end)
    var sum: Float = 0
    var count = 0
    for place in first..<max(first, last) {
      guard let value = sums.value(place) else { continue }
      sum += value
      count += 1
    }
    return count > 0 ? (sum / Float(count * stretch)).squareRoot() : 0
  }
}
