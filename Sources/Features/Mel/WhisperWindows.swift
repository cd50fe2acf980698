/// Whisper's log-mel spectrogram in windows of 30 s, as its encoder takes them: each a clip of its own, the last one filled up
/// with silence, so that rows come by the 3000.
///
/// A window is mirrored at its own ends, its 3001st row is left out and its levels are held to its own largest. Rows are
/// `[bands]`; see ``MelSettings/whisper(bands:range:)``.
public final class WhisperWindows: SoundFeature {
  /// 16 kHz.
  public static let sampleRate = 16_000
  /// 30 s.
  public static let samples = 30 * sampleRate

  /// 16 kHz.
  public var sampleRate: Int { Self.sampleRate }
  /// Samples that a row is made of.
  public var windowSamples: Int { clip.windowSamples }
  /// 10 ms in samples.
  public var hopSamples: Int { clip.hopSamples }
  /// 30 s in samples: a row waits for the end of its window.
  public var delaySamples: Int? { Self.samples }
  /// Mel bands.
  public var dimension: Int { clip.dimension }
  /// Samples replaced so far because they were not finite or too large.
  public var replacedSamples: Int { clip.replacedSamples }

  private let clip: MelFeature
  private let silence = AlignedFloats(count: 4096)
  /// Samples of the window so far, and rows of the windows before.
  private var taken = 0
  private var rowsBefore = 0

  /// 80 bands, or 128 for Whisper's large-v3.
  ///
  /// - Throws: ``FeatureError`` if there are too few or too many bands.
  public init(bands: Int = 80) throws(FeatureError) {
    clip = try MelFeature(.whisper(bands: bands), sampleRate: Self.sampleRate)
  }

  /// The sample that a row is about.
  public func centreSample(ofRow row: Int) -> Int { row * hopSamples }

  /// Takes the next samples; see ``SoundFeature``.
  public func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void) {
    var start = 0
    while start < samples.count {
      let count = min(samples.count - start, Self.samples - taken)
      clip.push(samples.extracting(start..<(start + count))) { _, _ in }
      start += count
      taken += count
      if taken == Self.samples { release(row) }
    }
  }

  /// Fills the last window up with silence and hands out its rows.
  public func finish(row: (Span<Float>, Int) -> Void) {
    guard taken > 0 else { return }
    while taken < Self.samples {
      let count = min(silence.count, Self.samples - taken)
      silence.withSpan(count) { clip.push($0) { _, _ in } }
      taken += count
    }
    release(row)
  }

  /// Forgets all samples: the next one begins row 0.
  public func reset() {
    clip.reset()
    taken = 0
    rowsBefore = 0
  }

  private func release(_ row: (Span<Float>, Int) -> Void) {
    clip.finish { values, index in row(values, rowsBefore + index) }
    clip.reset()
    taken = 0
    rowsBefore += Self.samples / hopSamples
  }
}
