extension MelFeature {
  /// `mel:librosa`: see ``MelSettings/librosa(bands:)``.
  static let librosaMel = FeatureDefinition(
    "mel:librosa", unit: "power", parameters: [.bands(128)] + librosaFrames,
    "energies of mel bands, as librosa's melspectrogram computes them",
    maker: .sound(.stream, .mean) { settings, format throws(FeatureError) in
      var mel = MelSettings.librosa(bands: settings.integer("bands"))
      applyLibrosa(settings, to: &mel)
      return try MelFeature(mel, sampleRate: format.sampleRate)
    })

  /// `log-mel:librosa`: see ``MelSettings/librosaLogMel(bands:range:)``.
  static let librosaLogMel = FeatureDefinition(
    "log-mel:librosa", unit: "dB",
    parameters: [.bands(128), .topDecibels(standard: .number(80))] + librosaFrames + [.deltas],
    "levels of mel bands, as librosa's power_to_db of its melspectrogram gives them",
    maker: .sound(.stream, .mean) { settings, format throws(FeatureError) in
      var mel = MelSettings.librosaLogMel(bands: settings.integer("bands"), range: settings.range("top-db"))
      applyLibrosa(settings, to: &mel)
      return try Deltas.adding(
        settings.integer("deltas"), .librosa, to: try MelFeature(mel, sampleRate: format.sampleRate))
    })

  /// `mfcc:librosa`: see ``MelSettings/librosaMFCC(coefficients:bands:range:lifter:)``.
  static let librosaMFCC = FeatureDefinition(
    "mfcc:librosa", unit: "1",
    parameters: [
      .coefficients(20), .bands(128), .topDecibels(standard: .number(80)),
      FeatureParameter("lifter", .number(0...200), standard: .number(0), "cepstral lifter, 0 for none"),
    ] + librosaFrames + [.deltas],
    "cepstral coefficients of mel bands, as librosa computes them",
    maker: .sound(.stream, .mean) { settings, format throws(FeatureError) in
      var mel = MelSettings.librosaMFCC(
        coefficients: settings.integer("coefficients"), bands: settings.integer("bands"),
        range: settings.range("top-db"), lifter: settings.number("lifter") ?? 0)
      applyLibrosa(settings, to: &mel)
      return try Deltas.adding(
        settings.integer("deltas"), .librosa, to: try MelFeature(mel, sampleRate: format.sampleRate))
    })

  /// librosa's arguments of the spectrum and the bands.
  private static let librosaFrames: [FeatureParameter] = [
    FeatureParameter("fft", .integer(2...65_536), standard: .integer(2048), unit: "samples", "transform and window"),
    FeatureParameter("hop", .integer(1...65_536), standard: .integer(512), unit: "samples", "from row to row"),
    FeatureParameter("window", .word(spectrumWindows), standard: .word("hann"), "window function"),
    .flag("centred", standard: true, "rows about multiples of the hop, the clip padded at its ends"),
    FeatureParameter(
      "padding", .word(SamplePadding.allCases.map(\.rawValue)), standard: .word("zeros"), "what lies beyond the ends"),
    FeatureParameter("low", .number(0...96_000), standard: .number(0), unit: "Hz", "where the first band begins"),
    FeatureParameter(
      "high", .number(1...96_000, words: ["nyquist"]), standard: .word("nyquist"), unit: "Hz",
      "where the last band ends"),
    FeatureParameter("scale", .word(["slaney", "htk"]), standard: .word("slaney"), "mel scale"),
    FeatureParameter("norm", .word(["slaney", "none"]), standard: .word("slaney"), "bands of equal area, or not"),
  ]

  private static func applyLibrosa(_ settings: FeatureSettings, to mel: inout MelSettings) {
    mel.windowSamples = settings.integer("fft")
    mel.fftLength = mel.windowSamples
    mel.hopSamples = settings.integer("hop")
    mel.window = settings.word("window").flatMap { WindowFunction(rawValue: $0) } ?? .hann
    let padding = settings.word("padding").flatMap { SamplePadding(rawValue: $0) } ?? .zeros
    mel.frames = settings.isOn("centred") ? .centred(padding) : .transform
    mel.low = settings.number("low") ?? 0
    mel.high = settings.number("high")
    mel.scale = settings.word("scale") == "htk" ? .htk : .slaney
    mel.hasEqualAreas = settings.word("norm") == "slaney"
  }

  static let spectrumWindows = WindowFunction.allCases.map(\.rawValue)
}
