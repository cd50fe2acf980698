/// Models of sound that are known by what they take and give.
extension KnownModels {
  /// A model of sound.
  static func sound(_ model: Model, _ name: String) -> Known? {
    if let known = gtcrn(model, name) { return known }
    guard model.inputs.count == 1, let input = model.inputs.first, let output = model.outputs.first else { return nil }
    if let known = yamnetOnSamples(model, name, input) { return known }
    guard model.outputs.count == 1, [.float32, .int8, .uint8].contains(input.elementType) else { return nil }
    if let known = whisper(name, input, output) { return known }
    // A batch of one, or of any size; other dimensions of one tell nothing.
    let shape = fixed(input).dropFirst().filter { $0 != 1 }
    let values = fixed(output).dropFirst().reduce(1) { ($1 ?? 0) * $0 }
    // Heads of openWakeWord come for words of all lengths.
    if shape.count == 2, let history = shape[0], (8...64).contains(history), shape[1] == 96, values == 1 {
      return wakeWord(name, input, output, history)
    }
    switch (shape, values) {
    case ([76, 32], 96): return speechEmbedding(name, input, output)
    case ([49, 10], 12): return spokenCommands(model, name, input, output)
    case ([1960], 10...12): return microSpeech(model, name, input, output, values)
    case ([96, 64], 521): return yamnet(model, name, input, output)
    default: return nil
    }
  }

  /// A description of a model with one input.
  static func described(
    _ name: String, _ input: TensorInfo, _ source: ModelDescription.Source, _ decoder: ModelDescription.Decoder
  ) -> ModelDescription {
    ModelDescription(
      name: name, version: "0.0.0", inputs: [ModelDescription.Input(name: input.name, source: source)], decoder: decoder
    )
  }

  /// GTCRN as its authors export it for streams: a row of a spectrum in and out, with three caches.
  private static func gtcrn(_ model: Model, _ name: String) -> Known? {
    let caches = ["conv_cache", "tra_cache", "inter_cache"]
    guard Set(model.inputs.map(\.name)) == Set(["mix"] + caches),
      Set(model.outputs.map(\.name)) == Set(["enh"] + caches.map { "\($0)_out" }),
      let input = model.inputs.first(where: { $0.name == "mix" }), fixed(input) == [1, 257, 1, 2]
    else { return nil }
    let window = ModelDescription.FeatureWindow(
      feature: "stft,fft=512,hop=256,window=sqrt-hann", bands: 514, sampleRate: 16_000, rows: 1, hopRows: 1)
    return (
      ModelDescription(
        name: name, version: "0.0.0",
        inputs: [ModelDescription.Input(name: "mix", source: .features(window))]
          + caches.map { ModelDescription.Input(name: $0, source: .state(from: "\($0)_out")) },
        decoder: .audio(
          ModelDescription.Audio(
            output: "enh", sampleRate: 16_000, form: .spectrum(fftLength: 512, hop: 256, window: "sqrt-hann")))),
      "GTCRN: 16 kHz, spectra of 512 samples every 256, carried caches; cleaned sound out"
    )
  }
}
