/// Models that tell what is heard, known by what they take and give.
extension KnownModels {
  /// YAMNet without its front end, on patches of log-mel rows.
  static func yamnet(_ model: Model, _ name: String, _ input: TensorInfo, _ output: TensorInfo) -> Known {
    let window = ModelDescription.FeatureWindow(
      feature: "log-mel:yamnet", bands: 64, sampleRate: 16_000, rows: 96, hopRows: 48)
    return (
      described(name, input, .features(window), heard(model, output)),
      "YAMNet on patches of 0.96 s every 0.48 s; AudioSet's 521 classes, from 0.5 on"
    )
  }

  /// YAMNet with its front end, on samples: a window of 15600, or of any number, in the first dimension or the second.
  static func yamnetOnSamples(_ model: Model, _ name: String, _ input: TensorInfo) -> Known? {
    let shape = fixed(input)
    guard input.elementType == .float32, shape.count == 1 || shape.count == 2 && (shape[0] ?? 1) == 1,
      (shape.last ?? nil) ?? 15_600 == 15_600,
      let output = model.outputs.first(where: { [1, 2].contains($0.dimensions.count) && fixed($0).last == 521 })
    else { return nil }
    // Every 0.48 s, as its own front end cuts longer clips.
    let window = ModelDescription.SampleWindow(sampleRate: 16_000, hop: 7680, context: 7920)
    return (
      described(name, input, .samples(window), heard(model, output)),
      "YAMNet on windows of 15600 samples at 16 kHz every 0.48 s; AudioSet's 521 classes, from 0.5 on"
    )
  }

  private static func heard(_ model: Model, _ output: TensorInfo) -> ModelDescription.Decoder {
    .labelledEvents(
      ModelDescription.LabelledEvents(
        output: output.name, activation: model.operatorCounts["Sigmoid"] == nil ? .sigmoid : .none,
        labels: KnownLabels.audioSet,
        events: ModelDescription.Events(
          event: "", shape: .interval, threshold: 0.5, offThreshold: 0.35, minimumGapMilliseconds: 100,
          minimumOnMilliseconds: 0, minimumOffMilliseconds: 480, paddingMilliseconds: 0, rows: [], frame: 0)))
  }

  /// A head of openWakeWord on the last results of its speech embedding.
  static func wakeWord(_ name: String, _ input: TensorInfo, _ output: TensorInfo, _ history: Int) -> Known {
    let window = ModelDescription.ResultWindow(values: 96, history: history)
    let events = ModelDescription.Events(
      event: name, shape: .instant, threshold: 0.5, offThreshold: 0.35, minimumGapMilliseconds: 1000,
      minimumOnMilliseconds: 0, minimumOffMilliseconds: 0, paddingMilliseconds: 0, rows: [], frame: 0)
    return (
      described(name, input, .results(window), .events(output: output.name, events)),
      "a wake word of openWakeWord on the last \(history) speech embeddings: an event from 0.5 on, one a second at most"
    )
  }
}
