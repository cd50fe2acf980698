internal import BraidCore
import Glibc

/// How strongly something begins to sound, every 5 ms: the rise of the logarithm of the power in six bands, added up.
///
/// Windows of 8 ms (Hann); bands from 62 Hz to 8 kHz. Powers below a ten-thousandth of the loudest of the last seconds
/// (falling by e in 3 s), or below 1e-6, do not count. For 16 kHz and one channel. Allocates: no, after `init`.
final class SoundOnsets {
  static let sampleRate = 16_000

  private static let window = 128
  private static let hop = 80
  private static let edges = [1, 3, 6, 11, 20, 36, 64]

  private let spectrum: STFT
  private var levels = [Float](repeating: 0, count: 6)
  private var loudest: Float = 0
  private var origin: MediaTime?
  private var count: Int64 = 0
  private var precedence = Precedence(sparing: 2)

  init() throws(FeatureError) {
    spectrum = try STFT(
      sampleRate: Self.sampleRate, windowSamples: Self.window, hopSamples: Self.hop, function: .hann, output: .power)
  }

  /// Hands out the strength of each onset and its time. `time` is that of the first of these samples, which may drift from
  /// their count.
  func push(_ samples: Span<Float>, time: MediaTime, onset: (Float, MediaTime) -> Void) {
    let origin = origin ?? time
    self.origin = origin
    let drift = time - (origin + .samples(count, sampleRate: Self.sampleRate))
    count += Int64(samples.count)
    spectrum.push(samples) { power, row in
      let strength = rise(power, isFirst: row == 0)
      let centre = origin + .samples(Int64(row * Self.hop + Self.window / 2), sampleRate: Self.sampleRate) + drift
      onset(precedence.remaining(strength, at: centre), centre)
    }
  }

  func reset() {
    spectrum.reset()
    precedence.reset()
    origin = nil
    count = 0
    loudest = 0
  }

  private func rise(_ power: Span<Float>, isFirst: Bool) -> Float {
    var total: Float = 0
    for bin in 1..<64 { total += power[bin] }
    loudest = max(total, loudest * 0.99833472)  // exp(-5 ms / 3 s)
    let floor = 1e-4 * loudest + 1e-6
    var sum: Float = 0
    for band in levels.indices {
      var energy: Float = 0
      for bin in Self.edges[band]..<Self.edges[band + 1] { energy += power[bin] }
      let level = logf(energy + floor)
      if !isFirst { sum += max(0, level - levels[band]) }
      levels[band] = level
    }
    return sum
  }
}
