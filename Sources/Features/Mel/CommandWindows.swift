/// MFCC of windows of one second, as the reference code of MLPerf Tiny's keyword spotting computes them of its clips.
///
/// A window is a clip of its own: its samples are divided by the largest of them (not the largest magnitude), and rows of
/// ``MelSettings/speechCommands()`` are taken of that. A row of the feature is a whole window, `[49, 10]` with the time first. A
/// window without a sample above 0, as of silence, is taken as it is, where the reference divides by nothing.
public final class CommandWindows: SoundFeature {
  /// 16 kHz.
  public static let sampleRate = 16_000
  /// Rows of coefficients in a window.
  public static let rows = 49
  /// Coefficients in each of them.
  public static let coefficients = 10

  /// 16 kHz.
  public var sampleRate: Int { Self.sampleRate }
  /// One second in samples.
  public var windowSamples: Int { window.length }
  /// Samples from one window to the next.
  public var hopSamples: Int { window.hop }
  /// 490.
  public var dimension: Int { Self.rows * Self.coefficients }
  /// Samples replaced so far because they were not finite or too large.
  public var replacedSamples: Int { window.replaced }

  private let window: SlidingWindow
  private let clip: MelFeature
  private let scaled: AlignedFloats
  private let values: AlignedFloats

  /// Windows every `hopSamples`.
  ///
  /// - Throws: ``FeatureError`` if the hop is out of range.
  public init(hopSamples: Int = 1600) throws(FeatureError) {
    try SettingRange.check("hop", hopSamples, 1...SettingRange.longestWindow, unit: "samples")
    window = SlidingWindow(length: Self.sampleRate, hop: hopSamples)
    clip = try MelFeature(.speechCommands(), sampleRate: Self.sampleRate)
    scaled = AlignedFloats(count: Self.sampleRate)
    values = AlignedFloats(count: Self.rows * Self.coefficients)
  }

  /// Takes the next samples; see ``SoundFeature``.
  public func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void) {
    unsafe window.push(samples) { frame, index in
      unsafe scale(frame)
      clip.reset()
      scaled.withSpan(scaled.count) { clip.push($0) { values, row in keep(values, row: row) } }
      values.withSpan(values.count) { row($0, index) }
    }
  }

  /// Forgets all samples: the next one begins row 0.
  public func reset() { window.reset() }

  private func scale(_ frame: UnsafePointer<Float>) {
    var largest: Float = 0
    for place in 0..<scaled.count { largest = max(largest, unsafe frame[place]) }
    let factor = largest > .leastNormalMagnitude ? largest : 1
    for place in 0..<scaled.count { unsafe scaled.base[place] = frame[place] / factor }
  }

  private func keep(_ coefficients: Span<Float>, row: Int) {
    guard row < Self.rows else { return }
    for place in coefficients.indices {
      unsafe values.base[row * Self.coefficients + place] = coefficients[place]
    }
  }
}
