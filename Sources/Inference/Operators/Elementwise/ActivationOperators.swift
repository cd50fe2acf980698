/// Activations of each element by itself.
extension OperatorRegistry {
  static let activation: [OperatorDefinition] = [
    number(.relu, Activations.Rectifier()),
    real(.sigmoid, Activations.Logistic()),
    real("HardSwish", Activations.HardSwish()),
    real("Mish", Activations.Mish()),
    real("Softplus", Activations.Softplus()),
    real("Softsign", Activations.Softsign()),
    real("LeakyRelu") { a throws(InferenceError) in
      Activations.LeakyRectifier(alpha: try a.float("alpha", default: 0.01))
    },
    real("ThresholdedRelu") { a throws(InferenceError) in
      Activations.ThresholdedRectifier(alpha: try a.float("alpha", default: 1))
    },
    real("Elu") { a throws(InferenceError) in
      Activations.ExponentialUnit(alpha: try a.float("alpha", default: 1))
    },
    real("Celu") { a throws(InferenceError) in
      Activations.ContinuousExponentialUnit(alpha: try a.float("alpha", default: 1))
    },
    real("Selu") { a throws(InferenceError) in
      Activations.ScaledExponentialUnit(
        alpha: try a.float("alpha", default: 1.673_263_2), gamma: try a.float("gamma", default: 1.050_701))
    },
    real("HardSigmoid") { a throws(InferenceError) in
      Activations.HardLogistic(
        alpha: try a.float("alpha", default: 0.2), beta: try a.float("beta", default: 0.5))
    },
    real("Swish") { a throws(InferenceError) in
      Activations.Swish(alpha: try a.float("alpha", default: 1))
    },
    number("Shrink") { a throws(InferenceError) in
      Activations.Shrink(lambda: try a.float("lambd", default: 0.5), bias: try a.float("bias", default: 0))
    },
    OperatorDefinition("Gelu", infer: { call throws(InferenceError) in try call.sameReal() }) {
      call, outputs throws(InferenceError) in
      switch try call.attributes.string("approximate", default: "none") {
      case "none": return try Kernel(RealMap(function: Activations.GaussianUnit()), of: outputs[0].elementType)
      case "tanh": return try Kernel(RealMap(function: Activations.GaussianUnitByTanh()), of: outputs[0].elementType)
      case let other: throw .unsupported("Gelu approximated by \(other)")
      }
    },
    OperatorDefinition(
      .clip,
      infer: { call throws(InferenceError) in
        let type = try call.elementType(0, oneOf: ElementType.numbers)
        for index in 1..<3 where call.has(index) {
          let bound = try call.input(index)
          // Bounds that were attributes are single precision whatever the operand is.
          guard bound.elementType == type || (type == .float64 && bound.elementType == .float32),
            bound.shape.elementCount == 1
          else { throw .invalid("input \(index) is not one number of type \(type)") }
        }
        return [try call.input(0).type]
      }
    ) { _, outputs throws(InferenceError) in
      try Kernel(ClipKernel(), of: outputs[0].elementType)
    },
  ]

  static func sigmoid(_ x: Float) -> Float { Activations.Logistic()(x) }
}

/// Keeps elements between two bounds; the upper one wins where they cross.
private struct ClipKernel: NumberKernel {
  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
    let low = bound(arguments.optional(1)) ?? T.least
    let high = bound(arguments.optional(2)) ?? T.greatest
    mapElements(arguments, T.self, T.self) { x in
      let raised = x < low ? low : x
      return raised > high ? high : raised
    }
  }

  private func bound<T: NumberElement>(_ tensor: HostTensor?) -> T? {
    guard let tensor else { return nil }
    return tensor.elementType == T.elementType
      ? Elements<T>(tensor)[0] : T(real: Double(Elements<Float>(tensor)[0]))
  }
}
