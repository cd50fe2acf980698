public import BraidCore
import Glibc

/// Where there is speech, told from the signal alone, without a model.
///
/// For each 10 ms a likelihood is the product of five soft decisions on a 32 ms spectrum: the level between 300 and
/// 3400 Hz is above a noise floor that follows the quietest parts; it is not far below the recent peak (echo, breath);
/// the spectrum is less flat than noise; it is not as bare as a pure tone; and the levels of 12 bands have varied over
/// the last half second as syllables do (the median of the bands' standard deviations), which steady sounds and clicks do
/// not. Intervals are taken from the smoothed likelihood: above 0.5 they begin, 0.2 s below 0.25 and they are over; they are
/// at least 0.25 s long. For 16 kHz and one channel. Depends on the samples alone, however they are cut. One thread at a
/// time; allocates: no, after `init`.
public final class SpeechActivityDetector {
  /// The rate of the samples it takes.
  public static let sampleRate = 16_000

  private static let window = 512
  private static let hop = 160
  private static let bandEdges = [4, 7, 10, 14, 18, 23, 29, 36, 44, 54, 67, 84, 108]
  private static let bandCount = 12
  /// Rows that the variation is taken over.
  private static let memory = 50

  private let spectrum: STFT
  private var tracker = IntervalTracker(
    open: 0.5, close: 0.25, hold: .milliseconds(200), lead: .milliseconds(120), lag: .milliseconds(50),
    minimumLength: .milliseconds(250))
  private var origin: MediaTime
  private var bands: [Float]
  private var deviations = [Float](repeating: 0, count: bandCount)
  private var rows = 0
  private var floor: Float = 0
  private var peak: Float = 0
  private var likelihood: Float = 0

  /// A detector for samples of which the first is at `time`.
  ///
  /// - Throws: ``FeatureError`` if FFTW makes no plan.
  public init(time: MediaTime = .zero) throws(FeatureError) {
    spectrum = try STFT(
      sampleRate: Self.sampleRate, windowSamples: Self.window, hopSamples: Self.hop, function: .hann, output: .power)
    origin = time
    bands = Array(repeating: 0, count: Self.bandCount * Self.memory)
  }

  /// Takes the next samples and hands out what they begin and end.
  ///
  /// - Parameters:
  ///   - samples: one channel at 16 kHz, full scale at ±1.
  ///   - interval: called for every interval that becomes certain or is over.
  public func push(_ samples: Span<Float>, interval: (DetectedInterval) -> Void) {
    spectrum.push(samples) { power, row in
      update(power)
      let time = origin + .samples(Int64(row * Self.hop + Self.window / 2), sampleRate: Self.sampleRate)
      if let found = tracker.update(level: likelihood, score: likelihood, time: time, earliest: origin) {
        interval(found)
      }
    }
  }

  /// Ends the interval that is open, if there is one: at a gap or at the end. Then ``reset(time:)`` or nothing.
  public func finish(interval: (DetectedInterval) -> Void) {
    if let last = tracker.finish() { interval(last) }
  }

  /// Forgets everything; the next sample is at `time`.
  public func reset(time: MediaTime) {
    spectrum.reset()
    tracker.reset()
    origin = time
    rows = 0
    likelihood = 0
  }

  private func update(_ power: Span<Float>) {
    // A full-scale sine has about 1 in all.
    let scale: Float = 4 / (Float(Self.window) * Float(Self.window) * 0.375)
    var voice: Float = 0
    for bin in 10..<109 { voice += power[bin] }
    let level = max(-90, decibels(voice * scale))
    let slot = (rows % Self.memory) * Self.bandCount
    for band in 0..<Self.bandCount {
      var sum: Float = 0
      for bin in Self.bandEdges[band]..<Self.bandEdges[band + 1] { sum += power[bin] }
      bands[slot + band] = decibels(sum * scale)
    }
    rows += 1
    let variation = medianDeviation()
    let flatness = flatness(power, scale)

    if rows == 1 {
      floor = level
      peak = level
    }
    floor += level < floor ? 0.2 * (level - floor) : min(level - floor, variation > 5 ? 0.03 : 0.12)
    floor = max(floor, -65)
    peak = max(level, peak - 0.04)
    let evidence =
      sigmoid((level - floor - 6) / 2.5) * sigmoid((28 - (peak - level)) / 2.5) * sigmoid((0.3 - flatness) / 0.05)
      * sigmoid((log10f(flatness + 1e-12) + 3.3) / 0.12) * sigmoid((variation - 5) / 0.7)
    likelihood += 0.12 * (evidence - likelihood)
  }

  /// The geometric over the arithmetic mean of the power from 250 to 4000 Hz: 0 for a tone, about 0.56 for noise.
  private func flatness(_ power: Span<Float>, _ scale: Float) -> Float {
    var logarithms: Float = 0
    var sum: Float = 0
    for bin in 8..<128 {
      let value = power[bin] * scale + 1e-12
      logarithms += logf(value)
      sum += value
    }
    return expf(logarithms / 120) / (sum / 120)
  }

  /// The median over the bands of each band's standard deviation over the last rows, in dB; 0 while there are few.
  private func medianDeviation() -> Float {
    let count = min(rows, Self.memory)
    guard count >= 20 else { return 0 }
    for band in 0..<Self.bandCount {
      var sum: Float = 0
      var squares: Float = 0
      for row in 0..<count {
        let value = bands[row * Self.bandCount + band]
        sum += value
        squares += value * value
      }
      let mean = sum / Float(count)
      deviations[band] = max(0, squares / Float(count) - mean * mean).squareRoot()
    }
    deviations.sort()
    return (deviations[Self.bandCount / 2 - 1] + deviations[Self.bandCount / 2]) / 2
  }

  private func decibels(_ power: Float) -> Float { 10 * log10f(power + 1e-10) }

  private func sigmoid(_ value: Float) -> Float { 1 / (1 + expf(-value)) }
}
