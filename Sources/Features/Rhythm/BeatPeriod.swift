internal import CKernels
import Glibc

/// The period of the beat in a stretch of onset strength.
///
/// The period is the lag of the largest `ln(1 + 1e6 r) - log2(bpm / start)² / 2`, `r` being the autocorrelation of the
/// stretch under a Hann window, relative to lag 0: librosa's `tempo` of one column of its tempogram (Ellis 2007; Grosche
/// and Müller 2011). librosa stops at whole lags; here the lag is made finer by a parabola through the autocorrelation, over
/// the window's own, at once, twice, four and eight times the lag as far as they lie within half the stretch.
@safe
final class BeatPeriod {
  /// Values in a stretch.
  let length: Int

  private let weights: AlignedFloats
  private let transform: RealTransform
  /// The autocorrelation of the window.
  private var taper: [Double]
  /// The autocorrelation of the stretch.
  private var correlation: [Double]
  /// What each lag is worth by its tempo; lags that are too fast are nil.
  private let prior: [Double?]

  /// Finds periods of stretches of so many values.
  ///
  /// - Parameters:
  ///   - length: values in a stretch.
  ///   - valueRate: values a second.
  ///   - start: the tempo that is likeliest, in beats a minute.
  ///   - fastest: tempos from this one on are not taken.
  /// - Throws: ``FeatureError`` where FFTW makes no plan.
  init(length: Int, valueRate: Double, start: Double, fastest: Double) throws(FeatureError) {
    self.length = length
    weights = AlignedFloats(WindowFunction.hann.weights(length))
    transform = try RealTransform(length: SettingRange.powerOfTwo(holding: 2 * length))
    taper = Array(repeating: 0, count: length)
    correlation = taper
    prior = (0..<length).map { lag in
      let tempo = 60 * valueRate / Double(lag)
      return lag > 0 && tempo < fastest ? -0.5 * log2(tempo / start) * log2(tempo / start) : nil
    }
    let ones = AlignedFloats(Array(repeating: 1, count: length))
    unsafe correlate(ones.base)
    taper = correlation
  }

  /// The period in values and how sure it is: the correlation of the stretch with itself that far on, its mean taken
  /// away, 0 to 1. Nil where nothing sets in. Allocates: no.
  func measure(_ values: UnsafePointer<Float>) -> (period: Double, confidence: Double)? {
    unsafe correlate(values)
    guard correlation[0] > 1e-6 else { return nil }
    var best = 0
    var most = -Double.infinity
    for lag in 1..<length {
      guard let prior = prior[lag] else { continue }
      let worth = log1p(1e6 * max(0, correlation[lag]) / correlation[0]) + prior
      if worth > most {
        most = worth
        best = lag
      }
    }
    guard best > 0 else { return nil }
    let period = refined(best)
    return (period, unsafe confidence(at: Int(period.rounded()), values))
  }

  private func refined(_ lag: Int) -> Double {
    var period = Double(lag)
    var multiple = 1
    while multiple <= 8 {
      let near = Int((period * Double(multiple)).rounded())
      guard near > 1, near + 2 < length / 2 else { break }
      var top = near
      for candidate in [near - 1, near + 1] where share(candidate) > share(top) { top = candidate }
      let (left, middle, right) = (share(top - 1), share(top), share(top + 1))
      let bend = left - 2 * middle + right
      guard middle >= left, middle >= right, bend < 0 else { break }
      period = (Double(top) + 0.5 * (left - right) / bend) / Double(multiple)
      multiple *= 2
    }
    return period
  }

  /// The autocorrelation as if the window were flat.
  private func share(_ lag: Int) -> Double { correlation[lag] / max(taper[lag], 1e-9 * taper[0]) }

  private func confidence(at lag: Int, _ values: UnsafePointer<Float>) -> Double {
    guard lag < length else { return 0 }
    var sum = 0.0
    var weight = 0.0
    for index in 0..<length {
      let square = unsafe Double(weights.base[index]) * Double(weights.base[index])
      sum += unsafe square * Double(values[index])
      weight += square
    }
    let mean = sum / weight
    let variance = share(0) - mean * mean
    guard variance > 1e-9 * share(0) else { return 0 }
    return max(0, min(1, (share(lag) - mean * mean) / variance))
  }

  /// Fills `correlation` by two transforms: the second is of the power spectrum, which is even and real.
  private func correlate(_ values: UnsafePointer<Float>) {
    let size = transform.length
    unsafe braid_apply_window(values, weights.base, length, size, transform.input.base)
    transform.execute()
    unsafe braid_power_spectrum(transform.output.base, transform.binCount, transform.input.base)
    for bin in 1..<(size / 2) { unsafe transform.input.base[size - bin] = transform.input.base[bin] }
    transform.execute()
    for lag in 0..<length { unsafe correlation[lag] = Double(transform.output.base[2 * lag]) / Double(size) }
  }
}
