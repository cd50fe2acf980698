/// Operators that join tensors along an axis, or take one apart.
extension OperatorRegistry {
  static let joining: [OperatorDefinition] = [
    OperatorDefinition(
      .concat, acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let first = try call.input(0)
        let axis = try call.axis(call.attributes.int("axis", default: 0), rank: first.shape.rank)
        var dimensions = first.shape.dimensions
        dimensions[axis] = 0
        for index in call.inputs.indices {
          let part = try call.input(index)
          guard part.elementType == first.elementType, part.shape.rank == first.shape.rank,
            (0..<part.shape.rank).allSatisfy({ $0 == axis || part.shape[$0] == dimensions[$0] })
          else { throw .shape("\(part.shape) does not continue \(first.shape) along axis \(axis)") }
          dimensions[axis] += part.shape[axis]
        }
        return [try call.type(first.elementType, dimensions)]
      }
    ) { call, outputs throws(InferenceError) in
      let shape = outputs[0].shape
      let axis = try call.axis(call.attributes.int("axis", default: 0), rank: shape.rank)
      return ByteSize(of: outputs[0].elementType).kernel(
        ConcatKernel(outer: shape.product(0..<axis), row: shape.product(axis..<shape.rank)))
    },
    OperatorDefinition(
      "Split", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let x = try call.input(0)
        let (axis, parts) = try splitParts(call)
        var types: [TensorType] = []
        for part in parts {
          var dimensions = x.shape.dimensions
          dimensions[axis] = part
          types.append(try call.type(x.elementType, dimensions))
        }
        return types
      }
    ) { call, outputs throws(InferenceError) in
      let shape = try call.input(0).shape
      let (axis, _) = try splitParts(call)
      let (outer, inner) = (shape.product(0..<axis), shape.product(axis..<shape.rank))
      return ByteSize(of: outputs[0].elementType).kernel(SplitKernel(outer: outer, row: inner))
    },
  ]

  private struct ConcatKernel: SizedKernel {
    let outer: Int
    let row: Int

    func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
      guard outer > 0 else { return }
      let y = Elements<T>(arguments.output)
      var place = 0
      for index in arguments.inputs.indices {
        let x = Elements<T>(arguments.input(index))
        let part = x.count / outer
        for i in 0..<outer { y.copy(part, of: x, from: i * part, to: i * row + place) }
        place += part
      }
    }
  }

  private struct SplitKernel: SizedKernel {
    let outer: Int
    let row: Int

    func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
      guard outer > 0 else { return }
      let x = Elements<T>(arguments.input(0))
      var place = 0
      for output in arguments.outputs {
        let y = Elements<T>(output)
        let part = y.count / outer
        for i in 0..<outer { y.copy(part, of: x, from: i * row + place, to: i * part) }
        place += part
      }
    }
  }

  private static func splitParts(_ call: OperatorCall) throws(InferenceError) -> (Int, [Int]) {
    let shape = try call.input(0).shape
    let axis = try call.axis(call.attributes.int("axis", default: 0), rank: shape.rank)
    let count = call.node.outputs.count
    if let parts = try call.integers(1) {
      guard parts.count == count, parts.allSatisfy({ $0 >= 0 && $0 <= shape[axis] }), parts.reduce(0, +) == shape[axis]
      else { throw .shape("parts \(parts) do not make up axis \(axis) of \(shape)") }
      return (axis, parts)
    }
    guard count > 0, try call.attributes.int("num_outputs", default: count) == count else {
      throw .invalid("it has \(count) outputs, not as many as it says")
    }
    // The last part is the smaller one.
    let size = (shape[axis] + count - 1) / count
    return (axis, (0..<count).map { max(0, min(size, shape[axis] - $0 * size)) })
  }
}
