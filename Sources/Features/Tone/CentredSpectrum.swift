internal import CKernels

/// Power spectra of a stream as librosa's `stft` lays its windows: periodic Hann windows of the transform's length,
/// centred on every `hop`-th sample, with zeros beyond both ends.
@safe
final class CentredSpectrum {
  /// Settings that a feature over such spectra has.
  static let parameters = [
    FeatureParameter("fft", .integer(64...65_536), standard: .integer(2048), unit: "samples", "window and transform"),
    FeatureParameter("hop", .integer(16...65_536), standard: .integer(512), unit: "samples", "from row to row"),
  ]
  /// Samples of the default transform.
  static let standardLength = 2048
  /// Samples of the default hop.
  static let standardHop = 512

  let sampleRate: Int
  let frames: SlidingWindow
  /// Frequencies in a spectrum; bin `k` is at `k * sampleRate / fftLength` hertz.
  var binCount: Int { transform.binCount }
  /// Squared magnitudes of the last window, followed by zeros up to a multiple of 16 and 16 more.
  let power: AlignedFloats

  private let weights: AlignedFloats
  private let transform: RealTransform

  init(sampleRate: Int, fftLength: Int, hopSamples: Int) throws(FeatureError) {
    try SettingRange.check(sampleRate: sampleRate)
    try SettingRange.check("FFT length", fftLength, 4...SettingRange.longestWindow, unit: "samples")
    try SettingRange.check("hop", hopSamples, 1...SettingRange.longestWindow, unit: "samples")
    self.sampleRate = sampleRate
    frames = SlidingWindow(.centred(length: fftLength, hop: hopSamples, padding: .zeros))
    weights = AlignedFloats(WindowFunction.hann.weights(fftLength))
    transform = try RealTransform(length: fftLength)
    power = AlignedFloats(count: BandMatrix.readable(transform.binCount))
  }

  /// Calls `body` with the index of every window that `samples` complete, with ``power`` filled.
  func push(_ samples: Span<Float>, _ body: (Int) -> Void) {
    unsafe frames.push(samples) { frame, index in
      unsafe analyse(frame)
      body(index)
    }
  }

  /// As ``push(_:_:)``, with the windows that reach beyond the end.
  func finish(_ body: (Int) -> Void) {
    unsafe frames.finish { frame, index in
      unsafe analyse(frame)
      body(index)
    }
  }

  func reset() { frames.reset() }

  private func analyse(_ frame: UnsafePointer<Float>) {
    unsafe braid_apply_window(frame, weights.base, frames.length, transform.length, transform.input.base)
    transform.execute()
    unsafe braid_power_spectrum(transform.output.base, binCount, power.base)
  }
}
