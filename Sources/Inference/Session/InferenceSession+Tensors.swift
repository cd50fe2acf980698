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
