internal import BraidCore
internal import BraidInference

/// How often two models are right, by classes that the user gave.
public struct LabelAccuracy: Sendable {
  /// The share of samples of which the first model's best class is the given one, 0 to 1.
  public let first: Double
  /// The same of the second.
  public let second: Double
  /// How many samples had a class given.
  public let count: Int

  /// Nil where no sample has a class.
  ///
  /// - Parameters:
  ///   - samples: with their classes.
  ///   - answers: what the models said of them.
  ///   - decoder: what outputs mean; without one the classes are the places of the first output's last axis.
  /// - Throws: ``PipelineError/Code/configuration`` for models that do not tell classes.
  init?(
    _ samples: [CalibrationSample], _ answers: ModelAnswers, _ decoder: AnswerDecoder?
  ) throws(PipelineError) {
    guard samples.contains(where: { $0.label != nil }) else { return nil }
    var decoder = decoder
    func best(_ tensors: [Tensor]) throws(PipelineError) -> String? {
      if let meaning = decoder?.description.decoder, meaning != .raw {
        guard AnswerDecoder.classes(meaning) != nil else { throw Self.fault() }
        return decoder?.label(tensors)
      }
      guard let scores = tensors.first?.doubles, scores.count >= 2, tensors.first?.shape.dimensions.last == scores.count
      else { throw Self.fault() }
      return scores.indices.max { scores[$0] < scores[$1] }.map { "\($0)" }
    }
    var (right, all) = ((0, 0), 0)
    for (place, sample) in samples.enumerated() where place < answers.first.count {
      guard let label = sample.label else { continue }
      all += 1
      right.0 += try best(answers.first[place]) == label ? 1 : 0
      right.1 += try best(answers.second[place]) == label ? 1 : 0
    }
    guard all > 0 else { return nil }
    (first, second, count) = (Double(right.0) / Double(all), Double(right.1) / Double(all), all)
  }

  private static func fault() -> PipelineError {
    PipelineError(
      .configuration, "the model's outputs are not one score for each class, so nothing can be held against labels",
      location: "--labels", remedy: "Leave --labels away, or give a model that tells classes")
  }
}
