/// Picks peaks of a series as it comes, by the rule of librosa's `peak_pick` (Böck, Krebs and Schedl 2012).
///
/// `x[n]` is a peak where it is the largest of `x[n - preMax ..< n + postMax]` and at least `delta` above the mean of
/// `x[n - preAverage ..< n + postAverage]`, and no peak was among the `wait` before it. Both stretches end at the series'
/// ends. A peak is known `delay` values later. Allocates: no, after `init`.
struct PeakPicker {
  let preMax: Int
  let postMax: Int
  let preAverage: Int
  let postAverage: Int
  let delta: Float
  let wait: Int

  /// The last values; value `n` is at `n % recent.count`.
  private var recent: [Float]
  private var count = 0
  private var next = 0

  init(preMax: Int, postMax: Int, preAverage: Int, postAverage: Int, delta: Float, wait: Int) {
    self.preMax = max(0, preMax)
    self.postMax = max(1, postMax)
    self.preAverage = max(0, preAverage)
    self.postAverage = max(1, postAverage)
    self.delta = delta
    self.wait = max(0, wait)
    let before = max(self.preMax, self.preAverage)
    recent = Array(repeating: 0, count: before + max(self.postMax, self.postAverage) + 1)
  }

  /// Values after a peak that it waits for.
  var delay: Int { max(postMax, postAverage) - 1 }

  /// Takes the next value: the peak that is known by it, if there is one, as its index and value.
  mutating func push(_ value: Float) -> (index: Int, value: Float)? {
    recent[count % recent.count] = value
    count += 1
    return next + delay < count ? decide() : nil
  }

  /// No value follows: the next peak among those that still waited for values, nil after the last one.
  mutating func finish() -> (index: Int, value: Float)? {
    while next < count {
      if let peak = decide() { return peak }
    }
    return nil
  }

  mutating func reset() {
    count = 0
    next = 0
  }

  /// Whether the next value is a peak.
  private mutating func decide() -> (index: Int, value: Float)? {
    let index = next
    let value = recent[index % recent.count]
    var largest = value
    for near in max(0, index - preMax)..<min(index + postMax, count) {
      largest = max(largest, recent[near % recent.count])
    }
    let around = max(0, index - preAverage)..<min(index + postAverage, count)
    var sum = 0.0
    for near in around { sum += Double(recent[near % recent.count]) }
    guard value == largest, value >= Float(sum / Double(around.count)) + delta else {
      next += 1
      return nil
    }
    next += wait + 1
    return (index, value)
  }
}
