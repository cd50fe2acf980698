internal import CKernels
import Glibc

/// How far peaks stand above valleys in octaves of the spectrum, in decibels, as librosa's `spectral_contrast` has it.
///
/// For the band below `lowest` and each octave above: `10 log10` of the mean of the highest 2 % of the magnitudes, less
/// that of the lowest 2 %, at least one bin each, floored at 1e-10. The last band reaches up to Nyquist.
final class SpectralContrast: SpectralMeasure {
  /// Bins of a band, and how many of them are a peak.
  private struct Band {
    var bins: Range<Int>
    var kept: Int
  }

  private static let quantile = 0.02
  private static let floor: Float = 1e-10

  let dimension: Int
  private let bands: [Band]
  private let magnitudes: AlignedFloats
  private let scratch: AlignedFloats

  /// `octaves` octaves from `lowest` hertz, and what is below.
  ///
  /// - Throws: ``FeatureError`` if an octave begins above Nyquist, or holds no bin.
  init(octaves: Int, lowest: Double, sampleRate: Int, fftLength: Int) throws(FeatureError) {
    let edges = [0] + (0...octaves).map { lowest * exp2(Double($0)) }
    let nyquist = Double(sampleRate) / 2
    guard edges[octaves] < nyquist else {
      throw FeatureError(
        .invalidSetting, "octaves up to \(edges[octaves + 1]) Hz begin above half of \(sampleRate) Hz",
        location: "contrast", remedy: "Take fewer bands or a lower frequency")
    }
    // NumPy's frequencies to the last bit, so that bins on an edge fall to the same side.
    let binWidth = 1 / (Double(fftLength) * (1 / Double(sampleRate)))
    let frequencies = (0...(fftLength / 2)).map { Double($0) * binWidth }
    var bands: [Band] = []
    for band in 0...octaves {
      guard let inside = frequencies.firstIndex(where: { $0 >= edges[band] }),
        let last = frequencies.lastIndex(where: { $0 <= edges[band + 1] }), last >= inside
      else {
        throw FeatureError(
          .invalidSetting, "no bin lies between \(edges[band]) and \(edges[band + 1]) Hz", location: "contrast",
          remedy: "Take a longer transform or a higher frequency")
      }
      let first = band > 0 ? max(0, inside - 1) : inside
      let end = band == octaves ? frequencies.count : last + 1
      let kept = max(1, Int((Self.quantile * Double(end - first)).rounded(.toNearestOrEven)))
      // Each band leaves its highest bin to the next; one that has no other keeps it.
      let used = band < octaves ? max(first + 1, end - 1) : end
      bands.append(Band(bins: first..<used, kept: min(kept, used - first)))
    }
    self.bands = bands
    dimension = bands.count
    magnitudes = AlignedFloats(count: frequencies.count)
    scratch = AlignedFloats(count: 2 * (bands.map(\.kept).max() ?? 1))
  }

  func measure(_ power: AlignedFloats, bins: Int, into values: AlignedFloats) {
    unsafe braid_magnitudes(power.base, magnitudes.base, bins)
    for (index, band) in bands.enumerated() {
      var valley: Float = 0
      var peak: Float = 0
      unsafe braid_mean_extremes(
        magnitudes.base + band.bins.lowerBound, band.bins.count, band.kept, scratch.base, &valley, &peak)
      unsafe values.base[index] = 10 * (log10f(max(peak, Self.floor)) - log10f(max(valley, Self.floor)))
    }
  }
}
