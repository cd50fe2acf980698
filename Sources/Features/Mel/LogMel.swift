/// Log mel energies as Kaldi computes them (`log-mel:kaldi`): what kaldi-native-fbank calls fbank.
///
/// Windows of 25 ms every 10 ms, only where they fit whole (snip edges); the mean removed, pre-emphasis 0.97, Povey
/// window, zeros up to a power of two, squared magnitudes, triangles in mel from 20 Hz to Nyquist, natural logarithm
/// floored at `ln(2^-23)`. No dither. Rows are `[bands]`. Samples are taken as they come: full scale at ±1 gives
/// values `2 ln 32768` below those of a front end that feeds 16-bit integers.
public final class LogMel: SoundFeature {
  static let definition = FeatureDefinition(
    "log-mel:kaldi", aliases: ["log-mel"], unit: "ln",
    parameters: [FeatureParameter("bands", .integer(3...256), standard: .integer(80), "mel bands")],
    "log energies of mel bands, as kaldi-native-fbank computes them without dither",
    maker: .sound(.fixed(16_000), .mean) { settings, format throws(FeatureError) in
      try LogMel(sampleRate: format.sampleRate, bands: settings.integer("bands"))
    })

  /// Samples a second, in hertz.
  public var sampleRate: Int { frames.sampleRate }
  /// 25 ms in samples.
  public var windowSamples: Int { frames.window.length }
  /// 10 ms in samples.
  public var hopSamples: Int { frames.window.hop }
  /// Mel bands.
  public var dimension: Int { frames.bands.count }
  /// Samples replaced so far because they were not finite or too large.
  public var replacedSamples: Int { frames.window.replaced }

  private let frames: KaldiMelFrames

  /// The `kaldi` preset at any sample rate from 1 to 768 kHz.
  ///
  /// - Throws: ``FeatureError`` if there are so many bands that one holds no bin of the spectrum.
  public init(sampleRate: Int, bands: Int = 80) throws(FeatureError) {
    frames = try KaldiMelFrames(sampleRate: sampleRate, bandCount: bands)
  }

  /// Takes the next samples; see ``SoundFeature``.
  public func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void) {
    frames.push(samples) { _, index in
      frames.logEnergies.withSpan(dimension) { row($0, index) }
    }
  }

  /// Forgets all samples: the next one begins row 0.
  public func reset() { frames.window.reset() }
}
