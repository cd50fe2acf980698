import Glibc

/// When sound sets in (`onsets`): the peaks of ``OnsetStrength``, picked as librosa's `onset_detect` picks them.
///
/// A row `[1]` for each onset, its strength in decibels, at a time of its own: a peak is the largest of the 30 ms up to it,
/// stands `threshold` above the mean of 100 ms before and after it, and keeps the next ones 30 ms away (lengths are cut to
/// whole hops as librosa cuts them). The strength is not scaled by the clip's largest (`normalize=False`), so that a stream
/// has the same onsets as a file: `threshold` is in decibels. Rows come 100 ms after the onset. Silence has none.
public final class Onsets: SoundFeature {
  static let definition = FeatureDefinition(
    "onsets", unit: "dB", columns: ["strength"],
    parameters: CentredSpectrum.parameters + [
      OnsetStrength.bandsParameter, OnsetStrength.floorParameter,
      FeatureParameter(
        "threshold", .number(0...60), standard: .number(1), unit: "dB", "above the mean of the strength around it"),
      FeatureParameter(
        "wait", .number(0...2000), standard: .number(30), unit: "ms", "from one onset to the next, at least"),
    ],
    "times at which sound sets in, each with its strength: peaks of onset-strength, picked as librosa picks them",
    maker: .sound(.fixed(22_050), .mean) { settings, format throws(FeatureError) in
      try Onsets(
        sampleRate: format.sampleRate, fftLength: settings.integer("fft"), hopSamples: settings.integer("hop"),
        bands: settings.integer("bands"), floor: settings.number("floor") ?? OnsetStrength.standardFloor,
        threshold: Float(settings.number("threshold") ?? 1), waitSeconds: (settings.number("wait") ?? 30) / 1000)
    })

  /// Samples a second, in hertz.
  public var sampleRate: Int { strength.sampleRate }
  /// Samples that a peak is judged by.
  public var windowSamples: Int {
    strength.windowSamples + (max(picker.preMax, picker.preAverage) + picker.delay) * strength.hopSamples
  }
  /// 0: rows come at times of their own.
  public var hopSamples: Int { 0 }
  /// Samples after an onset until it is known.
  public var delaySamples: Int? { strength.delaySamples.map { $0 + picker.delay * strength.hopSamples } }
  /// 1.
  public var dimension: Int { 1 }
  /// Samples replaced so far because they were not finite or too large.
  public var replacedSamples: Int { strength.replacedSamples }

  private let strength: OnsetStrength
  private var picker: PeakPicker
  private let value = AlignedFloats(count: 1)
  private var newest = 0
  private var count = 0

  /// Onsets of a stream at any rate.
  ///
  /// - Throws: ``FeatureError`` if a value is out of range.
  public init(
    sampleRate: Int, fftLength: Int = 2048, hopSamples: Int = 512, bands: Int = 128, floor: Double = -100,
    threshold: Float = 1, waitSeconds: Double = 0.03
  ) throws(FeatureError) {
    guard threshold >= 0, threshold.isFinite, (0...60).contains(waitSeconds) else {
      throw FeatureError(
        .invalidSetting, "a threshold of \(threshold) dB and \(waitSeconds) s between onsets are not possible",
        location: "onsets", remedy: "Take a threshold from 0 on and 0 to 60 s")
    }
    strength = try OnsetStrength(
      sampleRate: sampleRate, fftLength: fftLength, hopSamples: hopSamples, bands: bands, floor: floor)
    func hops(_ seconds: Double) -> Int { Int((seconds * Double(sampleRate) / Double(hopSamples)).rounded(.down)) }
    picker = PeakPicker(
      preMax: hops(0.03), postMax: 1, preAverage: hops(0.1), postAverage: hops(0.1) + 1, delta: threshold,
      wait: hops(waitSeconds))
  }

  /// The sample of the newest onset.
  public func centreSample(ofRow row: Int) -> Int { newest }

  /// Takes the next samples; see ``SoundFeature``.
  public func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void) {
    strength.push(samples) { values, _ in
      if let peak = picker.push(values[0]) { emit(peak.index, peak.value, row) }
    }
  }

  /// Onsets of the last 100 ms.
  public func finish(row: (Span<Float>, Int) -> Void) {
    strength.finish { values, _ in
      if let peak = picker.push(values[0]) { emit(peak.index, peak.value, row) }
    }
    while let peak = picker.finish() { emit(peak.index, peak.value, row) }
  }

  /// Forgets all samples.
  public func reset() {
    strength.reset()
    picker.reset()
    newest = 0
    count = 0
  }

  private func emit(_ index: Int, _ height: Float, _ row: (Span<Float>, Int) -> Void) {
    newest = strength.centreSample(ofRow: index)
    unsafe value.base[0] = height
    value.withSpan(1) { row($0, count) }
    count += 1
  }
}
