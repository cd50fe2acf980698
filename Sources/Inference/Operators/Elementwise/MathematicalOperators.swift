/// Functions of each element by itself.
extension OperatorRegistry {
  static let mathematics: [OperatorDefinition] = [
    number("Abs", Functions.Magnitude()),
    number("Neg", Functions.Negation()),
    number("Sign", Functions.Sign()),
    real("Acos", Functions.ArcCosine()),
    real("Acosh", Functions.AreaCosine()),
    real("Asin", Functions.ArcSine()),
    real("Asinh", Functions.AreaSine()),
    real("Atan", Functions.ArcTangent()),
    real("Atanh", Functions.AreaTangent()),
    real("Ceil", Functions.Rounding(rule: .up)),
    real("Cos", Functions.Cosine()),
    real("Cosh", Functions.HyperbolicCosine()),
    real("Erf", Functions.ErrorFunction()),
    real("Exp", Functions.Exponential()),
    real("Floor", Functions.Rounding(rule: .down)),
    real("Log", Functions.Logarithm()),
    real("Reciprocal", Functions.Reciprocal()),
    real("Round", Functions.Rounding(rule: .toNearestOrEven)),
    real("Sin", Functions.Sine()),
    real("Sinh", Functions.HyperbolicSine()),
    real("Sqrt", Functions.SquareRoot()),
    real("Tan", Functions.Tangent()),
    real(.tanh, Functions.HyperbolicTangent()),
    OperatorDefinition(
      "IsNaN",
      infer: { call throws(InferenceError) in
        _ = try call.elementType(0, oneOf: ElementType.reals)
        return [TensorType(elementType: .bool, shape: try call.input(0).shape)]
      }
    ) { call, _ throws(InferenceError) in
      try Kernel(NotANumberTest(), of: call.input(0).elementType)
    },
    OperatorDefinition(
      "IsInf",
      infer: { call throws(InferenceError) in
        _ = try call.elementType(0, oneOf: ElementType.reals)
        return [TensorType(elementType: .bool, shape: try call.input(0).shape)]
      }
    ) { call, _ throws(InferenceError) in
      try Kernel(
        InfinityTest(
          positive: call.attributes.int("detect_positive", default: 1) != 0,
          negative: call.attributes.int("detect_negative", default: 1) != 0),
        of: call.input(0).elementType)
    },
    OperatorDefinition(
      "Not",
      infer: { call throws(InferenceError) in
        _ = try call.elementType(0, oneOf: [.bool])
        return [try call.input(0).type]
      }
    ) { _, _ in
      Kernel { mapElements($0, UInt8.self, UInt8.self) { $0 == 0 ? 1 : 0 } }
    },
    OperatorDefinition(
      "BitwiseNot",
      infer: { call throws(InferenceError) in
        _ = try call.elementType(0, oneOf: ElementType.wholes)
        return [try call.input(0).type]
      }
    ) { call, _ throws(InferenceError) in
      try Kernel(Complement(), of: call.input(0).elementType)
    },
  ]

  /// A map of each real number by a function without parameters.
  static func real(_ kind: OperatorKind, _ function: some RealFunction) -> OperatorDefinition {
    real(kind) { _ in function }
  }

  /// A map of each real number by a function that depends on the attributes.
  static func real<F: RealFunction>(
    _ kind: OperatorKind, _ function: @escaping @Sendable (Attributes) throws(InferenceError) -> F
  ) -> OperatorDefinition {
    OperatorDefinition(
      kind,
      infer: { call throws(InferenceError) in
        _ = try function(call.attributes)
        return try call.sameReal()
      }
    ) { call, outputs throws(InferenceError) in
      try Kernel(RealMap(function: function(call.attributes)), of: outputs[0].elementType)
    }
  }

  /// A map of each number by a function without parameters.
  static func number(_ kind: OperatorKind, _ function: some NumberFunction) -> OperatorDefinition {
    number(kind) { _ in function }
  }

  /// A map of each number by a function that depends on the attributes.
  static func number<F: NumberFunction>(
    _ kind: OperatorKind, _ function: @escaping @Sendable (Attributes) throws(InferenceError) -> F
  ) -> OperatorDefinition {
    OperatorDefinition(
      kind,
      infer: { call throws(InferenceError) in
        _ = try call.elementType(0, oneOf: ElementType.numbers)
        return [try call.input(0).type]
      }
    ) { call, outputs throws(InferenceError) in
      try Kernel(NumberMap(function: function(call.attributes)), of: outputs[0].elementType)
    }
  }
}

private struct NotANumberTest: RealKernel {
  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    mapElements(arguments, T.self, UInt8.self) { $0.isNaN ? 1 : 0 }
  }
}

private struct InfinityTest: RealKernel {
  let positive: Bool
  let negative: Bool

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let (positive, negative) = (positive, negative)
    mapElements(arguments, T.self, UInt8.self) { $0.isInfinite && ($0 > 0 ? positive : negative) ? 1 : 0 }
  }
}

private struct Complement: WholeKernel {
  func run<T: WholeElement>(_ arguments: KernelArguments, _: T.Type) {
    mapElements(arguments, T.self, T.self) { ~$0 }
  }
}
