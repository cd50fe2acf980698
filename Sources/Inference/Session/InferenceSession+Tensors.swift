extension InferenceSession {
  /// Copies `tensor` to input `index`, which has its type and shape.
  func write(_ tensor: Tensor, toInput index: Int) throws(InferenceError) {
    guard state.inputs.indices.contains(index) else {
      throw InferenceError(.missingInput, "there is no input \(index)")
    }
    guard state.inputs[index].type == tensor.type else {
      throw .shape("a \(tensor.elementType) tensor of \(tensor.shape) for input \(inputs[index].name)")
    }
    state.inputs[index].copy(from: tensor.host)
  }

  /// A copy of output `index`, as the last run left it.
  func tensor(output index: Int) throws(InferenceError) -> Tensor {
    guard state.outputs.indices.contains(index) else {
      throw InferenceError(.missingInput, "there is no output \(index)")
    }
    let result = try Tensor(zeros: state.outputs[index].type)
    result.host.copy(from: state.outputs[index])
    return result
  }
}

extension InferenceSession {
  /// Copies of what all inputs hold, by name.
  ///
  /// - Throws: `limit-exceeded` where there is no memory.
  public func inputTensors() throws(InferenceError) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (info, input) in zip(inputs, state.inputs) {
      let tensor = try Tensor(zeros: input.type)
      tensor.host.copy(from: input)
      tensors[info.name] = tensor
    }
    return tensors
  }
}

extension InferenceSession {
  /// Copies a sample's tensors to the inputs.
  ///
  /// - Throws: `missing-input` where an input has none, `shape-mismatch`.
  public func write(_ sample: CalibrationSample) throws(InferenceError) {
    for (place, info) in inputs.enumerated() {
      guard let tensor = sample.inputs[info.name] else {
        throw InferenceError(
          .missingInput, "a sample has no tensor for input \(info.name)",
          remedy: "Give one for each of the model's inputs")
      }
      try write(tensor, toInput: place)
    }
  }
}
