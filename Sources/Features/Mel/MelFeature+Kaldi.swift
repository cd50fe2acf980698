extension MelFeature {
  /// `log-mel:kaldi`: see ``MelSettings/kaldi(sampleRate:bands:)``.
  static let kaldiLogMel = FeatureDefinition(
    "log-mel:kaldi", aliases: ["log-mel"], unit: "ln",
    parameters: [.bands(80)] + kaldiFrames
      + [.flag("energy", standard: false, "a first value: the frame's log energy")] + kaldiEnergy + [.deltas],
    "log energies of mel bands, as kaldi-native-fbank computes them without dither",
    maker: .sound(.fixed(16_000), .mean) { settings, format throws(FeatureError) in
      var mel = MelSettings.kaldi(sampleRate: format.sampleRate, bands: settings.integer("bands"))
      apply(settings, to: &mel, sampleRate: format.sampleRate)
      return try Deltas.adding(
        settings.integer("deltas"), .kaldi, to: try MelFeature(mel, sampleRate: format.sampleRate))
    })

  /// `mfcc:kaldi`: see ``MelSettings/kaldiMFCC(sampleRate:coefficients:bands:usesEnergy:)``.
  static let kaldiMFCC = FeatureDefinition(
    "mfcc:kaldi", aliases: ["mfcc"], unit: "1",
    parameters: [
      .coefficients(13), .bands(23),
      FeatureParameter("lifter", .number(0...200), standard: .number(22), "cepstral lifter, 0 for none"),
    ] + kaldiFrames + [.flag("energy", standard: true, "coefficient 0 is the frame's log energy")] + kaldiEnergy
      + [.deltas],
    "cepstral coefficients of mel bands, as kaldi-native-fbank computes them without dither",
    maker: .sound(.fixed(16_000), .mean) { settings, format throws(FeatureError) in
      var mel = MelSettings.kaldiMFCC(
        sampleRate: format.sampleRate, coefficients: settings.integer("coefficients"), bands: settings.integer("bands"))
      mel.cepstrum?.lifter = settings.number("lifter") ?? 22
      apply(settings, to: &mel, sampleRate: format.sampleRate)
      return try Deltas.adding(
        settings.integer("deltas"), .kaldi, to: try MelFeature(mel, sampleRate: format.sampleRate))
    })

  private static let windows: [String: WindowFunction] = [
    "povey": .povey, "hanning": .hannSymmetric, "hamming": .hammingSymmetric, "blackman": .blackmanSymmetric,
    "sine": .sine, "rectangular": .rectangular,
  ]

  /// Kaldi's frame and band options.
  private static let kaldiFrames: [FeatureParameter] = [
    FeatureParameter("low", .number(0...96_000), standard: .number(20), unit: "Hz", "where the first band begins"),
    FeatureParameter(
      "high", .number(1...96_000, words: ["nyquist"]), standard: .word("nyquist"), unit: "Hz",
      "where the last band ends"),
    FeatureParameter("frame-length", .number(1...1000), standard: .number(25), unit: "ms", "window"),
    FeatureParameter("frame-shift", .number(1...1000), standard: .number(10), unit: "ms", "hop"),
    FeatureParameter("pre-emphasis", .number(0...1), standard: .number(0.97), "weight of the sample before"),
    FeatureParameter(
      "window", .word(["povey", "hanning", "hamming", "blackman", "sine", "rectangular"]), standard: .word("povey"),
      "window function"),
    .flag("snip-edges", standard: true, "only windows that fit whole; else one about each hop, mirrored at the ends"),
    .flag("remove-dc", standard: true, "the frame's mean is removed"),
    .flag("power", standard: true, "bands of squared magnitudes, else of magnitudes"),
  ]

  private static let kaldiEnergy: [FeatureParameter] = [
    .flag("raw-energy", standard: true, "energy before pre-emphasis and window, else after"),
    FeatureParameter("energy-floor", .number(0...1e9), standard: .number(0), "least energy; 0 for 2^-23"),
  ]

  private static func apply(_ settings: FeatureSettings, to mel: inout MelSettings, sampleRate: Int) {
    func samples(_ name: String, _ standard: Double) -> Int {
      max(1, Int(Double(sampleRate) * (settings.number(name) ?? standard) / 1000))
    }
    mel.windowSamples = samples("frame-length", 25)
    mel.hopSamples = samples("frame-shift", 10)
    mel.fftLength = max(2, SettingRange.powerOfTwo(holding: mel.windowSamples))
    mel.low = settings.number("low") ?? 20
    mel.high = settings.number("high")
    mel.window = settings.word("window").flatMap { windows[$0] } ?? .povey
    mel.frames = settings.isOn("snip-edges") ? .window : .hops
    mel.conditioning = .kaldi(
      removesMean: settings.isOn("remove-dc"), preemphasis: settings.number("pre-emphasis") ?? 0.97)
    mel.usesMagnitudes = !settings.isOn("power")
    mel.energy =
      settings.isOn("energy")
      ? MelSettings.Energy(isRaw: settings.isOn("raw-energy"), floor: settings.number("energy-floor") ?? 0) : nil
  }
}
