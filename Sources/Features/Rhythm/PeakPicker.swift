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

  /// Takes the next value and hands every peak that is now known to `peak`: its index and value.
  mutating func push(_ value: Float, _ peak: (Int, Float) -> Void) {
    recent[count % recent.count] = value
    count += 1
    while next + delay < count { decide(peak) }
  }

  /// The last value has come.
  mutating func finish(_ peak: (Int, Float) -> Void) {
    while next < count { decide(peak) }
  }

  mutating func reset() {
    count = 0
    next = 0
  }

  private mutating func decide(_ peak: (Int, Float) -> Void) {
    let value = recent[next % recent.count]
    var largest = value
    for index in max(0, next - preMax)..<min(next + postMax, count) {
      largest = max(largest, recent[index % recent.count])
    }
    let around = max(0, next - preAverage)..<min(next + postAverage, count)
    var sum = 0.0
    for index in around { sum += Double(recent[index % recent.count]) }
    guard value == largest, value >= Float(sum / Double(around.count)) + delta else {
      next += 1
      return
    }
    peak(next, value)
    next += wait + 1
  }
}
