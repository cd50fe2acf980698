internal import CKernels
import Glibc

/// The fundamental frequency of a voice or one instrument (`pitch`), in hertz, with its confidence: YIN.
///
/// For every lag up to the longest period (`low`), the difference of 25 ms with what follows that much later, divided by
/// the mean of the differences at shorter lags. The period is the first dip below `threshold`, else the lowest; a parabola
/// through the plain difference, at half lags, makes it finer than a sample. A dip's depth is the sound's aperiodicity: the confidence is 1
/// less that, and sound less periodic than `voicing` has no pitch.
///
/// Rows `[2]`: hertz, 0 where there is no pitch, and the confidence from 0 to 1. Silence has 0 and 0. Windows are 25 ms and the
/// longest period, only where they fit whole; each has its mean removed. The usual error is an octave too low, where the
/// voice changes within the window.
///
/// Source: de Cheveigné and Kawahara 2002, "YIN, a fundamental frequency estimator for speech and music", steps 1 to 5.
public final class Pitch: SoundFeature {
  static let definition = FeatureDefinition(
    "pitch", aliases: ["yin"], unit: "Hz", columns: ["frequency", "confidence"],
    parameters: [
      FeatureParameter("low", .number(20...2000), standard: .number(60), unit: "Hz", "lowest pitch"),
      FeatureParameter("high", .number(40...4000), standard: .number(1000), unit: "Hz", "highest pitch"),
      FeatureParameter(
        "threshold", .number(0.01...1), standard: .number(0.1), "aperiodicity below which the first dip is taken"),
      FeatureParameter(
        "voicing", .number(0.01...1), standard: .number(0.25), "aperiodicity above which there is no pitch"),
      FeatureParameter("hop", .number(1...1000), standard: .number(10), unit: "ms", "from row to row"),
    ],
    "the fundamental frequency by YIN, 0 where there is none, and how sure it is",
    maker: .sound(.stream, .mean) { settings, format throws(FeatureError) in
      let milliseconds = settings.number("hop") ?? 10
      return try Pitch(
        sampleRate: format.sampleRate, low: settings.number("low") ?? 60, high: settings.number("high") ?? 1000,
        threshold: Float(settings.number("threshold") ?? 0.1), voicing: Float(settings.number("voicing") ?? 0.25),
        hopSamples: max(1, Int(milliseconds * Double(format.sampleRate) / 1000)))
    })

  /// Samples a second, in hertz.
  public let sampleRate: Int
  /// 25 ms and the longest period, in samples.
  public var windowSamples: Int { window.length }
  /// Samples from one row to the next.
  public var hopSamples: Int { window.hop }
  /// 2.
  public var dimension: Int { 2 }
  /// Samples replaced so far because they were not finite or too large.
  public var replacedSamples: Int { window.replaced }

  private let window: SlidingWindow
  private let shortest: Int
  private let longest: Int
  private let threshold: Float
  private let voicing: Float
  private let transform: RealTransform
  private let frame: AlignedFloats
  private let bins: AlignedFloats
  private let difference: AlignedFloats
  private let normalised: AlignedFloats
  private let values = AlignedFloats(count: 2)

  private var middle: Int { compared / 2 + longest / 4 }
  /// Samples that are compared with later ones.
  private var compared: Int { window.length - lags }
  /// Lags that differences are computed of: those that are searched, and those that the dip is made finer with.
  private var lags: Int { longest + Self.reach }

  /// Pitches from `low` to `high` hertz every `hopSamples` (default: 10 ms, cut to whole samples).
  ///
  /// - Throws: ``FeatureError`` if a value is out of range, or `high` is above half the rate.
  public init(
    sampleRate: Int, low: Double = 60, high: Double = 1000, threshold: Float = 0.1, voicing: Float = 0.25,
    hopSamples: Int? = nil
  ) throws(FeatureError) {
    try SettingRange.check(sampleRate: sampleRate)
    let hop = hopSamples ?? sampleRate / 100
    try SettingRange.check("hop", hop, 1...SettingRange.longestWindow, unit: "samples")
    let rate = Double(sampleRate)
    guard low >= 1, low < high, high <= rate / 4 else {
      throw FeatureError(
        .invalidSetting, "pitches from \(low) to \(high) Hz cannot be found at \(sampleRate) Hz", location: "pitch",
        remedy: "Take a lowest pitch below the highest, and that at most a quarter of the sample rate")
    }
    guard threshold > 0, threshold <= 1, voicing > 0, voicing <= 1 else {
      throw FeatureError(
        .invalidSetting, "a threshold of \(threshold) and voicing of \(voicing) are out of range", location: "pitch",
        remedy: "Take more than 0 and at most 1")
    }
    self.sampleRate = sampleRate
    self.threshold = threshold
    self.voicing = voicing
    shortest = max(2, Int(rate / high))
    longest = Int((rate / low).rounded(.up))
    // What is compared is no shorter than a period.
    let length = max(sampleRate / 40, longest + Self.reach) + longest + Self.reach
    try SettingRange.check("pitch's window", length, 1...(1 << 20), unit: "samples")
    window = SlidingWindow(length: length, hop: hop)
    transform = try RealTransform(length: SettingRange.powerOfTwo(holding: length))
    frame = AlignedFloats(count: length)
    bins = AlignedFloats(count: 2 * transform.binCount)
    difference = AlignedFloats(count: longest + Self.reach + 1)
    normalised = AlignedFloats(count: longest + Self.reach + 1)
  }

  /// The middle of what is compared: of the 25 ms and what follows half the longest period later.
  public func centreSample(ofRow row: Int) -> Int { row * hopSamples + middle }

  /// Samples from the middle to the end of the window.
  public var delaySamples: Int? { windowSamples - middle }

  /// Takes the next samples; see ``SoundFeature``.
  public func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void) {
    unsafe window.push(samples) { samples, index in
      unsafe compare(samples)
      let (frequency, confidence) = dip()
      unsafe values.base[0] = frequency
      unsafe values.base[1] = confidence
      values.withSpan(2) { row($0, index) }
    }
  }

  /// Forgets all samples: the next one begins row 0.
  public func reset() { window.reset() }

  /// Fills `difference` and `normalised`. The correlation is made by three forward transforms: the inverse of a Hartley
  /// spectrum is a forward one.
  private func compare(_ samples: UnsafePointer<Float>) {
    let mean = unsafe Float(braid_sum_f32(samples, window.length)) / Float(window.length)
    unsafe braid_centre(samples, mean, window.length, window.length, frame.base)
    unsafe braid_centre(frame.base, 0, compared, transform.length, transform.input.base)
    transform.execute()
    unsafe bins.base.update(from: transform.output.base, count: bins.count)
    unsafe braid_centre(frame.base, 0, window.length, transform.length, transform.input.base)
    transform.execute()
    unsafe braid_correlation_spectrum(bins.base, transform.output.base, transform.length, transform.input.base)
    transform.execute()
    unsafe braid_yin(
      frame.base, compared, lags, transform.output.base, transform.length, difference.base, normalised.base)
  }

  /// The first dip that is deep enough, else the deepest: its frequency and how sure it is.
  private func dip() -> (frequency: Float, confidence: Float) {
    var deepest = shortest
    var lag = shortest
    while lag <= longest {
      if unsafe normalised.base[lag] < threshold {
        while lag < longest, unsafe normalised.base[lag + 1] < normalised.base[lag] { lag += 1 }
        deepest = lag
        break
      }
      if unsafe normalised.base[lag] < normalised.base[deepest] { deepest = lag }
      lag += 1
    }
    let aperiodicity = unsafe normalised.base[deepest]
    let confidence = max(0, min(1, 1 - aperiodicity))
    guard aperiodicity <= voicing else { return (0, confidence) }
    return (Float(Double(sampleRate) / refined(deepest)), confidence)
  }

  /// The bottom of the dip at `lag`, by a parabola through the lowest of it and of the half lags beside it. Between lags the
  /// difference is that of a band-limited signal: a parabola through whole lags is off by cents where the sound has
  /// overtones near Nyquist.
  private func refined(_ lag: Int) -> Double {
    let low = between(lag - 1)
    let middle = between(lag)
    let here = unsafe Double(difference.base[lag])
    if low < here, low <= middle {
      return Double(lag) - 0.5 + 0.5 * bottom(unsafe Double(difference.base[lag - 1]), low, here)
    }
    if middle < here {
      return Double(lag) + 0.5 + 0.5 * bottom(here, middle, unsafe Double(difference.base[lag + 1]))
    }
    return Double(lag) + 0.5 * bottom(low, here, middle)
  }

  /// Where the parabola through values at -1, 0 and 1 is lowest.
  private func bottom(_ left: Double, _ middle: Double, _ right: Double) -> Double {
    let bend = left - 2 * middle + right
    return bend > 0 ? max(-1, min(1, 0.5 * (left - right) / bend)) : 0
  }

  /// The difference half a lag after `lag`, by a sinc under a Hann window. It is the same at negative lags.
  private func between(_ lag: Int) -> Double {
    var sum = 0.0
    for (reach, weight) in Self.halfLag.enumerated() {
      sum += unsafe weight * Double(difference.base[abs(lag - reach)] + difference.base[lag + 1 + reach])
    }
    return sum
  }

  /// Lags on each side that a value between two lags is made of.
  private static let reach = 8
  private static let halfLag: [Double] = (0..<reach).map { index in
    let distance = Double(index) + 0.5
    return sin(Double.pi * distance) / (Double.pi * distance)
      * (0.5 + 0.5 * cos(Double.pi * distance / Double(reach)))
  }
}
