internal import CKernels

/// What an activation was over all samples: least, greatest, and how often in between, in bounded memory.
///
/// Bins are powers of two wide and begin at multiples of that, so 0 is an edge. When a value does not fit, two bins become
/// one until it does: the counts are the same whatever the order of the samples.
struct ActivationHistogram: Sendable {
  /// How many bins there are.
  static let bins = 4096

  /// The least and greatest value so far, widened to hold 0.
  private(set) var range = ValueRange.zero
  /// The moving average of each sample's range.
  private(set) var averageRange = ValueRange.zero
  /// Samples so far.
  private(set) var samples = 0
  /// Values so far, those aside that are not finite.
  private(set) var values = 0
  /// Values that are not finite.
  private(set) var infinite = 0
  /// How often values lay in each bin; empty while all were 0.
  private(set) var counts: [UInt64] = []
  /// The number of the first bin: it begins at `first * width`.
  private(set) var first: Int64 = 0
  private var exponent = 0
  /// Zeros that came before there were bins.
  private var zeros = 0

  /// The width of a bin.
  var width: Double { Double(sign: .plus, exponent: exponent, significand: 1) }

  /// Adds the values of one sample.
  mutating func add(_ buffer: UnsafeBufferPointer<Float>) {
    var (low, high): (Float, Float) = (0, 0)
    let finite = unsafe braid_value_range(buffer.baseAddress, buffer.count, &low, &high)
    infinite += buffer.count - finite
    guard finite > 0 else { return }
    let own = ValueRange(low, high)
    averageRange = samples == 0 ? own : averageRange.moved(towards: own, by: 0.01)
    range = range.union(own)
    samples += 1
    values += finite
    guard range.span > 0 else {
      zeros += finite
      return
    }
    makeRoom()
    let inverse = Float(1 / width)
    unsafe counts.withUnsafeMutableBufferPointer { counts in
      unsafe braid_count_in_bins(buffer.baseAddress, buffer.count, inverse, first, counts.count, counts.baseAddress)
    }
  }

  /// Makes bins that the range fits into.
  private mutating func makeRoom() {
    let isNew = counts.isEmpty
    // Inverse widths stay normal numbers in single precision.
    var needed = isNew ? -110 : exponent
    func edges(_ exponent: Int) -> (low: Double, high: Double) {
      let width = Double(sign: .plus, exponent: exponent, significand: 1)
      return ((Double(range.low) / width).rounded(.down), (Double(range.high) / width).rounded(.down))
    }
    while edges(needed).high - edges(needed).low >= Double(Self.bins) { needed += 1 }
    let (low, high) = edges(needed)
    if isNew {
      (exponent, first) = (needed, Int64(low))
      counts = [UInt64](repeating: 0, count: Self.bins)
      counts[Int(-first)] += UInt64(zeros)
      return
    }
    guard needed != exponent || Int64(low) < first || Int64(high) >= first + Int64(Self.bins) else { return }
    var merged = [UInt64](repeating: 0, count: Self.bins)
    for (place, count) in counts.enumerated() where count > 0 {
      merged[Int((first + Int64(place)) >> Int64(needed - exponent) - Int64(low))] += count
    }
    (counts, exponent, first) = (merged, needed, Int64(low))
  }
}

/// A range of real values that holds 0.
public struct ValueRange: Sendable, Hashable {
  /// The least value, at most 0.
  public let low: Float
  /// The greatest value, at least 0.
  public let high: Float

  static let zero = ValueRange(0, 0)

  /// From one to the other, widened to hold 0.
  init(_ low: Float, _ high: Float) {
    self.low = min(low, 0)
    self.high = max(high, 0)
  }

  /// The distance between the ends; infinite where it is no single-precision number.
  var span: Float { high - low }

  func union(_ other: ValueRange) -> ValueRange { ValueRange(min(low, other.low), max(high, other.high)) }

  func moved(towards other: ValueRange, by part: Float) -> ValueRange {
    ValueRange(low + (other.low - low) * part, high + (other.high - high) * part)
  }

  /// The meaning of bytes from 0 to 255 that cover it, in which 0 is exact.
  var quantization: Quantization {
    let scale = Float(Double(high) / 255 - Double(low) / 255)
    guard scale >= Float.leastNormalMagnitude, scale.isFinite else { return Quantization(scale: 1, zeroPoint: 0) }
    return Quantization(scale: scale, zeroPoint: Int32(min(255, max(0, (-low / scale).rounded(.toNearestOrEven)))))
  }
}
