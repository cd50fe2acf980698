import Glibc

/// Operators that map each element by itself.
extension OperatorRegistry {
  static let unary: [OperatorDefinition] = [
    map("Abs") { abs($0) },
    map("Ceil") { $0.rounded(.up) },
    map("Cos") { cosf($0) },
    map("Erf") { erff($0) },
    map("Exp") { expf($0) },
    map("Floor") { $0.rounded(.down) },
    map("Log") { logf($0) },
    map("Neg") { -$0 },
    map("Reciprocal") { 1 / $0 },
    map(.relu) { $0 < 0 ? 0 : $0 },
    map("Round") { $0.rounded(.toNearestOrEven) },
    map(.sigmoid) { sigmoid($0) },
    map("Sin") { sinf($0) },
    map("Softplus") { $0 > 20 ? $0 : log1pf(expf($0)) },
    map("Sqrt") { $0.squareRoot() },
    map(.tanh) { tanhf($0) },
    map("HardSwish") { $0 * max(0, min(1, $0 / 6 + 0.5)) },
    OperatorDefinition("LeakyRelu", infer: sameFloat) { call, _ throws(InferenceError) in
      let alpha = try call.attributes.float("alpha", default: 0.01)
      return mapKernel { $0 < 0 ? $0 * alpha : $0 }
    },
    OperatorDefinition("Elu", infer: sameFloat) { call, _ throws(InferenceError) in
      let alpha = try call.attributes.float("alpha", default: 1)
      return mapKernel { $0 < 0 ? alpha * expm1f($0) : $0 }
    },
    OperatorDefinition("HardSigmoid", infer: sameFloat) { call, _ throws(InferenceError) in
      let alpha = try call.attributes.float("alpha", default: 0.2)
      let beta = try call.attributes.float("beta", default: 0.5)
      return mapKernel { max(0, min(1, alpha * $0 + beta)) }
    },
    OperatorDefinition(.clip, infer: sameFloat) { call, _ throws(InferenceError) in
      for index in 1..<3 where call.has(index) {
        guard try call.input(index).elementType == .float32, try call.input(index).shape.elementCount == 1 else {
          throw .invalid("input \(index) is not one number")
        }
      }
      return Kernel { arguments throws(InferenceError) in
        let x = Elements(arguments.input(0), as: Float.self)
        let y = Elements(arguments.output, as: Float.self)
        let low = arguments.optional(1).map { Elements($0, as: Float.self)[0] } ?? -Float.infinity
        let high = arguments.optional(2).map { Elements($0, as: Float.self)[0] } ?? Float.infinity
        for i in 0..<x.count { y[i] = min(high, max(low, x[i])) }
      }
    },
    OperatorDefinition(
      "Not",
      infer: { call throws(InferenceError) in
        _ = try call.elementType(0, oneOf: [.bool])
        return [try call.input(0).type]
      }
    ) { _, _ in
      Kernel { arguments in
        let x = Elements(arguments.input(0), as: UInt8.self)
        let y = Elements(arguments.output, as: UInt8.self)
        for i in 0..<x.count { y[i] = x[i] == 0 ? 1 : 0 }
      }
    },
  ]

  static func sigmoid(_ x: Float) -> Float { 1 / (1 + expf(-x)) }

  /// One result of the type of the first operand, which is `float32`.
  @Sendable static func sameFloat(_ call: OperatorCall) throws(InferenceError) -> [TensorType] {
    _ = try call.elementType(0, oneOf: [.float32])
    return [try call.input(0).type]
  }

  private static func map(
    _ kind: OperatorKind, _ function: @escaping @Sendable (Float) -> Float
  ) -> OperatorDefinition {
    OperatorDefinition(kind, infer: sameFloat) { _, _ in mapKernel(function) }
  }

  private static func mapKernel(_ function: @escaping @Sendable (Float) -> Float) -> Kernel {
    Kernel { arguments in
      let x = Elements(arguments.input(0), as: Float.self)
      let y = Elements(arguments.output, as: Float.self)
      for i in 0..<x.count { y[i] = function(x[i]) }
    }
  }
}
