extension STFT {
  static let definition = FeatureDefinition(
    "stft", unit: "1",
    parameters: spectrumParameters + [
      FeatureParameter(
        "output", .word(Output.allCases.map(\.rawValue)), standard: .word("complex"),
        "real and imaginary parts by turns, magnitudes, or their squares")
    ],
    "short-time Fourier transform, as librosa's stft computes it",
    maker: .sound(.stream, .mean) { settings, format throws(FeatureError) in
      try make(settings, format, settings.word("output").flatMap { Output(rawValue: $0) } ?? .complex)
    })

  static let powerDefinition = FeatureDefinition(
    "power-spectrum", unit: "power", parameters: spectrumParameters,
    "squared magnitudes of the short-time Fourier transform",
    maker: .sound(.stream, .mean) { settings, format throws(FeatureError) in try make(settings, format, .power) })

  private static let spectrumParameters: [FeatureParameter] = [
    FeatureParameter("fft", .integer(2...1_048_576), standard: .integer(2048), unit: "samples", "transform"),
    FeatureParameter(
      "length", .integer(0...1_048_576), standard: .integer(0), unit: "samples", "window; 0 for the transform's length"),
    FeatureParameter("hop", .integer(1...1_048_576), standard: .integer(512), unit: "samples", "from row to row"),
    FeatureParameter(
      "window", .word(WindowFunction.allCases.map(\.rawValue)), standard: .word("hann"), "window function"),
    .flag("centred", standard: true, "rows about multiples of the hop, the clip padded at its ends"),
    FeatureParameter(
      "padding", .word(SamplePadding.allCases.map(\.rawValue)), standard: .word("zeros"), "what lies beyond the ends"),
  ]

  private static func make(
    _ settings: FeatureSettings, _ format: SoundFormat, _ output: Output
  ) throws(FeatureError) -> STFT {
    let length = settings.integer("length")
    return try STFT(
      sampleRate: format.sampleRate, windowSamples: length == 0 ? settings.integer("fft") : length,
      hopSamples: settings.integer("hop"), fftLength: settings.integer("fft"),
      function: settings.word("window").flatMap { WindowFunction(rawValue: $0) } ?? .hann,
      padding: settings.isOn("centred") ? settings.word("padding").flatMap { SamplePadding(rawValue: $0) } : nil,
      output: output)
  }
}
