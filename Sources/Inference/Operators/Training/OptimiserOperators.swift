/// One step of an optimiser, on any number of tensors: `R`, `T`, then all tensors, all gradients and all states.
extension OperatorRegistry {
  static let optimisers: [OperatorDefinition] = [
    step("ai.onnx.preview.training:Momentum", states: 1) { call throws(InferenceError) in
      let mode = try call.attributes.string("mode", default: "")
      guard mode == "standard" || mode == "nesterov" else { throw .invalid("mode \"\(mode)\" is unknown") }
      return MomentumStep(
        regularisation: try real(call, "norm_coefficient", 0), alpha: try real(call, "alpha", 0),
        beta: try real(call, "beta", 0), isNesterov: mode == "nesterov")
    },
    step("ai.onnx.preview.training:Adagrad", states: 1) { call throws(InferenceError) in
      AdagradStep(
        regularisation: try real(call, "norm_coefficient", 0), decay: try real(call, "decay_factor", 0),
        epsilon: try real(call, "epsilon", 1e-6))
    },
    step("ai.onnx.preview.training:Adam", states: 2) { call throws(InferenceError) in
      AdamStep(
        regularisation: try real(call, "norm_coefficient", 0),
        regularisationAfter: try real(call, "norm_coefficient_post", 0), alpha: try real(call, "alpha", 0.9),
        beta: try real(call, "beta", 0.999), epsilon: try real(call, "epsilon", 1e-6))
    },
  ]

  private static func real(
    _ call: OperatorCall, _ name: String, _ fallback: Float
  ) throws(InferenceError) -> Double {
    Double(try call.attributes.float(name, default: fallback))
  }

  private static func step<S: OptimiserStep>(
    _ kind: OperatorKind, states: Int, _ step: @escaping @Sendable (OperatorCall) throws(InferenceError) -> S
  ) -> OperatorDefinition {
    OperatorDefinition(
      kind,
      infer: { call throws(InferenceError) in
        let count = (call.inputs.count - 2) / (2 + states)
        guard count > 0, call.inputs.count == 2 + count * (2 + states) else {
          throw .invalid("it has \(call.inputs.count) operands")
        }
        let type = try call.elementType(0, oneOf: ElementType.reals)
        _ = try call.elementType(1, oneOf: [.int64])
        guard try call.input(0).shape.elementCount == 1, try call.input(1).shape.elementCount == 1 else {
          throw .shape("the rate or the count of steps is not one number")
        }
        var types: [TensorType] = []
        for index in 2..<call.inputs.count {
          let operand = try call.input(index)
          guard operand.elementType == type, operand.shape == (try call.input(2 + (index - 2) % count).shape) else {
            throw .shape("input \(index) of shape \(operand.shape) does not fit its tensor")
          }
          // Gradients have no new value.
          if !(2 + count..<2 + 2 * count).contains(index) { types.append(operand.type) }
        }
        return types
      }
    ) { call, outputs throws(InferenceError) in
      let count = (call.inputs.count - 2) / (2 + states)
      return try Kernel(
        OptimiserKernel(step: step(call), count: count, states: states), of: outputs[0].elementType)
    }
  }
}

/// What an optimiser does to one element.
private protocol OptimiserStep: Sendable {
  /// The factor that is the same for all elements, from the rate and the number of steps so far.
  func rate(_ rate: Double, _ steps: Double) -> Double
  /// Moves `x` and its states by its gradient.
  func apply(
    _ x: inout Double, _ gradient: Double, _ first: inout Double, _ second: inout Double, rate: Double, steps: Double)
}

private struct OptimiserKernel<S: OptimiserStep>: RealKernel {
  let step: S
  let count: Int
  let states: Int

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let steps = Double(Elements<Int64>(arguments.input(1))[0])
    let rate = step.rate(Double(Elements<T>(arguments.input(0))[0]), steps)
    func input(_ group: Int, _ index: Int) -> Elements<T> { Elements(arguments.input(2 + group * count + index)) }
    for index in 0..<count {
      let (x, gradient) = (input(0, index), input(1, index))
      for i in 0..<x.count {
        var value = Double(x[i])
        var first = Double(input(2, index)[i])
        var second = states == 2 ? Double(input(3, index)[i]) : 0
        step.apply(&value, Double(gradient[i]), &first, &second, rate: rate, steps: steps)
        Elements<T>(arguments.outputs[index])[i] = T(value)
        Elements<T>(arguments.outputs[count + index])[i] = T(first)
        if states == 2 { Elements<T>(arguments.outputs[2 * count + index])[i] = T(second) }
      }
    }
  }
}

private struct MomentumStep: OptimiserStep {
  let regularisation: Double
  let alpha: Double
  let beta: Double
  let isNesterov: Bool

  func rate(_ rate: Double, _ steps: Double) -> Double { rate }

  func apply(
    _ x: inout Double, _ gradient: Double, _ first: inout Double, _ second: inout Double, rate: Double, steps: Double
  ) {
    let slope = regularisation * x + gradient
    first = alpha * first + (steps > 0 ? beta : 1) * slope
    x -= rate * (isNesterov ? slope + alpha * first : first)
  }
}

private struct AdagradStep: OptimiserStep {
  let regularisation: Double
  let decay: Double
  let epsilon: Double

  func rate(_ rate: Double, _ steps: Double) -> Double { rate / (1 + steps * decay) }

  func apply(
    _ x: inout Double, _ gradient: Double, _ first: inout Double, _ second: inout Double, rate: Double, steps: Double
  ) {
    let slope = regularisation * x + gradient
    first += slope * slope
    x -= rate * slope / (first.squareRoot() + epsilon)
  }
}

private struct AdamStep: OptimiserStep {
  let regularisation: Double
  let regularisationAfter: Double
  let alpha: Double
  let beta: Double
  let epsilon: Double

  func rate(_ rate: Double, _ steps: Double) -> Double {
    steps > 0
      ? rate * (1 - Double.raise(beta, steps)).squareRoot() / (1 - Double.raise(alpha, steps)) : rate
  }

  func apply(
    _ x: inout Double, _ gradient: Double, _ first: inout Double, _ second: inout Double, rate: Double, steps: Double
  ) {
    let slope = regularisation * x + gradient
    first = alpha * first + (1 - alpha) * slope
    second = beta * second + (1 - beta) * slope * slope
    x = (1 - regularisationAfter) * (x - rate * first / (second.squareRoot() + epsilon))
  }
}
