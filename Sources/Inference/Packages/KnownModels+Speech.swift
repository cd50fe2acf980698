/// Models of speech that are known by what they take and give.
extension KnownModels {
  /// Google's speech embedding, as openWakeWord uses it.
  static func speechEmbedding(_ name: String, _ input: TensorInfo, _ output: TensorInfo) -> Known {
    let window = ModelDescription.FeatureWindow(
      feature: "log-mel:speech-embedding", bands: 32, sampleRate: 16_000, rows: 76, hopRows: 8)
    return (
      described(name, input, .features(window), .embedding(ModelDescription.Embedding(output: output.name))),
      "speech embedding of openWakeWord: 76 log-mel rows of 32 bands every 80 ms"
    )
  }

  /// Keyword spotting of MLPerf Tiny: a window of one second with each run, five a second.
  static func spokenCommands(
    _ model: Model, _ name: String, _ input: TensorInfo, _ output: TensorInfo
  ) -> Known {
    let window = ModelDescription.FeatureWindow(
      feature: "mfcc:speech-commands,hop=200", bands: 490, sampleRate: 16_000, rows: 1, hopRows: 1)
    let keywords = ModelDescription.Keywords(
      output: output.name, activation: activation(model), labels: KnownLabels.words, ignored: ["silence", "unknown"])
    return (
      described(name, input, .features(window), .keywords(keywords)),
      "MLPerf Tiny keyword spotting: 49 rows of 10 MFCC of 1 s every 0.2 s; ten words, silence and unknown"
    )
  }

  /// Keyword spotting on TensorFlow's microphone front end, as its speech commands example and `micro_speech` train it. Which words
  /// they are is not said by the model.
  static func microSpeech(
    _ model: Model, _ name: String, _ input: TensorInfo, _ output: TensorInfo, _ classes: Int
  ) -> Known {
    let window = ModelDescription.FeatureWindow(
      feature: "log-mel:micro", bands: 40, sampleRate: 16_000, rows: 49, hopRows: 10)
    let classification = ModelDescription.Classification(output: output.name, activation: activation(model))
    return (
      described(name, input, .features(window), .classification(classification)),
      "keyword spotting on TensorFlow's microphone front end: 49 rows of 40 bands every 0.2 s; \(classes) classes by number, of "
        + "which TensorFlow's order has silence as 0 and unknown words as 1"
    )
  }

  /// The encoder of Whisper, as Optimum and others export it: 30 s of log-mel rows, bands first.
  static func whisper(_ name: String, _ input: TensorInfo, _ output: TensorInfo) -> Known? {
    let (shape, given) = (fixed(input), fixed(output))
    guard input.elementType == .float32, shape.count == 3, given.count == 3, (shape[0] ?? 1) == 1,
      (shape[2] ?? 3000) == 3000, (given[1] ?? 1500) == 1500
    else { return nil }
    let isNamed = input.name == "input_features" && output.name == "last_hidden_state"
    guard isNamed || shape[2] == 3000 && given[1] == 1500, [80, 128].contains(shape[1] ?? 80) else { return nil }
    let bands = shape[1] ?? 80
    let window = ModelDescription.FeatureWindow(
      feature: "log-mel:whisper,maximum=windows", bands: bands, sampleRate: 16_000, rows: 3000, hopRows: 3000,
      isBandsFirst: true)
    return (
      described(name, input, .features(window), .raw),
      "Whisper's encoder: \(bands) log-mel bands of windows of 30 s, the last filled up with silence; its hidden states as they are"
    )
  }
}
