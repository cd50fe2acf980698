/// The tempo of music (`tempo`), in beats a minute, with its confidence: the period of ``OnsetStrength`` in the 8 seconds
/// around each second, found as librosa's `tempo` finds it and made finer than whole hops; see ``BeatPeriod``.
///
/// Rows `[2]`: beats a minute and the confidence from 0 to 1, a correlation: near 1 for a steady beat, low for speech and
/// noise. Silence has 0 and 0. What lies beyond the ends counts as silent; the first row is about sample 0. A tempo that is half or
/// twice what a listener would tap is the usual error; `start` says what is likely.
public final class Tempo: SoundFeature {
  static let definition = FeatureDefinition(
    "tempo", unit: "bpm", columns: ["tempo", "confidence"],
    parameters: CentredSpectrum.parameters + [
      FeatureParameter("window", .number(2...60), standard: .number(8), unit: "s", "stretch that a row is about"),
      FeatureParameter("every", .number(0.1...60), standard: .number(1), unit: "s", "from row to row"),
      FeatureParameter("start", .number(30...300), standard: .number(120), unit: "bpm", "likeliest tempo"),
    ],
    "beats a minute and how sure they are, from the autocorrelation of onset-strength, as librosa computes it",
    maker: .sound(.fixed(22_050), .mean) { settings, format throws(FeatureError) in
      try Tempo(
        sampleRate: format.sampleRate, fftLength: settings.integer("fft"), hopSamples: settings.integer("hop"),
        windowSeconds: settings.number("window") ?? 8, everySeconds: settings.number("every") ?? 1,
        start: settings.number("start") ?? 120)
    })

  /// Samples a second, in hertz.
  public var sampleRate: Int { strength.sampleRate }
  /// Samples that a row is about.
  public var windowSamples: Int { frames.length * strength.hopSamples }
  /// Samples from one row to the next.
  public var hopSamples: Int { frames.hop * strength.hopSamples }
  /// Half the window, and what the strength itself waits for.
  public var delaySamples: Int? {
    strength.delaySamples.map { max(0, $0 + (frames.framing.delay - 1) * strength.hopSamples) }
  }
  /// 2.
  public var dimension: Int { 2 }
  /// Samples replaced so far because they were not finite or too large.
  public var replacedSamples: Int { strength.replacedSamples }

  private let strength: OnsetStrength
  private let frames: SlidingWindow
  private let beat: BeatPeriod
  private let values = AlignedFloats(count: 2)
  private var strengthRate: Double { Double(sampleRate) / Double(strength.hopSamples) }

  /// Tempos at or above this one are not found.
  private static let fastest = 320.0

  /// The tempo of a stream at any rate.
  ///
  /// - Throws: ``FeatureError`` if a value is out of range, or the window holds too few hops.
  public init(
    sampleRate: Int, fftLength: Int = 2048, hopSamples: Int = 512, windowSeconds: Double = 8, everySeconds: Double = 1,
    start: Double = 120
  ) throws(FeatureError) {
    guard (0.5...120).contains(windowSeconds), (0.001...120).contains(everySeconds), (1...1000).contains(start) else {
      throw FeatureError(
        .invalidSetting, "\(windowSeconds) s every \(everySeconds) s about \(start) bpm is out of range",
        location: "tempo", remedy: "Take 0.5 to 120 s and 1 to 1000 bpm")
    }
    strength = try OnsetStrength(sampleRate: sampleRate, fftLength: fftLength, hopSamples: hopSamples)
    let rate = Double(sampleRate) / Double(hopSamples)
    // An even number of hops, as centred stretches want it.
    let length = Int(windowSeconds * rate) / 2 * 2
    try SettingRange.check("tempo's window", length, 8...(1 << 20), unit: "hops")
    frames = SlidingWindow(
      .centred(length: length, hop: max(1, Int((everySeconds * rate).rounded())), padding: .zeros))
    beat = try BeatPeriod(length: length, valueRate: rate, start: start, fastest: Self.fastest)
  }

  /// The sample in the middle of the row's stretch.
  public func centreSample(ofRow row: Int) -> Int { row * hopSamples }

  /// Takes the next samples; see ``SoundFeature``.
  public func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void) {
    strength.push(samples) { value, _ in
      unsafe frames.push(value) { stretch, index in unsafe emit(stretch, index, row) }
    }
  }

  /// Rows whose stretches reach beyond the end.
  public func finish(row: (Span<Float>, Int) -> Void) {
    strength.finish { value, _ in
      unsafe frames.push(value) { stretch, index in unsafe emit(stretch, index, row) }
    }
    unsafe frames.finish { stretch, index in unsafe emit(stretch, index, row) }
  }

  /// Forgets all samples: the next one begins row 0.
  public func reset() {
    strength.reset()
    frames.reset()
  }

  private func emit(_ stretch: UnsafePointer<Float>, _ index: Int, _ row: (Span<Float>, Int) -> Void) {
    let found = unsafe beat.measure(stretch)
    unsafe values.base[0] = found.map { Float(60 * strengthRate / $0.period) } ?? 0
    unsafe values.base[1] = found.map { Float($0.confidence) } ?? 0
    values.withSpan(2) { row($0, index) }
  }
}
