internal import CKernels
import Glibc

/// The largest magnitude of the signal that samples stand for, between them too.
///
/// As ITU-R BS.1770-4's annex 2 has it, and with libebur128's filter: four times as many samples (twice from 96 kHz on,
/// none more from 192 kHz on) by a sinc of 49 taps under a Hann window.
@safe
final class TruePeak {
  /// The largest magnitude so far, in any channel, at least 0.
  private(set) var magnitude: Float = 0

  private let channelCount: Int
  private let blockSamples: Int
  private let phases: Int
  private let taps: Int
  private let coefficients: AlignedFloats
  /// For each channel the last `taps - 1` samples.
  private let history: AlignedFloats
  /// One channel's history and block.
  private let channel: AlignedFloats

  private static let tapCount = 49

  /// For blocks of up to `blockSamples` samples of each channel.
  init(sampleRate: Int, channelCount: Int, blockSamples: Int) {
    self.channelCount = channelCount
    self.blockSamples = blockSamples
    let factor = sampleRate < 96_000 ? 4 : sampleRate < 192_000 ? 2 : 1
    // The first phase is the samples themselves.
    phases = factor - 1
    taps = Self.tapCount / factor
    var rows: [Float] = []
    if factor > 1 {
      for phase in 1..<factor {
        rows += (0..<taps).map { Self.coefficient(phase + $0 * factor, factor: factor) }
      }
    }
    coefficients = AlignedFloats(rows)
    history = AlignedFloats(count: channelCount * (taps - 1))
    channel = AlignedFloats(count: taps - 1 + blockSamples)
  }

  /// Takes the next `count` samples of all channels. Allocates: no.
  func push(_ samples: UnsafePointer<Float>, count: Int) {
    precondition(count <= blockSamples, "a block is no longer than said")
    magnitude = max(magnitude, unsafe braid_largest_magnitude(samples, count * channelCount))
    guard phases > 0 else { return }
    let before = taps - 1
    for index in 0..<channelCount {
      let past = unsafe history.base + index * before
      unsafe channel.base.update(from: past, count: before)
      unsafe braid_take_channel(samples + index, count, channelCount, channel.base + before)
      let between = unsafe braid_largest_between(channel.base + before, count, coefficients.base, phases, taps)
      magnitude = max(magnitude, between)
      unsafe past.update(from: channel.base + count, count: before)
    }
  }

  func reset() {
    magnitude = 0
    unsafe history.base.update(repeating: 0, count: history.count)
  }

  private static func coefficient(_ tap: Int, factor: Int) -> Float {
    let angle = (Double(tap) - Double(tapCount - 1) / 2) * Double.pi / Double(factor)
    let hann = 0.5 * (1 - cos(2 * Double.pi * Double(tap) / Double(tapCount - 1)))
    return Float((angle == 0 ? 1 : sin(angle) / angle) * hann)
  }
}
