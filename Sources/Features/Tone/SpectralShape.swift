/// One thing about the spectrum's shape, as librosa computes it: `centroid`, `bandwidth`, `rolloff`, `flatness`, `flux`,
/// `contrast`, `chroma`.
///
/// Spectra are of Hann windows of 2048 samples, centred on every 512th, with zeros beyond both ends, so that `n` samples
/// have `1 + n / 512` rows. Values above Nyquist do not occur; what silence has is said with each quantity.
public final class SpectralShape: SoundFeature {
  /// What is measured.
  public enum Quantity: Hashable, Sendable {
    /// The middle of the magnitudes, in hertz: `sum of f S / sum of S`. Silence: 0.
    case centroid
    /// Their spread about it, in hertz: `sqrt(sum of S (f - centroid)² / sum of S)`. Silence: 0.
    case bandwidth
    /// The lowest frequency, in hertz, up to which lies `share` (0.85) of the sum of magnitudes. Silence: 0.
    case rolloff(share: Double)
    /// The geometric over the arithmetic mean of squared magnitudes floored at 1e-10. Silence: 1.
    case flatness
    /// The Euclidean distance from the magnitudes before, both scaled to a sum of squares of 1. Silence: 0; librosa has none.
    case flux
    /// Peaks over valleys, in decibels, below `lowest` (200) hertz and in `octaves` (6) octaves above, without `top_db`.
    /// Silence: 0.
    case contrast(octaves: Int, lowest: Double)
    /// The energies of 12 pitch classes from C, the strongest being 1, at tuning 0. Silence: 0.
    case chroma
  }

  /// Samples a second, in hertz.
  public var sampleRate: Int { spectrum.sampleRate }
  /// Samples in a window.
  public var windowSamples: Int { spectrum.frames.length }
  /// Samples from one row to the next.
  public var hopSamples: Int { spectrum.frames.hop }
  /// Half a window.
  public var delaySamples: Int? { spectrum.frames.framing.delay }
  /// Values in a row.
  public var dimension: Int { measure.dimension }
  /// Samples replaced so far because they were not finite or too large.
  public var replacedSamples: Int { spectrum.frames.replaced }

  private let spectrum: CentredSpectrum
  private let measure: any SpectralMeasure
  private let values: AlignedFloats

  /// A quantity of spectra at any rate.
  ///
  /// - Throws: ``FeatureError`` if a length or a share is out of range, or bands of contrast do not fit below Nyquist.
  public init(
    _ quantity: Quantity, sampleRate: Int, fftLength: Int = 2048, hopSamples: Int = 512
  ) throws(FeatureError) {
    spectrum = try CentredSpectrum(sampleRate: sampleRate, fftLength: fftLength, hopSamples: hopSamples)
    let bins = spectrum.binCount
    let binWidth = Float(Double(sampleRate) / Double(fftLength))
    switch quantity {
    case .centroid: measure = SpectralCentroid(bins: bins, binWidth: binWidth)
    case .bandwidth: measure = SpectralBandwidth(bins: bins, binWidth: binWidth)
    case .rolloff(let share):
      guard share > 0, share < 1 else {
        throw FeatureError(
          .invalidSetting, "\(share) is out of range", location: "share", remedy: "Take more than 0 and less than 1")
      }
      measure = SpectralRolloff(share: Float(share), bins: bins, binWidth: binWidth)
    case .flatness: measure = SpectralFlatness()
    case .flux: measure = SpectralFlux(bins: bins)
    case .contrast(let octaves, let lowest):
      try SettingRange.check("bands", octaves, 1...16, unit: "octaves")
      guard lowest > 0, lowest < Double(sampleRate) else {
        throw FeatureError(
          .invalidSetting, "\(lowest) Hz is out of range", location: "low", remedy: "Take a positive frequency")
      }
      measure = try SpectralContrast(octaves: octaves, lowest: lowest, sampleRate: sampleRate, fftLength: fftLength)
    case .chroma: measure = Chroma(sampleRate: sampleRate, fftLength: fftLength)
    }
    values = AlignedFloats(count: measure.dimension)
  }

  /// The sample in the middle of the row's window.
  public func centreSample(ofRow row: Int) -> Int { row * hopSamples }

  /// Takes the next samples; see ``SoundFeature``.
  public func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void) {
    spectrum.push(samples) { emit($0, row) }
  }

  /// Rows whose windows reach beyond the end.
  public func finish(row: (Span<Float>, Int) -> Void) {
    spectrum.finish { emit($0, row) }
  }

  /// Forgets all samples: the next one begins row 0.
  public func reset() {
    spectrum.reset()
    measure.reset()
  }

  private func emit(_ index: Int, _ row: (Span<Float>, Int) -> Void) {
    measure.measure(spectrum.power, bins: spectrum.binCount, into: values)
    values.withSpan(dimension) { row($0, index) }
  }
}
