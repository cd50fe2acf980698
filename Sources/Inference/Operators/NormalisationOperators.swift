/// Batch and layer normalisation.
extension OperatorRegistry {
  static let normalisation: [OperatorDefinition] = [
    OperatorDefinition(
      .batchNormalization,
      infer: { call throws(InferenceError) in
        let shape = try call.input(0).shape
        guard try call.attributes.int("training_mode", default: 0) == 0 else { throw .unsupported("training mode") }
        guard shape.rank >= 2 else { throw .shape("a tensor of shape \(shape) has no channels") }
        for index in 1..<5 where try call.input(index).shape.dimensions != [shape[1]] {
          throw .shape("input \(index) does not have \(shape[1]) elements")
        }
        for index in 0..<5 { _ = try call.elementType(index, oneOf: [.float32]) }
        return [try call.input(0).type]
      }
    ) { call, _ throws(InferenceError) in
      let shape = try call.input(0).shape
      let plane = shape.product(2..<shape.rank)
      let epsilon = try call.attributes.float("epsilon", default: 1e-5)
      return Kernel { arguments in
        let (x, y) = (Elements<Float>(arguments.input(0)), Elements<Float>(arguments.output))
        let (scale, bias) = (Elements<Float>(arguments.input(1)), Elements<Float>(arguments.input(2)))
        let (mean, variance) = (Elements<Float>(arguments.input(3)), Elements<Float>(arguments.input(4)))
        for i in 0..<x.count {
          let channel = i / plane % scale.count
          y[i] = (x[i] - mean[channel]) / (variance[channel] + epsilon).squareRoot() * scale[channel] + bias[channel]
        }
      }
    },
    OperatorDefinition(
      "LayerNormalization",
      infer: { call throws(InferenceError) in
        for index in call.inputs.indices where call.has(index) { _ = try call.elementType(index, oneOf: [.float32]) }
        guard call.node.outputs.count == 1 else { throw .unsupported("the mean and deviation as results") }
        let (_, inner) = try rows(call, defaultAxis: -1)
        for index in 1..<3 where call.has(index) {
          guard try call.input(index).shape.elementCount == inner else {
            throw .shape("input \(index) has not \(inner) elements")
          }
        }
        _ = try call.input(1)
        return [try call.input(0).type]
      }
    ) { call, _ throws(InferenceError) in
      let (outer, inner) = try rows(call, defaultAxis: -1)
      let epsilon = Double(try call.attributes.float("epsilon", default: 1e-5))
      return Kernel { arguments in
        let (x, y) = (Elements<Float>(arguments.input(0)), Elements<Float>(arguments.output))
        let scale = Elements<Float>(arguments.input(1))
        let bias = arguments.optional(2).map { Elements<Float>($0) }
        for row in 0..<outer {
          let range = (row * inner)..<((row + 1) * inner)
          var (sum, squares) = (0.0, 0.0)
          for i in range { sum += Double(x[i]) }
          let mean = sum / Double(inner)
          for i in range { squares += (Double(x[i]) - mean) * (Double(x[i]) - mean) }
          let factor = 1 / (squares / Double(inner) + epsilon).squareRoot()
          for i in range {
            let j = i - range.lowerBound
            y[i] = Float((Double(x[i]) - mean) * factor) * scale[j] + (bias.map { $0[j] } ?? 0)
          }
        }
      }
    },
  ]

  /// The number of rows before `axis`, and the elements of one from there on.
  private static func rows(_ call: OperatorCall, defaultAxis: Int) throws(InferenceError) -> (Int, Int) {
    let shape = try call.input(0).shape
    let axis = try call.axis(call.attributes.int("axis", default: defaultAxis), rank: shape.rank)
    return (shape.product(0..<axis), shape.product(axis..<shape.rank))
  }
}
