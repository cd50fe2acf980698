/// Computes one node whose operands are all known tensors.
struct NodeEvaluation {
  private let node: Node
  private let definition: OperatorDefinition
  private let limits: ModelLimits

  init(_ node: Node, _ definition: OperatorDefinition, _ limits: ModelLimits) {
    self.node = node
    self.definition = definition
    self.limits = limits
  }

  /// The results, as many as the operator gives.
  func results(_ operands: [Tensor?]) throws(InferenceError) -> [Tensor] {
    var operands = operands
    var half: ElementType?
    if !definition.acceptsHalf {
      for (index, operand) in operands.enumerated() {
        guard let operand, operand.elementType.isHalf else { continue }
        half = half ?? operand.elementType
        operands[index] = try Self.converted(operand, to: .float32)
      }
    }
    let call = OperatorCall(
      node: node, inputs: operands.map { $0.map { Fact(type: $0.type, tensor: $0) } }, limits: limits)
    let declared = try definition.infer(call)
    let types = try definition.computedTypes(call)
    if OperatorKind.views.contains(node.kind), let type = types.first, let operand = operands.first ?? nil {
      return [operand.reshaped(type.shape)]
    }
    var results = try ConstantFolding.evaluate(definition, call, types)
    for index in results.indices {
      if let type = definition.narrowedType(index, declared[index].elementType, half: half) {
        results[index] = try Self.converted(results[index], to: type)
      }
    }
    return results
  }

  /// `tensor` in another type, neither of them texts.
  static func converted(_ tensor: Tensor, to type: ElementType) throws(InferenceError) -> Tensor {
    let result = try Tensor(zeros: TensorType(elementType: type, shape: tensor.shape))
    let kernel = try Cast().kernel(from: tensor.elementType, to: type)
    try withExtendedLifetime((tensor, result)) { () throws(InferenceError) in
      try kernel.run(KernelArguments(inputs: [tensor.host], outputs: [result.host], scratch: nil))
    }
    return result
  }
}
