internal import CKernels

/// The short-time Fourier transform of a stream of samples.
///
/// Without `padding`, row `r` is the transform of samples `r * hop ..< r * hop + window`, each weighted by the window function,
/// with zeros after them up to the FFT length; rows end with the last window that fits whole (SciPy's frames, Kaldi's).
/// With `padding`, row `r` is about sample `r * hop`: frames are as long as the transform, the window stands in their middle,
/// and `padding` says what lies before the first sample and after the last, so that a clip of `n` samples has `1 + n / hop`
/// rows for even FFT lengths (librosa's and PyTorch's `center=True`).
public final class STFT: SoundFeature {
  /// What a row holds.
  public enum Output: String, Hashable, Sendable, CaseIterable {
    /// `[bins, 2]`: real and imaginary parts by turns.
    case complex
    /// `[bins]`: magnitudes.
    case magnitude
    /// `[bins]`: squared magnitudes.
    case power
  }

  /// Samples a second, in hertz.
  public let sampleRate: Int
  /// Samples in a frame: the window's, or the transform's where rows are centred.
  public var windowSamples: Int { frames.framing.length }
  /// Samples from one row to the next.
  public var hopSamples: Int { frames.framing.hop }
  /// The rest of the frame after its middle, and for the first row what is mirrored.
  public var delaySamples: Int? { frames.framing.delay }
  /// Samples of the transform.
  public var fftLength: Int { transform.length }
  /// Frequencies in a row, `fftLength / 2 + 1`; bin `k` is at `k * sampleRate / fftLength` hertz.
  public var binCount: Int { transform.binCount }
  /// Values in a row: `binCount`, or twice that for complex output.
  public var dimension: Int { output == .complex ? 2 * binCount : binCount }
  /// Samples replaced so far because they were not finite or too large.
  public var replacedSamples: Int { frames.replaced }
  /// What a row holds.
  public let output: Output

  private let frames: SlidingWindow
  private let weights: AlignedFloats
  private let transform: RealTransform
  private let power: AlignedFloats

  /// A transform of `fftLength` samples (default: the power of two that holds the window) every `hopSamples`.
  ///
  /// - Throws: ``FeatureError`` if a length is not positive, or the window is longer than the transform.
  public init(
    sampleRate: Int, windowSamples: Int, hopSamples: Int, fftLength: Int? = nil, function: WindowFunction = .hann,
    padding: SamplePadding? = nil, output: Output = .complex
  ) throws(FeatureError) {
    try SettingRange.check(sampleRate: sampleRate)
    try SettingRange.check("window", windowSamples, 1...SettingRange.longestWindow, unit: "samples")
    try SettingRange.check("hop", hopSamples, 1...SettingRange.longestWindow, unit: "samples")
    let fftLength = fftLength ?? max(2, SettingRange.powerOfTwo(holding: windowSamples))
    try SettingRange.check(
      "FFT length", fftLength, max(2, windowSamples)...SettingRange.longestWindow, unit: "samples")
    self.sampleRate = sampleRate
    self.output = output
    if let padding {
      frames = SlidingWindow(.centred(length: fftLength, hop: hopSamples, padding: padding))
      weights = AlignedFloats(function.weights(windowSamples), centredIn: fftLength)
    } else {
      frames = SlidingWindow(.inside(length: windowSamples, hop: hopSamples))
      weights = AlignedFloats(function.weights(windowSamples))
    }
    transform = try RealTransform(length: fftLength)
    power = AlignedFloats(count: transform.binCount)
  }

  /// The sample that a row is about.
  public func centreSample(ofRow row: Int) -> Int { frames.framing.centre(ofRow: row) }

  /// Takes the next samples; see ``SoundFeature``.
  public func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void) {
    unsafe frames.push(samples) { frame, index in unsafe transform(frame, index, row) }
  }

  /// Hands out the rows that reach past the end.
  public func finish(row: (Span<Float>, Int) -> Void) {
    unsafe frames.finish { frame, index in unsafe transform(frame, index, row) }
  }

  /// Forgets all samples: the next one begins row 0.
  public func reset() { frames.reset() }

  private func transform(_ frame: UnsafePointer<Float>, _ index: Int, _ row: (Span<Float>, Int) -> Void) {
    unsafe braid_apply_window(frame, weights.base, windowSamples, transform.length, transform.input.base)
    transform.execute()
    if output == .complex {
      transform.output.withSpan(dimension) { row($0, index) }
      return
    }
    unsafe braid_power_spectrum(transform.output.base, binCount, power.base)
    if output == .magnitude { unsafe braid_square_roots(power.base, binCount) }
    power.withSpan(dimension) { row($0, index) }
  }
}
