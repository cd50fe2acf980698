internal import CKernels
import Glibc

/// The correlation of onsets heard with onsets seen at every lag up to 2 s, over all time and over the last seconds.
///
/// Kept for stretches of half a second, so that it can be told how many of them speak for a lag. Allocates: no, after `init`.
struct OnsetCorrelation {
  /// Lags each way, in steps of the grid: 2 s.
  static let reach = 400
  /// Lags each way that the offset may be: 0.5 s.
  private static let nearest = 100
  /// Lags each way of a peak that belong to it: 80 ms.
  private static let peakWidth = 16
  /// Points of a stretch: half a second.
  static let stretch = 100
  private static let lags = 2 * reach + 1
  /// A Hann window of 50 ms, which sums to 1.
  private static let smoothing: [Double] = (1..<10).map { 0.2 * (0.5 - 0.5 * cos(2 * .pi * Double($0) / 10)) }

  /// What the correlation says.
  struct Verdict {
    /// How much later the sound is, in steps of the grid.
    var lag: Double
    /// 0 to 1.
    var confidence: Double
  }

  /// A sum of stretches: `[lags]` of the sums, and of the positive parts and their squares, smoothed.
  private struct Sums {
    var all = [Double](repeating: 0, count: lags)
    var positive = [Double](repeating: 0, count: lags)
    var squares = [Double](repeating: 0, count: lags)
  }

  private let window: Int
  private var open = [Float](repeating: 0, count: lags)
  private var smooth = [Double](repeating: 0, count: lags)
  private var total = Sums()
  private var recent = Sums()
  /// The smoothed stretches of the window, the oldest overwritten first.
  private var stretches: [[Double]]
  /// Stretches that have been closed.
  private(set) var count = 0

  /// A correlation whose window has this many stretches, at least 1.
  init(window: Int) {
    self.window = max(1, window)
    stretches = Array(repeating: Array(repeating: 0, count: Self.lags), count: self.window)
  }

  /// Adds a point seen, with the points heard around it.
  ///
  /// - Parameters:
  ///   - seen: the picture's value.
  ///   - heard: `[2 * reach + 1]`: the sound's values from 2 s before it to 2 s after it.
  mutating func add(_ seen: Float, _ heard: Span<Float>) {
    precondition(heard.count == Self.lags, "a value for each lag")
    unsafe heard.withUnsafeBufferPointer { heard in
      guard let base = heard.baseAddress else { return }
      unsafe braid_add_scaled(base, seen, &open, Self.lags)
    }
  }

  /// Ends a stretch.
  mutating func close() {
    Self.smooth(open, into: &smooth)
    let slot = count % window
    for lag in 0..<Self.lags {
      let value = smooth[lag]
      let positive = max(0, value)
      total.all[lag] += value
      total.positive[lag] += positive
      total.squares[lag] += positive * positive
      stretches[slot][lag] = value
      open[lag] = 0
    }
    count += 1
  }

  /// What all time says; nil where nothing was heard or nothing seen.
  var overall: Verdict? { Self.judge(total) }

  /// What the window says; nil where nothing was heard or nothing seen.
  mutating func latest() -> Verdict? {
    // Summed anew each time: taking off what leaves would let rounding grow.
    for lag in 0..<Self.lags {
      var (all, positive, squares) = (0.0, 0.0, 0.0)
      for stretch in 0..<min(count, window) {
        let value = stretches[stretch][lag]
        all += value
        positive += max(0, value)
        squares += max(0, value) * max(0, value)
      }
      recent.all[lag] = all
      recent.positive[lag] = positive
      recent.squares[lag] = squares
    }
    return Self.judge(recent)
  }

  mutating func reset() {
    self = OnsetCorrelation(window: window)
  }

  private static func smooth(_ values: [Float], into result: inout [Double]) {
    for lag in 0..<lags {
      var sum = 0.0
      for (tap, weight) in smoothing.enumerated() {
        let index = lag + tap - smoothing.count / 2
        if index >= 0, index < lags { sum += weight * Double(values[index]) }
      }
      result[lag] = sum
    }
  }

  private static func judge(_ sums: Sums) -> Verdict? {
    var peak = reach - nearest
    for lag in (reach - nearest)...(reach + nearest) where sums.all[lag] > sums.all[peak] { peak = lag }
    let height = sums.all[peak]
    guard height > 0 else { return nil }
    // A peak at the edge may be the slope of one beyond it.
    guard peak > reach - nearest, peak < reach + nearest else {
      return Verdict(lag: Double(peak - reach), confidence: 0)
    }
    var second = 0.0
    var squares = 0.0
    var others = 0.0
    for lag in 0..<lags where abs(lag - peak) > peakWidth {
      squares += sums.all[lag] * sums.all[lag]
      others += 1
      if abs(lag - reach) <= nearest { second = max(second, sums.all[lag]) }
    }
    let spread = (squares / others).squareRoot()
    let standing = spread > 0 ? height / spread : 0
    let stretches = sums.squares[peak] > 0 ? sums.positive[peak] * sums.positive[peak] / sums.squares[peak] : 0
    let (left, right) = (sums.all[peak - 1], sums.all[peak + 1])
    let bend = left - 2 * height + right
    let fraction = bend < 0 ? max(-0.5, min(0.5, (left - right) / (2 * bend))) : 0
    return Verdict(
      lag: Double(peak - reach) + fraction,
      confidence: min(1, standing / 16) * (1 - second / height) * min(1, stretches / 4))
  }
}
