internal import CKernels
import Glibc

/// What is measured of a power spectrum. May remember the spectrum before.
protocol SpectralMeasure: AnyObject {
  /// Values that it gives.
  var dimension: Int { get }

  /// Measures the first `bins` squared magnitudes of `power`. Allocates: no.
  func measure(_ power: AlignedFloats, bins: Int, into values: AlignedFloats)

  /// Forgets the spectra so far.
  func reset()
}

extension SpectralMeasure {
  func reset() {}
}

/// The middle of the magnitudes in hertz: `sum of f S / sum of S`; 0 for silence.
final class SpectralCentroid: SpectralMeasure {
  let dimension = 1
  private let binWidth: Float
  private let magnitudes: AlignedFloats

  init(bins: Int, binWidth: Float) {
    self.binWidth = binWidth
    magnitudes = AlignedFloats(count: bins)
  }

  func measure(_ power: AlignedFloats, bins: Int, into values: AlignedFloats) {
    let (_, centre) = middle(power, bins: bins)
    unsafe values.base[0] = centre * binWidth
  }

  /// The sum of the magnitudes, and their middle in bins.
  fileprivate func middle(_ power: AlignedFloats, bins: Int) -> (sum: Float, centre: Float) {
    var sum: Float = 0
    var moment: Float = 0
    unsafe braid_magnitudes(power.base, magnitudes.base, bins)
    unsafe braid_sum_and_moment(magnitudes.base, bins, &sum, &moment)
    return (sum, sum < .leastNormalMagnitude ? 0 : moment / sum)
  }

  /// `sqrt(sum of S (f - centroid)² / sum of S)` in hertz.
  fileprivate func spread(_ power: AlignedFloats, bins: Int) -> Float {
    let (sum, centre) = middle(power, bins: bins)
    guard sum >= .leastNormalMagnitude else { return 0 }
    return unsafe sqrtf(braid_second_moment(magnitudes.base, bins, centre) / sum) * binWidth
  }
}

/// How far the magnitudes spread about their centroid, in hertz; 0 for silence.
final class SpectralBandwidth: SpectralMeasure {
  let dimension = 1
  private let centroid: SpectralCentroid

  init(bins: Int, binWidth: Float) {
    centroid = SpectralCentroid(bins: bins, binWidth: binWidth)
  }

  func measure(_ power: AlignedFloats, bins: Int, into values: AlignedFloats) {
    unsafe values.base[0] = centroid.spread(power, bins: bins)
  }
}

/// The frequency below which a share of the sum of magnitudes lies, in hertz; 0 for silence.
final class SpectralRolloff: SpectralMeasure {
  let dimension = 1
  private let share: Float
  private let binWidth: Float
  private let magnitudes: AlignedFloats

  init(share: Float, bins: Int, binWidth: Float) {
    self.share = share
    self.binWidth = binWidth
    magnitudes = AlignedFloats(count: bins)
  }

  func measure(_ power: AlignedFloats, bins: Int, into values: AlignedFloats) {
    unsafe braid_magnitudes(power.base, magnitudes.base, bins)
    unsafe values.base[0] = Float(braid_rolloff(magnitudes.base, bins, share)) * binWidth
  }
}

/// The geometric over the arithmetic mean of squared magnitudes, each at least 1e-10: 1 for silence and near it for noise.
final class SpectralFlatness: SpectralMeasure {
  let dimension = 1

  func measure(_ power: AlignedFloats, bins: Int, into values: AlignedFloats) {
    unsafe values.base[0] = braid_flatness(power.base, bins, 1e-10)
  }
}

/// The distance of two successive magnitude spectra, each scaled to a sum of squares of 1 (silence stays 0): 0 to `sqrt(2)`.
final class SpectralFlux: SpectralMeasure {
  let dimension = 1
  private var now: AlignedFloats
  private var before: AlignedFloats
  private var scale: Float = 0
  private var isFirst = true

  init(bins: Int) {
    now = AlignedFloats(count: bins)
    before = AlignedFloats(count: bins)
  }

  func measure(_ power: AlignedFloats, bins: Int, into values: AlignedFloats) {
    swap(&now, &before)
    let scaleBefore = scale
    unsafe braid_magnitudes(power.base, now.base, bins)
    let energy = unsafe braid_sum_of_squares(now.base, bins)
    scale = energy < .leastNormalMagnitude ? 0 : 1 / sqrtf(energy)
    unsafe values.base[0] =
      isFirst ? 0 : sqrtf(braid_squared_distance(now.base, scale, before.base, scaleBefore, bins))
    isFirst = false
  }

  func reset() {
    isFirst = true
    scale = 0
  }
}
