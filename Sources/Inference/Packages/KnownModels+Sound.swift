/// Models of sound that are known by what they take and give.
extension KnownModels {
  /// A model of sound.
  static func sound(_ model: Model, _ name: String) -> Known? {
    if let known = gtcrn(model, name) { return known }
    guard model.inputs.count == 1, model.outputs.count == 1, let input = model.inputs.first,
      let output = model.outputs.first, input.elementType == .float32
    else { return nil }
    // A batch of one, or of any size; other dimensions of one tell nothing.
    let shape = fixed(input).dropFirst().filter { $0 != 1 }
    let values = fixed(output).dropFirst().reduce(1) { ($1 ?? 0) * $0 }
    switch (shape, values) {
    case ([76, 32], 96):
      return (
        windowed(
          name, input, "log-mel:speech-embedding", rows: 76, bands: 32, hop: 8,
          .embedding(ModelDescription.Embedding(output: output.name))),
        "speech embedding of openWakeWord: 76 log-mel rows of 32 bands every 80 ms"
      )
    case ([96, 64], 521):
      return (
        windowed(
          name, input, "log-mel:yamnet", rows: 96, bands: 64, hop: 48,
          .labelledEvents(
            ModelDescription.LabelledEvents(
              output: output.name, activation: model.operatorCounts["Sigmoid"] == nil ? .sigmoid : .none,
              labels: (0..<521).map { "\($0)" },
              events: ModelDescription.Events(
                event: "", shape: .interval, threshold: 0.5, offThreshold: 0.35, minimumGapMilliseconds: 100,
                minimumOnMilliseconds: 0, minimumOffMilliseconds: 480, paddingMilliseconds: 0, rows: [], frame: 0)))),
        "YAMNet on patches of 0.96 s every 0.48 s; AudioSet's 521 classes by number, from 0.5 on"
      )
    default: return nil
    }
  }

  private static func windowed(
    _ name: String, _ input: TensorInfo, _ feature: String, rows: Int, bands: Int, hop: Int,
    _ decoder: ModelDescription.Decoder
  ) -> ModelDescription {
    ModelDescription(
      name: name, version: "0.0.0",
      inputs: [
        ModelDescription.Input(
          name: input.name,
          source: .features(
            ModelDescription.FeatureWindow(
              feature: feature, bands: bands, sampleRate: 16_000, rows: rows, hopRows: hop)))
      ], decoder: decoder)
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
