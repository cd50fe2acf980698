internal import CKernels

/// Triangular bands, equally spaced on a mel scale, over the bins of a spectrum. Kept sparse.
@safe
final class MelBands {
  /// How many bands there are.
  let count: Int

  private var first: [UInt32] = []
  private var counts: [UInt32] = []
  private let weights: AlignedFloats

  /// Bands from `low` to `high` hertz over the spectrum of an FFT of `fftLength` samples.
  ///
  /// - Parameters:
  ///   - count: bands, 3 to 4096.
  ///   - low: where the first triangle begins, in hertz.
  ///   - high: where the last one ends.
  ///   - scale: how they lie.
  ///   - hasEqualAreas: whether weights are divided by half the band's width in hertz (Slaney's norm).
  ///   - sampleRate: in hertz.
  ///   - fftLength: samples of the transform.
  /// - Throws: ``FeatureError`` if the range is empty or passes Nyquist, or with ``MelScale/kaldi`` a band holds no bin.
  init(
    count: Int, low: Double, high: Double, scale: MelScale, hasEqualAreas: Bool, sampleRate: Int, fftLength: Int
  ) throws(FeatureError) {
    try SettingRange.check("mel bands", count, 3...4096, unit: "bands")
    let nyquist = 0.5 * Double(sampleRate)
    guard low >= 0, low < high, high <= nyquist else {
      throw FeatureError(
        .invalidSetting, "mel bands from \(low) to \(high) Hz do not fit below \(nyquist) Hz", location: "mel bands",
        remedy: "Take a low limit below the high one, and both at most half the sample rate")
    }
    self.count = count
    let lowest = scale.mel(low)
    let step = (scale.mel(high) - lowest) / Double(count + 1)
    let binWidth = Double(sampleRate) / Double(fftLength)
    let isStraightInMel = scale == .kaldi
    // Kaldi gives Nyquist's bin to no band.
    let places = (0..<(isStraightInMel ? fftLength / 2 : fftLength / 2 + 1)).map { bin in
      isStraightInMel ? scale.mel(binWidth * Double(bin)) : binWidth * Double(bin)
    }
    let edges = (0..<(count + 2)).map { edge in
      let mel = lowest + Double(edge) * step
      return isStraightInMel ? mel : scale.hertz(mel)
    }
    var packed: [Float] = []
    var next = 0
    for band in 0..<count {
      let (left, centre, right) = (edges[band], edges[band + 1], edges[band + 2])
      let norm = hasEqualAreas ? 2 / (right - left) : 1
      while next < places.count, places[next] <= left { next += 1 }
      var bin = next
      while bin < places.count, places[bin] < right {
        let place = places[bin]
        let weight = place <= centre ? (place - left) / (centre - left) : (right - place) / (right - centre)
        packed.append(Float(weight * norm))
        bin += 1
      }
      guard bin > next || !isStraightInMel else {
        throw FeatureError(
          .invalidSetting, "mel band \(band) of \(count) is narrower than one bin of \(binWidth) Hz",
          location: "mel bands", remedy: "Take fewer bands")
      }
      first.append(UInt32(min(next, places.count - 1)))
      counts.append(UInt32(bin - next))
    }
    weights = AlignedFloats(packed)
  }

  /// The bands' sums of 16 spectra at once.
  ///
  /// - Parameters:
  ///   - spectra: `[bins, 16]`.
  ///   - out: `[count, 16]`.
  func apply(_ spectra: AlignedFloats, into out: UnsafeMutablePointer<Float>) {
    unsafe braid_band_lanes(spectra.base, first, counts, weights.base, count, out)
  }
}
