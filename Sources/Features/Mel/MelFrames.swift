internal import CKernels

/// Windows of a stream and the energies of their mel bands, 16 windows at a time.
///
/// Every window is transformed by itself, so that its bits do not depend on which ones come with it.
@safe
final class MelFrames {
  /// Windows in a batch.
  static let lanes = 16

  let window: SlidingWindow
  /// `[bands, 16]`: the bands' energies.
  let energies: AlignedFloats
  /// `[16]`: the windows' sums of squares; 0 where the settings ask for no energy.
  let squares: AlignedFloats

  private let bands: MelBands
  private let weights: AlignedFloats
  private let transform: RealTransform
  /// `[16, bins]`, each row beginning at a 64-byte boundary, and `[bins, 16]`.
  private let powers: AlignedFloats
  private let spectra: AlignedFloats
  private let stride: Int
  private let usesMagnitudes: Bool
  private let conditioning: MelSettings.Conditioning
  /// Whether the energy is taken after the window; nil for none.
  private let takesEnergyLate: Bool?
  private var filled = 0
  private var firstRow = 0

  init(_ settings: MelSettings, sampleRate: Int) throws(FeatureError) {
    try settings.check(sampleRate: sampleRate)
    let framing = settings.framing
    window = SlidingWindow(framing)
    let function = settings.window.weights(settings.windowSamples).map { $0 * Float(settings.gain) }
    weights = AlignedFloats(function, centredIn: framing.length)
    transform = try RealTransform(length: settings.fftLength)
    bands = try MelBands(
      count: settings.bands, low: settings.low, high: settings.high ?? 0.5 * Double(sampleRate), scale: settings.scale,
      hasEqualAreas: settings.hasEqualAreas, sampleRate: sampleRate, fftLength: settings.fftLength)
    stride = (transform.binCount + 15) / 16 * 16
    powers = AlignedFloats(count: stride * Self.lanes)
    spectra = AlignedFloats(count: transform.binCount * Self.lanes)
    energies = AlignedFloats(count: settings.bands * Self.lanes)
    squares = AlignedFloats(count: Self.lanes)
    usesMagnitudes = settings.usesMagnitudes
    conditioning = settings.conditioning
    takesEnergyLate = settings.energy.map { !$0.isRaw }
  }

  func reset() {
    window.reset()
    filled = 0
  }

  /// Calls `batch` whenever ``energies`` and ``squares`` hold the next rows: how many (from the first lane on), and the
  /// first one's index.
  func push(_ samples: Span<Float>, batch: (Int, Int) -> Void) {
    unsafe window.push(samples) { frame, row in unsafe take(frame, row, batch) }
    flush(batch)
  }

  /// The same for the windows that reach past the end.
  func finish(batch: (Int, Int) -> Void) {
    unsafe window.finish { frame, row in unsafe take(frame, row, batch) }
    flush(batch)
  }

  private func take(_ frame: UnsafePointer<Float>, _ row: Int, _ batch: (Int, Int) -> Void) {
    let length = window.framing.length
    let samples = transform.input
    var energy: Float = 0
    switch conditioning {
    case .none:
      unsafe braid_apply_window(frame, weights.base, length, transform.length, samples.base)
      if takesEnergyLate == false { energy = unsafe braid_sum_of_squares(frame, length) }
    case .kaldi(let removesMean, let preemphasis):
      energy = unsafe braid_kaldi_frame(
        frame, weights.base, length, transform.length, removesMean ? 1 : 0, Float(preemphasis), samples.base)
    }
    if takesEnergyLate == true { energy = unsafe braid_sum_of_squares(samples.base, length) }
    transform.execute()
    unsafe braid_power_spectrum(transform.output.base, transform.binCount, powers.base + filled * stride)
    unsafe squares.base[filled] = energy
    if filled == 0 { firstRow = row }
    filled += 1
    if filled == Self.lanes { flush(batch) }
  }

  private func flush(_ batch: (Int, Int) -> Void) {
    guard filled > 0 else { return }
    if usesMagnitudes { unsafe braid_square_roots(powers.base, stride * filled) }
    unsafe braid_lanes_of_rows(powers.base, transform.binCount, stride, filled, spectra.base)
    unsafe bands.apply(spectra, into: energies.base)
    let count = filled
    filled = 0
    batch(count, firstRow)
  }
}
