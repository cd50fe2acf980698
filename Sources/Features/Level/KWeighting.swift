internal import CKernels
import Glibc

/// The mean square of K-weighted sound, each channel by its weight: what loudness is the logarithm of.
///
/// ITU-R BS.1770-4's two filters, a shelf that lifts what is above 1.7 kHz by 4 dB and a high pass at 38 Hz. The standard
/// gives their coefficients at 48 kHz; at other rates they are made from the analogue prototypes by the bilinear
/// transform, with the constants that libebur128 and FFmpeg have. Double precision.
@safe
final class KWeighting {
  /// How much each channel counts, by the number of channels alone, as FFmpeg's default layouts have them: 1.41 for
  /// surround and back channels, 0 for the low frequency channel, 1 for others.
  static func weights(channelCount: Int) -> [Double] {
    let behind = 1.41
    switch channelCount {
    case 3: return [1, 1, 0]
    case 4: return [1, 1, 1, behind]
    case 5: return [1, 1, 1, behind, behind]
    case 6: return [1, 1, 1, 0, behind, behind]
    case 7: return [1, 1, 1, 0, behind, behind, behind]
    case 8: return [1, 1, 1, 0, behind, behind, behind, behind]
    default: return Array(repeating: 1, count: channelCount)
    }
  }

  private let channelCount: Int
  private let weights: [Double]
  private let coefficients: [Double]
  private var state: [Double]
  private var energies: [Double]

  init(sampleRate: Int, channelCount: Int) {
    self.channelCount = channelCount
    weights = Self.weights(channelCount: channelCount)
    coefficients = Self.coefficients(sampleRate: Double(sampleRate))
    state = Array(repeating: 0, count: (channelCount + 3) / 4 * 16)
    energies = Array(repeating: 0, count: channelCount)
  }

  /// The weighted mean square of the next `count` samples of all channels. Allocates: no.
  func meanSquare(_ samples: UnsafePointer<Float>, count: Int) -> Double {
    for channel in energies.indices { energies[channel] = 0 }
    unsafe braid_k_weighted_energy(samples, count, channelCount, coefficients, &state, &energies)
    // What fades away after a sound must not become denormal, which is slow.
    for index in state.indices where abs(state[index]) < 1e-60 { state[index] = 0 }
    var sum = 0.0
    for channel in energies.indices { sum += weights[channel] * energies[channel] }
    return sum / Double(count)
  }

  func reset() {
    for index in state.indices { state[index] = 0 }
  }

  /// b0, b1, b2, a1, a2 of the shelf and of the high pass.
  private static func coefficients(sampleRate: Double) -> [Double] {
    var tangent = tan(Double.pi * 1681.974450955533 / sampleRate)
    var quality = 0.7071752369554196
    let high = pow(10, 3.999843853973347 / 20)
    let band = pow(high, 0.4996667741545416)
    var scale = 1 + tangent / quality + tangent * tangent
    let shelf = [
      (high + band * tangent / quality + tangent * tangent) / scale,
      2 * (tangent * tangent - high) / scale,
      (high - band * tangent / quality + tangent * tangent) / scale,
      2 * (tangent * tangent - 1) / scale,
      (1 - tangent / quality + tangent * tangent) / scale,
    ]
    tangent = tan(Double.pi * 38.13547087602444 / sampleRate)
    quality = 0.5003270373238773
    scale = 1 + tangent / quality + tangent * tangent
    return shelf + [
      1, -2, 1, 2 * (tangent * tangent - 1) / scale, (1 - tangent / quality + tangent * tangent) / scale,
    ]
  }
}
