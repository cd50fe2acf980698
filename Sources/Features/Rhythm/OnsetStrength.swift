internal import CKernels
import Glibc

/// How strongly sound sets in (`onset-strength`): librosa's `onset_strength`, in decibels.
///
/// The mean over 128 mel bands (Slaney, 0 Hz to Nyquist, squared magnitudes, `10 log10` of at least 1e-10) of what each
/// rose by since the spectrum before, falls counting as 0. Spectra of 2048 samples every 512, Hann, centred, zeros beyond
/// the ends. As in librosa, row `n` is that of the spectrum `fft / (2 hop)` before it, whose window ends there: a row is
/// about where the window *ends*, waits for next to nothing, and the first rows are 0. Nothing is held to a distance from
/// the clip's loudest value (`top_db=None`), so that streams and files have the same rows; where digital silence stands
/// beside faint noise, a higher floor keeps that from being an onset. Rows are `[1]`; silence has 0.
///
/// Source: Böck and Widmer 2013 as librosa 0.11 has it, with `lag=1, max_size=1`.
public final class OnsetStrength: SoundFeature {
  static let definition = FeatureDefinition(
    "onset-strength", unit: "dB", parameters: CentredSpectrum.parameters + [bandsParameter, floorParameter],
    "how much mel bands rise from spectrum to spectrum, as librosa computes it without top_db",
    maker: .sound(.fixed(22_050), .mean) { settings, format throws(FeatureError) in
      try OnsetStrength(
        sampleRate: format.sampleRate, fftLength: settings.integer("fft"), hopSamples: settings.integer("hop"),
        bands: settings.integer("bands"), floor: settings.number("floor") ?? standardFloor)
    })
  /// librosa's: -100 dB.
  static let standardFloor = -100.0
  static let floorParameter = FeatureParameter(
    "floor", .number(-100...40), standard: .number(standardFloor), unit: "dB", "level below which a band is silent")
  static let bandsParameter = FeatureParameter("bands", .integer(1...512), standard: .integer(128), "mel bands")

  /// Samples a second, in hertz.
  public var sampleRate: Int { spectrum.sampleRate }
  /// Samples of the two windows that a row is the difference of.
  public var windowSamples: Int { spectrum.frames.length + hopSamples }
  /// Samples from one row to the next.
  public var hopSamples: Int { spectrum.frames.hop }
  /// What the shift by whole hops leaves of half a window.
  public var delaySamples: Int? { spectrum.frames.framing.delay - shift * hopSamples }
  /// 1.
  public var dimension: Int { 1 }
  /// Samples replaced so far because they were not finite or too large.
  public var replacedSamples: Int { spectrum.frames.replaced }

  private let spectrum: CentredSpectrum
  private let bands: BandMatrix
  /// Rows from a spectrum to the row that it is for.
  private let shift: Int
  private var now: AlignedFloats
  private var before: AlignedFloats
  private let strength = AlignedFloats(count: 1)
  private var sampleCount = 0
  private var leadingRows = 0

  /// Logarithms to decibels.
  private static let decibels = Float(10 / log(10.0))
  private let floor: Float

  /// The envelope of a stream at any rate.
  ///
  /// - Throws: ``FeatureError`` if the rate or a length is out of range.
  public init(
    sampleRate: Int, fftLength: Int = 2048, hopSamples: Int = 512, bands: Int = 128, floor: Double = -100
  ) throws(FeatureError) {
    try SettingRange.check("mel bands", bands, 1...4096, unit: "bands")
    guard (-300...100).contains(floor) else {
      throw FeatureError(
        .invalidSetting, "a floor of \(floor) dB is out of range", location: "onset-strength",
        remedy: "Take -300 to 100 dB")
    }
    self.floor = Float(pow(10, floor / 10))
    spectrum = try CentredSpectrum(sampleRate: sampleRate, fftLength: fftLength, hopSamples: hopSamples)
    self.bands = SlaneyMel.bands(
      count: bands, low: 0, high: Double(sampleRate) / 2, sampleRate: sampleRate, fftLength: fftLength)
    shift = fftLength / (2 * hopSamples)
    now = AlignedFloats(count: bands)
    before = AlignedFloats(count: bands)
  }

  /// The sample at the end of the newer of a row's windows, by whole hops.
  public func centreSample(ofRow row: Int) -> Int { row * hopSamples }

  /// Takes the next samples; see ``SoundFeature``.
  public func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void) {
    guard samples.count > 0 else { return }
    sampleCount += samples.count
    lead(row)
    spectrum.push(samples) { rise(at: $0, row) }
  }

  /// Rows whose spectra reach beyond the end.
  public func finish(row: (Span<Float>, Int) -> Void) {
    spectrum.finish { rise(at: $0, row) }
  }

  /// Forgets all samples: the next one begins row 0.
  public func reset() {
    spectrum.reset()
    sampleCount = 0
    leadingRows = 0
  }

  /// The rows before that of the first spectrum are 0.
  private func lead(_ row: (Span<Float>, Int) -> Void) {
    unsafe strength.base[0] = 0
    while leadingRows < shift, leadingRows * hopSamples <= sampleCount {
      strength.withSpan(1) { row($0, leadingRows) }
      leadingRows += 1
    }
  }

  private func rise(at frame: Int, _ row: (Span<Float>, Int) -> Void) {
    let index = frame + shift
    guard index * hopSamples <= sampleCount else { return }
    swap(&now, &before)
    bands.apply(spectrum.power, floor: floor, into: now)
    let sum = frame == 0 ? 0 : unsafe braid_sum_of_rises(now.base, before.base, bands.count)
    unsafe strength.base[0] = sum * Self.decibels / Float(bands.count)
    strength.withSpan(1) { row($0, index) }
  }
}
