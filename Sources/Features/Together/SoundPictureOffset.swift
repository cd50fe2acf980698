public import BraidCore

/// How much later the sound is than the picture (`av-offset`), every second: `[offset in ms, confidence from 0 to 1]`.
///
/// Onsets that are heard (``SoundOnsets``) are correlated with onsets that are seen (``PictureOnsets``) over the last seconds,
/// on a grid of 5 ms, and the offset is where the correlation is largest within ±500 ms, to a fraction of a step. The
/// confidence is the product of
/// - how far the peak stands out: its height over the root mean square of the correlation at all lags up to 2 s but its own
///   80 ms each way, over 16, at most 1;
/// - how lonely it is: 1 less the height of the next highest within ±500 ms over its own;
/// - how many stretches of half a second speak for it (the square of the sum over the sum of squares), over 4, at most 1.
///
/// Above ``sureConfidence`` the offset can be relied on; sound that has nothing to do with the picture stays below 0.25. A row's
/// time is the end of its window, and it is known 2 s later. For 16 kHz and one channel; of pictures luma counts, at the
/// size given (160 by 90 is meant).
public final class SoundPictureOffset: SoundAndPictureFeature {
  static let definition = FeatureDefinition(
    "av-offset", unit: "ms, 0..1", columns: ["offset", "confidence"],
    parameters: [
      FeatureParameter("window", .integer(2...60), standard: .integer(20), unit: "s", "how far back it looks")
    ], "how much later the sound is than the picture, and how sure that is: above 0.4 it can be relied on",
    maker: .soundAndPicture(.fixed(SoundOnsets.sampleRate)) { settings throws(FeatureError) in
      try SoundPictureOffset(windowSeconds: settings.integer("window"))
    })

  /// From here on the offset can be relied on.
  public static let sureConfidence = 0.4

  /// What is known of the offset.
  public struct Estimate: Hashable, Sendable {
    /// How much later the sound is than the picture.
    public let offset: MediaDuration
    /// 0 to 1.
    public let confidence: Double
  }

  /// 16,000.
  public let sampleRate = SoundOnsets.sampleRate
  /// 2.
  public let dimension = 2

  private static let reach = Int64(OnsetCorrelation.reach)
  /// How far one of the two may be ahead, in steps: beyond it the other has nothing. 10 s.
  private static let furthest: Int64 = 2000

  private let sound: SoundOnsets
  private var pictures = PictureOnsets()
  private var heard = OnsetGrid()
  private var seen = OnsetGrid()
  private var correlation: OnsetCorrelation
  /// The next index of the grid to be correlated.
  private var next: Int64?
  private let values = AlignedFloats(count: 2)

  /// A feature that looks 2 to 60 s back.
  ///
  /// - Throws: ``FeatureError`` where the window is out of range, or FFTW makes no plan.
  public init(windowSeconds: Int = 20) throws(FeatureError) {
    try SettingRange.check("window", windowSeconds, 2...60, unit: "s")
    sound = try SoundOnsets()
    correlation = OnsetCorrelation(window: 2 * windowSeconds)
  }

  /// What all of the sound and pictures so far say; nil where nothing was heard or nothing seen.
  public var overall: Estimate? {
    correlation.overall.map {
      Estimate(
        offset: MediaDuration(nanoseconds: Int64(($0.lag * Double(OnsetGrid.step)).rounded())),
        confidence: $0.confidence)
    }
  }

  /// See ``SoundAndPictureFeature``.
  public var bound: MediaTime? { next.map { MediaTime(nanoseconds: $0 * OnsetGrid.step) } }

  /// Takes the next samples; see ``SoundAndPictureFeature``.
  public func push(_ samples: Span<Float>, time: MediaTime, row: (Span<Float>, MediaTime) -> Void) {
    var first = 0
    while first < samples.count {
      // A second at a time: more is not kept of what is heard.
      let last = min(samples.count, first + sampleRate)
      let start = time + .samples(Int64(first), sampleRate: sampleRate)
      sound.push(samples.extracting(first..<last), time: start) { strength, time in
        if heard.steps(before: time) > Self.furthest { startAnew() }
        heard.add(strength, at: time)
      }
      advance(row)
      first = last
    }
  }

  /// Takes the next picture; see ``SoundAndPictureFeature``.
  public func push(_ planes: Span<UInt8>, format: PictureFormat, time: MediaTime, row: (Span<Float>, MediaTime) -> Void)
  {
    guard let (strength, time) = pictures.update(planes, width: format.width, height: format.height, time: time) else {
      return
    }
    if seen.steps(before: time) > Self.furthest { startAnew() }
    seen.add(strength, at: time)
    advance(row)
  }

  /// What comes next in the sound does not follow.
  public func breakSound() {
    sound.reset()
    heard.breakOff()
  }

  /// What comes next in the picture does not follow.
  public func breakPictures() {
    pictures.reset()
    seen.breakOff()
  }

  /// Correlates what is left, taking the sound beyond its end for silence.
  public func finish(row: (Span<Float>, MediaTime) -> Void) {
    guard let heardEnd = heard.end, let seenEnd = seen.end else { return }
    let end = min(heardEnd, seenEnd)
    heard.fill(to: end + Self.reach)
    advance(to: end, row)
    if let next, next % Int64(OnsetCorrelation.stretch) != 0 { correlation.close() }
  }

  /// Forgets everything.
  public func reset() {
    breakSound()
    breakPictures()
    startAnew()
    correlation.reset()
  }

  /// Time has gone back: the grid begins where it is now. What was correlated stays.
  private func startAnew() {
    heard = OnsetGrid()
    seen = OnsetGrid()
    next = nil
  }

  /// Correlates as far as both are known.
  private func advance(_ row: (Span<Float>, MediaTime) -> Void) {
    guard let heardEnd = heard.end, let seenEnd = seen.end else { return }
    // A stream that is far behind has nothing there.
    if heardEnd - seenEnd > Self.furthest { seen.fill(to: heardEnd - Self.furthest) }
    if seenEnd - heardEnd > Self.furthest { heard.fill(to: seenEnd - Self.furthest) }
    guard let heardEnd = heard.end, let seenEnd = seen.end else { return }
    advance(to: min(seenEnd, heardEnd - Self.reach), row)
  }

  private func advance(to end: Int64, _ row: (Span<Float>, MediaTime) -> Void) {
    guard let heardBegin = heard.begin, let seenBegin = seen.begin else { return }
    var index = next ?? max(heardBegin, seenBegin)
    while index < end {
      let strength = seen[index]
      if strength != 0 {
        heard.withValues(from: index - Self.reach, count: 2 * OnsetCorrelation.reach + 1) { around in
          correlation.add(strength, around)
        }
      }
      index += 1
      guard index % Int64(OnsetCorrelation.stretch) == 0 else { continue }
      correlation.close()
      if index % Int64(2 * OnsetCorrelation.stretch) == 0 { tell(index, row) }
    }
    next = index
  }

  private func tell(_ index: Int64, _ row: (Span<Float>, MediaTime) -> Void) {
    let verdict = correlation.latest()
    unsafe values.base[0] = Float((verdict?.lag ?? 0) * Double(OnsetGrid.step) / 1e6)
    unsafe values.base[1] = Float(verdict?.confidence ?? 0)
    values.withSpan(2) { row($0, MediaTime(nanoseconds: index * OnsetGrid.step)) }
  }
}
