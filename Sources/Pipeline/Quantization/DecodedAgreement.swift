internal import BraidCore
internal import BraidInference

/// How alike two models are by what their outputs mean, the first being taken for the truth.
public struct DecodedAgreement: Sendable {
  /// What is counted.
  public enum Measure: String, Sendable {
    /// The mean over labels of the average precision of detections, a half of both boxes in common at least; see
    /// ``AveragePrecision``.
    case meanAveragePrecision = "mAP@0.5"
    /// The share of probabilities that are on the same side of the event's threshold.
    case events = "same side of the threshold"
    /// The share of samples for which both have the same class first.
    case classes = "the same class first"
  }

  /// What is counted.
  public let measure: Measure
  /// From 0 to 1, the same.
  public let value: Double
  /// How many detections, probabilities or samples are compared.
  public let count: Int

  /// Compares outputs by what a description says of them; nil where it says nothing that can be counted, or both models find
  /// nothing.
  ///
  /// - Parameters:
  ///   - description: of both.
  ///   - decoder: of that description.
  ///   - first: all outputs of the first model, in its order, for each sample.
  ///   - second: those of the other.
  init?(_ description: ModelDescription, _ decoder: AnswerDecoder, _ first: [[Tensor]], _ second: [[Tensor]]) {
    var decoder = decoder
    let answers = zip(first, second).map { (decoder.output($0), decoder.output($1)) }
    switch description.decoder {
    case .detections:
      let pictures = answers.compactMap { answer -> AveragePrecision.Picture? in
        guard case (.detections(let truth), .detections(let other)) = answer else { return nil }
        return (truth, other)
      }
      guard let precision = AveragePrecision.mean(pictures) else { return nil }
      (measure, value) = (.meanAveragePrecision, precision)
      count = pictures.reduce(0) { $0 + max($1.truth.count, $1.other.count) }
    case .events(_, let events):
      var (same, all) = (0, 0)
      for case (.scores(_, let truth), .scores(_, let other)) in answers {
        all += min(truth.count, other.count)
        same += zip(truth, other).count { ($0 >= events.threshold) == ($1 >= events.threshold) }
      }
      guard all > 0 else { return nil }
      (measure, value, count) = (.events, Double(same) / Double(all), all)
    case .classification, .labelledEvents, .keywords:
      var (same, all) = (0, 0)
      for case (.classes(let truth), .classes(let other)) in answers {
        all += 1
        same += truth.first?.label == other.first?.label ? 1 : 0
      }
      guard all > 0 else { return nil }
      (measure, value, count) = (.classes, Double(same) / Double(all), all)
    case .ctc, .regression, .embedding, .mask, .audio, .raw: return nil
    }
  }

  /// Whether something is counted of models with such outputs.
  static func compares(_ decoder: ModelDescription.Decoder) -> Bool {
    switch decoder {
    case .detections, .events, .classification, .labelledEvents, .keywords: true
    case .ctc, .regression, .embedding, .mask, .audio, .raw: false
    }
  }
}

extension AgreementMeasure {
  /// By what a description says of a model's outputs.
  ///
  /// - Throws: ``PipelineError/Code/invalidDescription`` if the description names what the model does not have.
  init(_ description: ModelDescription, _ plan: Plan) throws(PipelineError) {
    let decoder = try AnswerDecoder(description, plan)
    self.init { first, second in
      DecodedAgreement(description, decoder, first, second).map { Value(share: $0.value, count: $0.count) }
    }
  }
}
