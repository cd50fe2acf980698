extension MelFeature {
  /// `mel:torchaudio`: see ``MelSettings/torchaudio(bands:)``.
  static let torchaudioMel = FeatureDefinition(
    "mel:torchaudio", unit: "power", parameters: [.bands(128)],
    "energies of mel bands, as torchaudio's MelSpectrogram computes them",
    maker: .sound(.stream, .mean) { settings, format throws(FeatureError) in
      try MelFeature(.torchaudio(bands: settings.integer("bands")), sampleRate: format.sampleRate)
    })

  /// `log-mel:torchaudio`: see ``MelSettings/torchaudioLogMel(bands:range:)``.
  static let torchaudioLogMel = FeatureDefinition(
    "log-mel:torchaudio", unit: "dB", parameters: [.bands(128), .topDecibels(standard: .word("none"))],
    "levels of mel bands, as torchaudio's AmplitudeToDB of its MelSpectrogram gives them",
    maker: .sound(.stream, .mean) { settings, format throws(FeatureError) in
      try MelFeature(
        .torchaudioLogMel(bands: settings.integer("bands"), range: settings.range("top-db")),
        sampleRate: format.sampleRate)
    })

  /// `mfcc:torchaudio`: see ``MelSettings/torchaudioMFCC(coefficients:bands:range:)``.
  static let torchaudioMFCC = FeatureDefinition(
    "mfcc:torchaudio", unit: "1",
    parameters: [.coefficients(40), .bands(128), .topDecibels(standard: .number(80))],
    "cepstral coefficients of mel bands, as torchaudio's MFCC computes them",
    maker: .sound(.stream, .mean) { settings, format throws(FeatureError) in
      try MelFeature(
        .torchaudioMFCC(
          coefficients: settings.integer("coefficients"), bands: settings.integer("bands"),
          range: settings.range("top-db")),
        sampleRate: format.sampleRate)
    })
}
