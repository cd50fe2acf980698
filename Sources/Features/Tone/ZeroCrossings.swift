internal import CKernels

/// How often the samples change sign (`zero-crossings`): librosa's `zero_crossing_rate`, 0 to 1.
///
/// The share of a window's samples that have another sign than the one before; what is within 1e-10 of 0 counts as
/// positive. Windows of 2048 samples centred on every 512th; the first and last sample continue beyond the ends. Rows are
/// `[1]`; silence has 0.
public final class ZeroCrossings: SoundFeature {
  static let definition = FeatureDefinition(
    "zero-crossings", unit: "1",
    parameters: [
      FeatureParameter("window", .integer(16...65_536), standard: .integer(2048), unit: "samples", "window"),
      FeatureParameter("hop", .integer(16...65_536), standard: .integer(512), unit: "samples", "from row to row"),
    ],
    "the share of samples at which the sign changes, as librosa computes it",
    maker: .sound(.fixed(22_050), .mean) { settings, format throws(FeatureError) in
      try ZeroCrossings(
        sampleRate: format.sampleRate, windowSamples: settings.integer("window"), hopSamples: settings.integer("hop"))
    })

  /// Samples a second, in hertz.
  public let sampleRate: Int
  /// Samples in a window.
  public var windowSamples: Int { frames.length }
  /// Samples from one row to the next.
  public var hopSamples: Int { frames.hop }
  /// Half a window.
  public var delaySamples: Int? { frames.framing.delay }
  /// 1.
  public var dimension: Int { 1 }
  /// Samples replaced so far because they were not finite or too large.
  public var replacedSamples: Int { frames.replaced }

  private let frames: SlidingWindow
  private let share = AlignedFloats(count: 1)

  /// Shares over windows at any rate.
  ///
  /// - Throws: ``FeatureError`` if the rate or a length is out of range.
  public init(sampleRate: Int, windowSamples: Int = 2048, hopSamples: Int = 512) throws(FeatureError) {
    try SettingRange.check(sampleRate: sampleRate)
    try SettingRange.check("window", windowSamples, 2...SettingRange.longestWindow, unit: "samples")
    try SettingRange.check("hop", hopSamples, 1...SettingRange.longestWindow, unit: "samples")
    self.sampleRate = sampleRate
    frames = SlidingWindow(.centred(length: windowSamples, hop: hopSamples, padding: .edge))
  }

  /// The sample in the middle of the row's window.
  public func centreSample(ofRow row: Int) -> Int { row * hopSamples }

  /// Takes the next samples; see ``SoundFeature``.
  public func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void) {
    unsafe frames.push(samples) { frame, index in unsafe emit(frame, index, row) }
  }

  /// Rows whose windows reach beyond the end.
  public func finish(row: (Span<Float>, Int) -> Void) {
    unsafe frames.finish { frame, index in unsafe emit(frame, index, row) }
  }

  /// Forgets all samples: the next one begins row 0.
  public func reset() { frames.reset() }

  private func emit(_ frame: UnsafePointer<Float>, _ index: Int, _ row: (Span<Float>, Int) -> Void) {
    let changes = unsafe braid_sign_changes(frame, frames.length, 1e-10)
    unsafe share.base[0] = Float(changes) / Float(frames.length)
    share.withSpan(1) { row($0, index) }
  }
}
