internal import CKernels

/// What Kaldi's log-mel and MFCC features have in common: conditioned frames, their power spectra, log mel energies.
@safe
final class KaldiMelFrames {
  let sampleRate: Int
  let window: SlidingWindow
  let bands: MelBands
  /// The logarithms of the bands' energies of the last frame.
  let logEnergies: AlignedFloats

  private let weights: AlignedFloats
  private let transform: RealTransform
  private let power: AlignedFloats

  private static let preemphasis: Float = 0.97
  private static let lowest: Float = 20

  init(sampleRate: Int, bandCount: Int) throws(FeatureError) {
    try SettingRange.check(sampleRate: sampleRate)
    self.sampleRate = sampleRate
    // 25 ms and 10 ms, cut to whole samples.
    let length = sampleRate * 25 / 1000
    window = SlidingWindow(length: length, hop: sampleRate * 10 / 1000)
    weights = AlignedFloats(WindowFunction.povey.weights(length))
    transform = try RealTransform(length: SettingRange.powerOfTwo(holding: length))
    bands = try MelBands(
      count: bandCount, low: Self.lowest, high: 0.5 * Float(sampleRate), sampleRate: sampleRate,
      fftLength: transform.length)
    power = AlignedFloats(count: max(transform.binCount, bands.readableBins))
    logEnergies = AlignedFloats(count: bandCount)
  }

  /// Calls `row` for every frame that `samples` complete, with ``logEnergies`` filled: the sum of squares of the frame
  /// with its mean removed, and the frame's index.
  func push(_ samples: Span<Float>, row: (_ energy: Float, _ index: Int) -> Void) {
    unsafe window.push(samples) { frame, index in
      let energy = unsafe braid_kaldi_frame(
        frame, weights.base, window.length, transform.length, Self.preemphasis, transform.input.base)
      transform.execute()
      unsafe braid_power_spectrum(transform.output.base, transform.binCount, power.base)
      bands.apply(power, floor: .ulpOfOne, into: logEnergies)
      row(energy, index)
    }
  }
}
