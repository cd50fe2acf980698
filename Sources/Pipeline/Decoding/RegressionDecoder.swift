internal import BraidCore
internal import BraidInference

/// Gives the numbers of an output their names and units. Allocates: what it gives.
struct RegressionDecoder: OutputDecoder {
  private let settings: ModelDescription.Regression
  private let place: Int

  /// - Throws: ``PipelineError/Code/invalidDescription`` if the model has no such output, or another number of values.
  init(_ settings: ModelDescription.Regression, outputs: ModelOutputs) throws(PipelineError) {
    self.settings = settings
    place = try outputs.place(of: settings.output)
    let count = try outputs.count(of: settings.output)
    guard count == settings.values.count else {
      throw outputs.fault(
        "output '\(settings.output)' has \(count) values, and \(settings.values.count) are described",
        "Name each value, in the order of the output")
    }
  }

  func decode(_ outputs: [[Float]]) -> ModelOutput {
    guard outputs.indices.contains(place) else { return .values([]) }
    return .values(
      zip(settings.values, outputs[place]).map { value, number in
        ModelOutput.Measurement(name: value.name, value: number * value.scale + value.offset, unit: value.unit)
      })
  }
}
