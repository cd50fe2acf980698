/// What well-known networks take.
extension MelFeature {
  /// `log-mel:whisper`: see ``MelSettings/whisper(bands:range:)`` and ``WhisperWindows``.
  static let whisper = FeatureDefinition(
    "log-mel:whisper", unit: "1",
    parameters: [
      .bands(80),
      FeatureParameter(
        "maximum", .word(["windows", "clip", "running", "none"]), standard: .word("windows"),
        onStreams: .word("running"),
        "what levels are held relative to: the largest of each window of 30 s, the last filled up with silence; of the clip; so far"
      ),
    ],
    "log-mel spectrogram as Whisper takes it; 128 bands for large-v3",
    maker: .sound(.fixed(16_000), .mean) { settings, format throws(FeatureError) in
      let bands = settings.integer("bands")
      switch settings.word("maximum") {
      case "windows": return try WhisperWindows(bands: bands)
      case "clip": return try MelFeature(.whisper(bands: bands, range: .clip(8)), sampleRate: format.sampleRate)
      case "running": return try MelFeature(.whisper(bands: bands, range: .running(8)), sampleRate: format.sampleRate)
      default: return try MelFeature(.whisper(bands: bands, range: .unlimited), sampleRate: format.sampleRate)
      }
    })

  /// `mfcc:speech-commands`: see ``CommandWindows``.
  static let speechCommands = FeatureDefinition(
    "mfcc:speech-commands", unit: "1",
    parameters: [
      FeatureParameter("hop", .number(10...10_000), standard: .number(100), unit: "ms", "from window to window")
    ],
    "MFCC of whole windows of 1 s, 49 rows of 10, as MLPerf Tiny's keyword spotting takes them",
    maker: .sound(.fixed(CommandWindows.sampleRate), .mean) { settings, _ throws(FeatureError) in
      let milliseconds = settings.number("hop") ?? 100
      return try CommandWindows(hopSamples: Int(milliseconds * Double(CommandWindows.sampleRate) / 1000))
    })

  /// `log-mel:yamnet`: see ``MelSettings/yamnet()``.
  static let yamnet = FeatureDefinition(
    "log-mel:yamnet", unit: "ln", "log-mel features as YAMNet takes them, 64 bands",
    maker: .sound(.fixed(16_000), .mean) { _, format throws(FeatureError) in
      try MelFeature(.yamnet(), sampleRate: format.sampleRate)
    })

  /// `log-mel:speech-embedding`: see ``MelSettings/speechEmbedding(range:)``.
  static let speechEmbedding = FeatureDefinition(
    "log-mel:speech-embedding", unit: "1", parameters: [.topDecibels(standard: .number(80))],
    "log-mel features as Google's speech_embedding and openWakeWord take them, 32 bands",
    maker: .sound(.fixed(16_000), .mean) { settings, format throws(FeatureError) in
      try MelFeature(.speechEmbedding(range: settings.range("top-db")), sampleRate: format.sampleRate)
    })
}
