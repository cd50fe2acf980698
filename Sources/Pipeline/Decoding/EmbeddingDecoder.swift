internal import BraidCore
internal import BraidInference

/// Gives an output as it is, or with length 1 (L2). Allocates: what it gives.
struct EmbeddingDecoder: OutputDecoder {
  private let settings: ModelDescription.Embedding
  private let place: Int

  /// - Throws: ``PipelineError/Code/invalidDescription`` if the model has no such output.
  init(_ settings: ModelDescription.Embedding, outputs: ModelOutputs) throws(PipelineError) {
    self.settings = settings
    place = try outputs.place(of: settings.output)
  }

  func decode(_ outputs: [[Float]]) -> ModelOutput {
    guard outputs.indices.contains(place) else { return .embedding([]) }
    let values = outputs[place]
    guard settings.isNormalised else { return .embedding(values) }
    // In double precision: squares of large values are beyond single.
    let length = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    guard length > 0 else { return .embedding(values) }
    return .embedding(values.map { Float(Double($0) / length) })
  }
}
