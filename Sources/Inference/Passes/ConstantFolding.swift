/// Computes nodes whose operands are known, by their plain implementation.
enum ConstantFolding {
  /// The results of one node. `readsInputs` is false for operators that look only at shapes.
  static func evaluate(
    _ definition: OperatorDefinition, _ call: OperatorCall, _ types: [TensorType], readsInputs: Bool = true
  ) throws(InferenceError) -> [Tensor] {
    let kernel = try definition.kernel(call, types)
    var results: [Tensor] = []
    for type in types { results.append(try Tensor(zeros: type)) }
    var scratch: Tensor?
    if kernel.scratchBytes > 0, let shape = TensorShape([(kernel.scratchBytes + 3) / 4]) {
      scratch = try Tensor(zeros: TensorType(elementType: .float32, shape: shape))
    }
    try withExtendedLifetime((call, results, scratch)) { () throws(InferenceError) in
      try kernel.run(
        KernelArguments(
          inputs: readsInputs ? call.inputs.map { $0?.tensor?.host } : call.inputs.map { _ in nil },
          outputs: results.map(\.host), scratch: scratch?.host))
    }
    return results
  }
}
