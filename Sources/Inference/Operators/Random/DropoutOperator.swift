/// Dropout, and the mask of what it kept.
extension OperatorRegistry {
  static let dropout: [OperatorDefinition] = [
    OperatorDefinition(
      "Dropout",
      infer: { call throws(InferenceError) in
        let type = try call.elementType(0, oneOf: ElementType.reals)
        let shape = try call.input(0).shape
        for index in 1..<3 where call.has(index) {
          guard try call.input(index).shape.elementCount == 1 else { throw .shape("input \(index) is not one element") }
        }
        if call.has(1) { _ = try call.elementType(1, oneOf: ElementType.reals) }
        if call.has(2) { _ = try call.elementType(2, oneOf: [.bool]) }
        return [TensorType(elementType: type, shape: shape), TensorType(elementType: .bool, shape: shape)]
      }
    ) { call, outputs throws(InferenceError) in
      let seed: UInt32 = UInt32(truncatingIfNeeded: try call.attributes.int("seed", default: 0))
      return try Kernel(DropoutKernel(seed: seed), of: outputs[0].elementType)
    }
  ]
}

/// In training, elements are dropped by numbers that follow from the seed, and the others scaled up.
private struct DropoutKernel: RealKernel {
  let seed: UInt32

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.outputs[0]))
    let mask = Elements<UInt8>(arguments.outputs[1])
    let ratio = arguments.optional(1).map(number) ?? 0.5
    let isTraining = arguments.optional(2).map { Elements<UInt8>($0)[0] != 0 } ?? false
    guard isTraining, ratio != 0 else {
      arguments.outputs[0].copy(from: arguments.input(0))
      return mask.fill(1)
    }
    var generator = MersenneTwister(seed: seed)
    let scale = T(1 / (1 - ratio))
    for i in 0..<x.count {
      let isKept = generator.uniform() >= ratio
      mask[i] = isKept ? 1 : 0
      y[i] = isKept ? x[i] * scale : 0
    }
  }

  private func number(_ tensor: HostTensor) -> Double {
    tensor.elementType == .float64 ? Elements<Double>(tensor)[0] : Double(Elements<Float>(tensor)[0])
  }
}
