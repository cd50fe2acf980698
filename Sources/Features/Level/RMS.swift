internal import CKernels
import Glibc

/// The level of a stream of samples (`rms`), in dBFS, one value for each hop.
///
/// `20 log10(sqrt(mean of x²))` over the hop's samples; 0 dBFS is a square wave at full scale, a full-scale sine is at
/// -3.01. Never below ``floor``, which silence has. Rows are `[1]`.
public final class RMS: SoundFeature {
  static let definition = FeatureDefinition(
    "rms", unit: "dBFS",
    parameters: [FeatureParameter("hop", .number(1...1000), standard: .number(10), unit: "ms", "window and hop")],
    "level of each stretch, floored at -120 dBFS",
    maker: .sound(.stream, .mean) { settings, format throws(FeatureError) in
      let milliseconds = settings.number("hop") ?? 10
      return try RMS(
        sampleRate: format.sampleRate, hopSamples: max(1, Int(milliseconds * Double(format.sampleRate) / 1000)))
    })

  /// The level of silence and of everything softer, in dBFS.
  public static let floor: Float = -120

  /// Samples a second, in hertz.
  public let sampleRate: Int
  /// Samples in a hop: windows do not overlap.
  public var windowSamples: Int { window.length }
  /// Samples in a hop.
  public var hopSamples: Int { window.hop }
  /// 1.
  public var dimension: Int { 1 }
  /// Samples replaced so far because they were not finite or too large.
  public var replacedSamples: Int { window.replaced }

  private let window: SlidingWindow
  private let level = AlignedFloats(count: 1)

  /// Levels of hops of `hopSamples` (default: 10 ms, cut to whole samples).
  ///
  /// - Throws: ``FeatureError`` if the rate or the hop is out of range.
  public init(sampleRate: Int, hopSamples: Int? = nil) throws(FeatureError) {
    try SettingRange.check(sampleRate: sampleRate)
    let hop = hopSamples ?? sampleRate / 100
    try SettingRange.check("hop", hop, 1...SettingRange.longestWindow, unit: "samples")
    self.sampleRate = sampleRate
    window = SlidingWindow(length: hop, hop: hop)
  }

  /// Takes the next samples; see ``SoundFeature``.
  public func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void) {
    unsafe window.push(samples) { frame, index in
      let sum = unsafe braid_sum_of_squares(frame, window.length)
      unsafe level.base[0] = max(Self.floor, 10 * log10f(sum / Float(window.length)))
      level.withSpan(1) { row($0, index) }
    }
  }

  /// Forgets all samples: the next one begins row 0.
  public func reset() { window.reset() }
}
