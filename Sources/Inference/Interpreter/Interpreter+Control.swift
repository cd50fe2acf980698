/// Operators on more than tensors, which the interpreter runs by itself.
extension Interpreter {
  /// Whether no plan can hold the operator.
  static func runsAlone(_ kind: OperatorKind) -> Bool { alone.contains(kind) }

  private static let alone: Set<OperatorKind> = []

  func runAlone(_ item: InterpretedNode) throws(InferenceError) -> [ModelValue] {
    switch item.node.kind {
    case .if: return try branch(item)
    default: throw .unsupported("operator \(item.node.kind.rawValue)")
    }
  }

  private func branch(_ item: InterpretedNode) throws(InferenceError) -> [ModelValue] {
    guard item.blocks.count == 2 else { throw .invalid("it has not two branches") }
    return try run(item.blocks[try condition(tensor(0, of: item.node)) ? 0 : 1], [])
  }

  /// The truth of a tensor of one boolean.
  func condition(_ tensor: Tensor?) throws(InferenceError) -> Bool {
    guard let tensor, tensor.elementType == .bool, tensor.shape.elementCount == 1 else {
      throw .invalid("its condition is not one boolean")
    }
    return tensor.array(of: UInt8.self)[0] != 0
  }
}
