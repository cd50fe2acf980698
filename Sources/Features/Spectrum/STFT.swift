internal import CKernels

/// The short-time Fourier transform of a stream of samples.
///
/// Row `r` is the transform of samples `r * hop ..< r * hop + window`, each weighted by the window function, with zeros
/// after them up to the FFT length. The first row begins at the first sample (no centring, no padding of the ends).
public final class STFT: SoundFeature {
  /// What a row holds.
  public enum Output: String, Hashable, Sendable {
    /// `[bins, 2]`: real and imaginary parts by turns.
    case complex
    /// `[bins]`: squared magnitudes.
    case power
  }

  /// Samples a second, in hertz.
  public let sampleRate: Int
  /// Samples in a window.
  public var windowSamples: Int { window.length }
  /// Samples from one row to the next.
  public var hopSamples: Int { window.hop }
  /// Samples of the transform.
  public var fftLength: Int { transform.length }
  /// Frequencies in a row, `fftLength / 2 + 1`; bin `k` is at `k * sampleRate / fftLength` hertz.
  public var binCount: Int { transform.binCount }
  /// Values in a row: `binCount`, or twice that for complex output.
  public var dimension: Int { output == .complex ? 2 * binCount : binCount }
  /// Samples replaced so far because they were not finite or too large.
  public var replacedSamples: Int { window.replaced }
  /// What a row holds.
  public let output: Output

  private let window: SlidingWindow
  private let weights: AlignedFloats
  private let transform: RealTransform
  private let power: AlignedFloats

  /// A transform of `fftLength` samples (default: the power of two that holds the window) every `hopSamples`.
  ///
  /// - Throws: ``FeatureError`` if a length is not positive, or the window is longer than the transform.
  public init(
    sampleRate: Int, windowSamples: Int, hopSamples: Int, fftLength: Int? = nil, function: WindowFunction = .hann,
    output: Output = .complex
  ) throws(FeatureError) {
    try SettingRange.check(sampleRate: sampleRate)
    try SettingRange.check("window", windowSamples, 1...SettingRange.longestWindow, unit: "samples")
    try SettingRange.check("hop", hopSamples, 1...SettingRange.longestWindow, unit: "samples")
    let fftLength = fftLength ?? SettingRange.powerOfTwo(holding: windowSamples)
    try SettingRange.check("FFT length", fftLength, max(2, windowSamples)...(1 << 24), unit: "samples")
    self.sampleRate = sampleRate
    self.output = output
    window = SlidingWindow(length: windowSamples, hop: hopSamples)
    weights = AlignedFloats(function.weights(windowSamples))
    transform = try RealTransform(length: fftLength)
    power = AlignedFloats(count: transform.binCount)
  }

  /// Takes the next samples; see ``SoundFeature``.
  public func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void) {
    unsafe window.push(samples) { frame, index in
      unsafe braid_apply_window(frame, weights.base, window.length, transform.length, transform.input.base)
      transform.execute()
      if output == .power {
        unsafe braid_power_spectrum(transform.output.base, binCount, power.base)
        power.withSpan(dimension) { row($0, index) }
      } else {
        transform.output.withSpan(dimension) { row($0, index) }
      }
    }
  }

  /// Forgets all samples: the next one begins row 0.
  public func reset() { window.reset() }
}
