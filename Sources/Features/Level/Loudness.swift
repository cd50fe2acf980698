internal import CKernels
import Glibc

/// Loudness as broadcasters measure it (`loudness`): EBU R 128, that is ITU-R BS.1770-4, EBU Tech 3341 and 3342.
///
/// Every 100 ms a row `[5]`:
/// - *momentary*: of the last 400 ms, in LUFS, not gated; never below ``floor``, which silence has;
/// - *short-term*: of the last 3 s, likewise; ``floor`` until there are 3 s;
/// - *integrated*: of all so far, in LUFS: the mean of the 400 ms blocks above -70 LUFS and no more than 10 LU below the
///   mean of those; -70 where there is none;
/// - *range* so far, in LU: from the 10th to the 95th percentile of the short-term values above -70 LUFS and no more than
///   20 LU below their mean; 0 where there is none;
/// - *true-peak* so far, in dBTP: of the signal at four times the rate, in any channel; never below ``floor``.
///
/// The first row is about the first 400 ms. Only the number of channels is known: how each counts is by FFmpeg's default
/// layouts, so 6 channels are left, right, centre, low frequency (not counted) and two surround channels (1.41 times). One
/// channel counts once (no "dual mono"). Blocks are kept as histograms of 0.01 LU: memory does not grow.
public final class Loudness: SoundFeature {
  static let definition = FeatureDefinition(
    "loudness", aliases: ["ebur128"], unit: "LUFS",
    columns: ["momentary", "short-term", "integrated", "range", "true-peak"],
    "loudness by EBU R 128, range in LU and true peak in dBTP, running values every 100 ms",
    maker: .sound(.stream, .all) { _, format throws(FeatureError) in
      try Loudness(sampleRate: format.sampleRate, channelCount: format.channelCount)
    })

  /// The least loudness, in LUFS, and the least true peak, in dBTP.
  public static let floor: Float = -120

  /// Samples a second, in hertz.
  public let sampleRate: Int
  /// Interleaved channels.
  public let channelCount: Int
  /// 400 ms in samples: the newest values of a row are of these.
  public var windowSamples: Int { Self.momentaryBlocks * hopSamples }
  /// 100 ms in samples, to the nearest.
  public let hopSamples: Int
  /// 5.
  public var dimension: Int { 5 }
  /// Samples replaced so far because they were not finite or too large.
  public var replacedSamples: Int { window.replaced }

  private static let momentaryBlocks = 4
  private static let shortTermBlocks = 30

  private let window: SlidingWindow
  private let weighting: KWeighting
  private let truePeak: TruePeak
  /// Mean squares of the last 3 s, 100 ms each; block `n` is at `n % 30`.
  private var blocks = [Double](repeating: 0, count: shortTermBlocks)
  private var momentary = LoudnessHistogram()
  private var shortTerm = LoudnessHistogram()
  private let values = AlignedFloats(count: 5)

  /// A meter of `channelCount` channels.
  ///
  /// - Throws: ``FeatureError`` if the rate or the number of channels is out of range.
  public init(sampleRate: Int, channelCount: Int) throws(FeatureError) {
    // Below 4 kHz the shelf's frequency comes close to Nyquist.
    try SettingRange.check("sample rate", sampleRate, 4000...768_000, unit: "Hz")
    try SettingRange.check("channels", channelCount, 1...64, unit: "channels")
    self.sampleRate = sampleRate
    self.channelCount = channelCount
    hopSamples = (sampleRate + 5) / 10
    window = SlidingWindow(length: hopSamples * channelCount, hop: hopSamples * channelCount)
    weighting = KWeighting(sampleRate: sampleRate, channelCount: channelCount)
    truePeak = TruePeak(sampleRate: sampleRate, channelCount: channelCount, blockSamples: hopSamples)
  }

  /// Takes the next samples; see ``SoundFeature``.
  public func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void) {
    unsafe window.push(samples) { block, index in
      unsafe blocks[index % Self.shortTermBlocks] = weighting.meanSquare(block, count: hopSamples)
      unsafe truePeak.push(block, count: hopSamples)
      let count = index + 1
      guard count >= Self.momentaryBlocks else { return }
      let recent = mean(last: Self.momentaryBlocks, of: count)
      momentary.add(recent)
      unsafe values.base[0] = Self.level(recent)
      if count >= Self.shortTermBlocks {
        let longer = mean(last: Self.shortTermBlocks, of: count)
        shortTerm.add(longer)
        unsafe values.base[1] = Self.level(longer)
      } else {
        unsafe values.base[1] = Self.floor
      }
      unsafe values.base[2] = Float(momentary.mean(relativeGate: 10) ?? LoudnessHistogram.gate)
      unsafe values.base[3] = Float(shortTerm.range(relativeGate: 20))
      unsafe values.base[4] = max(Self.floor, 20 * log10f(truePeak.magnitude))
      values.withSpan(dimension) { row($0, count - Self.momentaryBlocks) }
    }
  }

  /// Forgets all samples: the next one begins row 0.
  public func reset() {
    window.reset()
    weighting.reset()
    truePeak.reset()
    momentary.reset()
    shortTerm.reset()
  }

  /// The mean of the last blocks, oldest first.
  private func mean(last length: Int, of count: Int) -> Double {
    var sum = 0.0
    for index in (count - length)..<count { sum += blocks[index % Self.shortTermBlocks] }
    return sum / Double(length)
  }

  private static func level(_ energy: Double) -> Float { max(floor, Float(LoudnessHistogram.loudness(energy))) }
}
