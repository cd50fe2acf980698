/// What two models say on the same samples.
public struct ModelAnswers: Sendable {
  /// The outputs that both have, by the first's names and in its order.
  public let names: [String]
  /// For each sample, a tensor for each of them: the first model's.
  public let first: [[Tensor]]
  /// The second's.
  public let second: [[Tensor]]
  /// Whether these are all outputs of the first.
  public let isComplete: Bool

  /// Runs both.
  ///
  /// - Parameters:
  ///   - first: a model.
  ///   - second: one with the same inputs; of its outputs those count that have a namesake in the first, or where none has, those
  ///     at the same places.
  ///   - options: the shapes that samples have, and the inputs that are constant.
  ///   - samples: what both are given.
  /// - Throws: `missing-input` for models without an output in common; what running them does.
  public init(
    _ first: Model, _ second: Model, options: SessionOptions, on samples: [CalibrationSample]
  ) throws(InferenceError) {
    func session(_ model: Model) throws(InferenceError) -> InferenceSession {
      var options = options
      options.constantInputs = options.constantInputs.filter { entry in model.inputs.contains { $0.name == entry.key } }
      options.inputShapes = options.inputShapes.filter { entry in model.inputs.contains { $0.name == entry.key } }
      return try InferenceSession(Plan(model, options: options))
    }
    let (a, b) = (try session(first), try session(second))
    var places: [(from: Int, to: Int)] = a.outputs.enumerated().compactMap { place, info in
      b.outputIndex(info.name).map { (place, $0) }
    }
    if places.isEmpty, a.outputs.count == b.outputs.count { places = a.outputs.indices.map { ($0, $0) } }
    guard !places.isEmpty else {
      throw InferenceError(
        .missingInput, "the two models have no outputs in common", location: second.name,
        remedy: "Compare models with outputs of the same names: \(a.outputs.map(\.name).joined(separator: ", "))")
    }
    var answers: (first: [[Tensor]], second: [[Tensor]]) = ([], [])
    for sample in samples {
      try ActivationReader.run(a, sample)
      try ActivationReader.run(b, sample)
      var (one, two): ([Tensor], [Tensor]) = ([], [])
      for (from, to) in places {
        one.append(try a.realTensor(output: from))
        two.append(try b.realTensor(output: to))
      }
      answers.first.append(one)
      answers.second.append(two)
    }
    names = places.map { a.outputs[$0.from].name }
    (self.first, self.second) = answers
    isComplete = places.count == a.outputs.count
  }
}

extension InferenceSession {
  /// A copy of what output `index` holds, bytes whose scale is known as the real numbers that they stand for.
  fileprivate func realTensor(output index: Int) throws(InferenceError) -> Tensor {
    let tensor = try tensor(output: index)
    guard outputs[index].quantization != nil, tensor.elementType.isQuantised else { return tensor }
    var values = [Float](repeating: 0, count: tensor.shape.elementCount)
    var span = values.mutableSpan
    try read(output: index, into: &span)
    guard let real = Tensor(values, shape: tensor.shape) else { throw .limit("an output does not fit the memory") }
    return real
  }
}
