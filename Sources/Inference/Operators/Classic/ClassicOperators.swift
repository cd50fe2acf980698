/// Operators of the domain for classic machine learning, on numbers.
extension OperatorRegistry {
  static let classic: [OperatorDefinition] = [
    number("ai.onnx.ml:Binarizer") { a throws(InferenceError) in
      Threshold(threshold: try a.float("threshold", default: 0))
    },
    OperatorDefinition(
      "ai.onnx.ml:ArrayFeatureExtractor", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let x = try call.input(0)
        _ = try call.elementType(1, oneOf: [.int64])
        guard x.shape.rank > 0 else { throw .shape("a scalar has no features") }
        let count = try call.input(1).shape.elementCount
        let outer = x.shape.rank == 1 ? [1] : Array(x.shape.dimensions.dropLast())
        return [try call.type(x.elementType, outer + [count])]
      }
    ) { call, outputs throws(InferenceError) in
      let shape = try call.input(0).shape
      let (size, bytes) = (shape[shape.rank - 1], outputs[0].elementType.byteCount)
      return Kernel { arguments throws(InferenceError) in
        let indices = Elements<Int64>(arguments.input(1))
        let (x, y) = (arguments.input(0), arguments.output)
        guard indices.count > 0 else { return }
        for i in 0..<indices.count {
          let index = Int(indices[i])
          guard index >= 0, index < size else { throw .shape("feature \(index) is outside \(size) features") }
          for row in 0..<(y.count / indices.count) {
            unsafe (y.pointer + (row * indices.count + i) * bytes).copyMemory(
              from: x.pointer + (row * size + index) * bytes, byteCount: bytes)
          }
        }
      }
    },
    OperatorDefinition(
      "ai.onnx.ml:TreeEnsemble",
      infer: { call throws(InferenceError) in
        let type = try call.elementType(0, oneOf: ElementType.reals)
        let shape = try call.input(0).shape
        guard shape.rank == 2 else { throw .shape("\(shape) is not a table of features") }
        return [try call.type(type, [shape[0], TreeEnsemble(call.attributes, features: shape[1]).targets])]
      }
    ) { call, outputs throws(InferenceError) in
      let features = try call.input(0).shape[1]
      return try Kernel(
        TreeEnsembleKernel(ensemble: TreeEnsemble(call.attributes, features: features)), of: outputs[0].elementType)
    },
  ]
}

/// 1 above a threshold, else 0.
private struct Threshold: NumberFunction {
  let threshold: Float

  @inline(__always) func callAsFunction<T: NumberElement>(_ x: T) -> T { x.real > Double(threshold) ? .one : .zero }
}
