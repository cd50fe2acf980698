extension RealKernel {
  /// The kernel for elements of `type`, `float64` or `float32`, with working memory of `scratchElements` of them.
  func kernel(_ type: ElementType, scratchElements: Int = 0) -> Kernel {
    let (bytes, overflow) = scratchElements.multipliedReportingOverflow(by: type.byteCount)
    precondition(!overflow, "working memory was not checked against the limits")
    if type == .float64 {
      return Kernel(scratchBytes: bytes) { arguments throws(InferenceError) in try run(arguments, Double.self) }
    }
    return Kernel(scratchBytes: bytes) { arguments throws(InferenceError) in try run(arguments, Float.self) }
  }
}

extension OperatorCall {
  /// The type of operand 0, a real one, which those of `indices` that are there share.
  func realType(sharedBy indices: some Sequence<Int>) throws(InferenceError) -> ElementType {
    let type = try elementType(0, oneOf: ElementType.reals)
    for index in indices where has(index) {
      guard try input(index).elementType == type else {
        throw .unsupported("inputs 0 and \(index) of types \(type) and \(try input(index).elementType)")
      }
    }
    return type
  }

  /// As many of `types` as the node has outputs, one at least.
  func wanted(_ types: [TensorType]) -> [TensorType] {
    Array(types.prefix(max(1, node.outputs.count)))
  }

  /// The product of `factors`, where it is the element count of some tensor within the limits.
  func count(_ factors: [Int]) throws(InferenceError) -> Int { try type(.float64, factors).shape.elementCount }
}

extension RealElement {
  /// 1 / (1 + e^-x).
  @inline(__always) static func logistic(_ x: Self) -> Self { 1 / (1 + exponential(-x)) }
}
