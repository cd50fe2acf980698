internal import CKernels
import Glibc

/// The sample peak of a stream (`peak`), in dBFS, one value for each hop.
///
/// `20 log10` of the largest magnitude in any channel over the hop; 0 dBFS is full scale. Never below ``RMS/floor``, which
/// silence has. Rows are `[1]`.
public final class Peak: SoundFeature {
  static let definition = FeatureDefinition(
    "peak", unit: "dBFS",
    parameters: [FeatureParameter("hop", .number(1...1000), standard: .number(10), unit: "ms", "window and hop")],
    "largest sample of each stretch in any channel, floored at -120 dBFS",
    maker: .sound(.stream, .all) { settings, format throws(FeatureError) in
      let milliseconds = settings.number("hop") ?? 10
      return try Peak(
        sampleRate: format.sampleRate, channelCount: format.channelCount,
        hopSamples: max(1, Int(milliseconds * Double(format.sampleRate) / 1000)))
    })

  /// Samples a second, in hertz.
  public let sampleRate: Int
  /// Interleaved channels.
  public let channelCount: Int
  /// Samples in a hop: windows do not overlap.
  public var windowSamples: Int { window.length / channelCount }
  /// Samples in a hop.
  public var hopSamples: Int { window.hop / channelCount }
  /// 1.
  public var dimension: Int { 1 }
  /// Samples replaced so far because they were not finite or too large.
  public var replacedSamples: Int { window.replaced }

  private let window: SlidingWindow
  private let level = AlignedFloats(count: 1)

  /// Peaks of hops of `hopSamples` (default: 10 ms, cut to whole samples).
  ///
  /// - Throws: ``FeatureError`` if the rate, the channels or the hop is out of range.
  public init(sampleRate: Int, channelCount: Int = 1, hopSamples: Int? = nil) throws(FeatureError) {
    try SettingRange.check(sampleRate: sampleRate)
    try SettingRange.check("channels", channelCount, 1...256, unit: "channels")
    let hop = hopSamples ?? sampleRate / 100
    try SettingRange.check("hop", hop, 1...SettingRange.longestWindow, unit: "samples")
    self.sampleRate = sampleRate
    self.channelCount = channelCount
    window = SlidingWindow(length: hop * channelCount, hop: hop * channelCount)
  }

  /// Takes the next samples; see ``SoundFeature``.
  public func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void) {
    unsafe window.push(samples) { frame, index in
      let magnitude = unsafe braid_largest_magnitude(frame, window.length)
      unsafe level.base[0] = max(RMS.floor, 20 * log10f(magnitude))
      level.withSpan(1) { row($0, index) }
    }
  }

  /// Forgets all samples: the next one begins row 0.
  public func reset() { window.reset() }
}
