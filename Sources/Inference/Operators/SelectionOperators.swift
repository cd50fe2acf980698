/// Operators that pick elements by index.
extension OperatorRegistry {
  static let selection: [OperatorDefinition] = [
    OperatorDefinition(
      "Gather",
      infer: { call throws(InferenceError) in
        let (x, indices) = (try call.input(0), try call.input(1))
        _ = try call.elementType(1, oneOf: [.int32, .int64])
        let axis = try call.axis(call.attributes.int("axis", default: 0), rank: x.shape.rank)
        let dimensions = x.shape.dimensions
        return [
          try call.type(x.elementType, dimensions[..<axis] + indices.shape.dimensions + dimensions[(axis + 1)...])
        ]
      }
    ) { call, outputs throws(InferenceError) in
      let shape = try call.input(0).shape
      let axis = try call.axis(call.attributes.int("axis", default: 0), rank: shape.rank)
      let outer = shape.product(0..<axis)
      let (size, row) = (shape[axis], shape.product((axis + 1)..<shape.rank))
      let wide = try call.input(1).elementType == .int64
      let bytes = row * outputs[0].elementType.byteCount
      return Kernel { arguments throws(InferenceError) in
        let count = arguments.input(1).count
        for i in 0..<count {
          let raw = wide ? Int(Elements<Int64>(arguments.input(1))[i]) : Int(Elements<Int32>(arguments.input(1))[i])
          let index = raw < 0 ? raw &+ size : raw
          guard index >= 0, index < size else { throw .shape("index \(raw) is outside an axis of size \(size)") }
          for o in 0..<outer {
            unsafe (arguments.output.pointer + (o * count + i) * bytes).copyMemory(
              from: arguments.input(0).pointer + (o * size + index) * bytes, byteCount: bytes)
          }
        }
      }
    },
    OperatorDefinition(
      "Split",
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
    guard count > 0 else { throw .invalid("it has no outputs") }
    let size = (shape[axis] + count - 1) / count
    return (axis, (0..<count).map { max(0, min(size, shape[axis] - $0 * size)) })
  }
}
