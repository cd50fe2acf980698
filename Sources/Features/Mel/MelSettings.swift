/// How mel energies, their logarithms and cepstral coefficients are computed: everything that the field's tools differ in.
///
/// The presets (``kaldi(sampleRate:bands:)``, ``librosa(bands:)`` and so on) are the tools' own defaults; each field can be
/// changed after. Samples are taken at full scale ±1.
public struct MelSettings: Hashable, Sendable {
  /// Which windows a clip has.
  public enum Frames: Hashable, Sendable {
    /// Windows that fit whole; the transform's zeros come after the window (Kaldi, TensorFlow).
    case window
    /// Stretches of the transform's length that fit whole; the window stands in their middle (librosa's `center=False`).
    case transform
    /// Stretches of the transform's length about samples 0, hop, 2 hop…, the ends padded; `dropsLast` leaves out the last
    /// one as Whisper does.
    case centred(SamplePadding, dropsLast: Bool = false)
    /// Windows about the middles of hops, mirrored at the ends: Kaldi without `snip-edges`.
    case hops
  }

  /// What is done to a frame before the window weighs it.
  public enum Conditioning: Hashable, Sendable {
    /// Nothing.
    case none
    /// The mean is removed, then `y[i] = x[i] - preemphasis * x[i - 1]` with `x[-1] = x[0]`, as Kaldi does.
    case kaldi(removesMean: Bool, preemphasis: Double)
  }

  /// What becomes of the bands' energies.
  public enum Level: Hashable, Sendable {
    /// They stay.
    case linear
    /// `ln(max(energy, floor) + offset)`.
    case natural(floor: Double, offset: Double = 0)
    /// `log10(max(energy, floor))`.
    case common(floor: Double)
    /// `10 log10(max(energy, floor))`.
    case decibels(floor: Double)
  }

  /// What the levels are held to, relative to the largest one of all bands.
  public enum Range: Hashable, Sendable {
    /// Nothing.
    case unlimited
    /// At most this far below the largest of the whole clip: rows come at the end.
    case clip(Double)
    /// At most this far below the largest so far, the row's own included.
    case running(Double)
  }

  /// The cosine transform of the levels.
  public struct Cepstrum: Hashable, Sendable {
    /// Coefficients kept, the first ones.
    public var count: Int
    /// Coefficient `k` is multiplied by `1 + lifter / 2 * sin(π (k + lifterOffset) / lifter)`; 0 for nothing.
    public var lifter: Double
    /// 0 as in Kaldi, 1 as in librosa.
    public var lifterOffset: Int
    /// Whether coefficient 0 is weighed as the orthonormal transform does; else by `√2` more, like the others, as TensorFlow's
    /// `mfccs_from_log_mel_spectrograms` does.
    public var isOrthonormal = true

    /// The first `count` coefficients of the orthonormal DCT-II.
    public init(count: Int, lifter: Double = 0, lifterOffset: Int = 0) {
      self.count = count
      self.lifter = lifter
      self.lifterOffset = lifterOffset
    }
  }

  /// The logarithm of a frame's sum of squares.
  public struct Energy: Hashable, Sendable {
    /// Taken before pre-emphasis and window, else after both.
    public var isRaw: Bool
    /// The least energy told; 0 for `2^-23`.
    public var floor: Double

    /// Kaldi's `raw_energy` and `energy_floor`.
    public init(isRaw: Bool = true, floor: Double = 0) {
      self.isRaw = isRaw
      self.floor = floor
    }
  }

  /// Samples in a window.
  public var windowSamples: Int
  /// Samples from one row to the next.
  public var hopSamples: Int
  /// Samples of the transform.
  public var fftLength: Int
  /// The window's weights.
  public var window: WindowFunction
  /// Which windows a clip has.
  public var frames: Frames
  /// What samples are multiplied with: 32768 for models that take 16-bit ones as numbers.
  public var gain: Double = 1
  /// What is done to a frame before the window weighs it.
  public var conditioning: Conditioning = .none
  /// Whether bands add up magnitudes rather than squared magnitudes.
  public var usesMagnitudes = false
  /// Bands.
  public var bands: Int
  /// Where the first band begins, in hertz.
  public var low: Double = 0
  /// Where the last band ends, in hertz; nil for half the sample rate.
  public var high: Double?
  /// How bands lie.
  public var scale: MelScale
  /// Whether a band's weights are divided by half its width in hertz (librosa's `norm='slaney'`).
  public var hasEqualAreas = false
  /// What becomes of the bands' energies.
  public var level: Level
  /// What the levels are held to.
  public var range: Range = .unlimited
  /// Added to the levels, after their range.
  public var levelOffset: Double = 0
  /// Multiplied with the levels, after that.
  public var levelScale: Double = 1
  /// The cosine transform of the levels; nil for the levels themselves.
  public var cepstrum: Cepstrum?
  /// The frame's energy: the value before the bands, or in place of the first coefficient; nil for none.
  public var energy: Energy?

  /// Squared magnitudes of whole windows, from 0 Hz to Nyquist, energies as they are; the rest is set after.
  public init(
    windowSamples: Int, hopSamples: Int, fftLength: Int, window: WindowFunction, frames: Frames, bands: Int,
    scale: MelScale, level: Level = .linear
  ) {
    self.windowSamples = windowSamples
    self.hopSamples = hopSamples
    self.fftLength = fftLength
    self.window = window
    self.frames = frames
    self.bands = bands
    self.scale = scale
    self.level = level
  }

  var framing: Framing {
    switch frames {
    case .window: .inside(length: windowSamples, hop: hopSamples)
    case .transform: .inside(length: fftLength, hop: hopSamples)
    case .centred(let padding, let dropsLast):
      .centred(length: fftLength, hop: hopSamples, padding: padding, dropsLast: dropsLast)
    case .hops: .hops(length: windowSamples, hop: hopSamples)
    }
  }

  func check(sampleRate: Int) throws(FeatureError) {
    try SettingRange.check(sampleRate: sampleRate)
    try SettingRange.check("window", windowSamples, 1...SettingRange.longestWindow, unit: "samples")
    try SettingRange.check("hop", hopSamples, 1...SettingRange.longestWindow, unit: "samples")
    try SettingRange.check(
      "FFT length", fftLength, max(2, windowSamples)...SettingRange.longestWindow, unit: "samples")
    if let cepstrum { try SettingRange.check("MFCC", cepstrum.count, 1...max(1, bands), unit: "coefficients") }
  }
}
