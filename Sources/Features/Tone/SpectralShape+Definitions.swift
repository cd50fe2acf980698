extension SpectralShape {
  static let definitions = [
    definition("centroid", unit: "Hz", "the middle of the magnitudes' spectrum, as librosa computes it") { _ in
      .centroid
    },
    definition("bandwidth", unit: "Hz", "the magnitudes' spread about their centroid, as librosa computes it") { _ in
      .bandwidth
    },
    definition(
      "rolloff", unit: "Hz",
      parameters: [
        FeatureParameter("share", .number(0.01...0.99), standard: .number(0.85), "of the sum of magnitudes, below it")
      ], "the frequency below which most of the magnitudes lie, as librosa computes it"
    ) { .rolloff(share: $0.number("share") ?? 0.85) },
    definition("flatness", unit: "1", "how much like noise the spectrum is, 0 to 1, as librosa computes it") { _ in
      .flatness
    },
    definition("flux", unit: "1", "the distance of a spectrum from the one before, whatever their levels") { _ in .flux
    },
    definition(
      "contrast", unit: "dB",
      parameters: [
        FeatureParameter("bands", .integer(1...12), standard: .integer(6), unit: "octaves", "above the lowest band"),
        FeatureParameter("low", .number(20...2000), standard: .number(200), unit: "Hz", "where the octaves begin"),
      ], "peaks over valleys in octaves of the spectrum, as librosa computes it without top_db"
    ) { .contrast(octaves: $0.integer("bands"), lowest: $0.number("low") ?? 200) },
    definition(
      "chroma", unit: "1", columns: Chroma.names,
      "the energies of the 12 pitch classes, as librosa computes them at tuning 0"
    ) { _ in .chroma },
  ]

  private static func definition(
    _ name: String, unit: String, columns: [String] = [], parameters: [FeatureParameter] = [], _ summary: String,
    quantity: @escaping @Sendable (FeatureSettings) -> Quantity
  ) -> FeatureDefinition {
    FeatureDefinition(
      name, unit: unit, columns: columns, parameters: parameters + CentredSpectrum.parameters, summary,
      maker: .sound(.fixed(22_050), .mean) { settings, format throws(FeatureError) in
        try SpectralShape(
          quantity(settings), sampleRate: format.sampleRate, fftLength: settings.integer("fft"),
          hopSamples: settings.integer("hop"))
      })
  }
}
