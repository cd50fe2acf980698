/// Operators on shapes, and operators that only give elements another shape or type.
extension OperatorRegistry {
  static let shape: [OperatorDefinition] = [
    OperatorDefinition(
      "Shape", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        try [call.type(.int64, [shapeRange(call).count])]
      }
    ) { call, _ throws(InferenceError) in
      let dimensions = try call.input(0).shape.dimensions[shapeRange(call)].map(Int64.init)
      return Kernel { arguments in
        let y = Elements(arguments.output, as: Int64.self)
        for (i, dimension) in dimensions.enumerated() { y[i] = dimension }
      }
    },
    OperatorDefinition("Size", acceptsHalf: true, infer: { call throws(InferenceError) in try [call.type(.int64, [])] })
    {
      call, _ throws(InferenceError) in
      let count = Int64(try call.input(0).shape.elementCount)
      return Kernel { Elements($0.output, as: Int64.self)[0] = count }
    },
    view(.reshape) { call throws(InferenceError) in try reshaped(call) },
    view(.identity) { call throws(InferenceError) in try call.input(0).shape.dimensions },
    view(.flatten) { call throws(InferenceError) in
      let shape = try call.input(0).shape
      var axis = try call.attributes.int("axis", default: 1)
      if axis < 0 { axis += shape.rank }
      guard axis >= 0, axis <= shape.rank else {
        throw .invalid("axis \(axis) is outside a tensor of rank \(shape.rank)")
      }
      return [shape.product(0..<axis), shape.product(axis..<shape.rank)]
    },
    view(.squeeze) { call throws(InferenceError) in
      let shape = try call.input(0).shape
      guard let axes = try call.integers(1) else { return shape.dimensions.filter { $0 != 1 } }
      var dropped: Set<Int> = []
      for axis in axes { dropped.insert(try call.axis(axis, rank: shape.rank)) }
      for axis in dropped where shape[axis] != 1 { throw .shape("axis \(axis) of \(shape) is not of size 1") }
      return shape.dimensions.enumerated().filter { !dropped.contains($0.offset) }.map(\.element)
    },
    view(.unsqueeze) { call throws(InferenceError) in
      let shape = try call.input(0).shape
      guard let axes = try call.integers(1) else { throw .invalid("axes are missing") }
      let rank = shape.rank + axes.count
      var added: Set<Int> = []
      for axis in axes {
        guard added.insert(try call.axis(axis, rank: rank)).inserted else {
          throw .invalid("axis \(axis) is given twice")
        }
      }
      var rest = shape.dimensions[...]
      return (0..<rank).map { added.contains($0) ? 1 : rest.removeFirst() }
    },
    OperatorDefinition(
      "ConstantOfShape", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        guard let dimensions = try call.integers(0) else { throw .invalid("input 0 is missing") }
        return [try call.type(call.attributes.tensor("value")?.elementType ?? .float32, dimensions)]
      }
    ) { call, outputs throws(InferenceError) in
      let value = try call.attributes.tensor("value")
      if let value, value.shape.elementCount != 1 { throw .invalid("its value is not one element") }
      return ByteSize(of: outputs[0].elementType).kernel(FillKernel(value: value))
    },
  ]

  private struct FillKernel: SizedKernel {
    let value: Tensor?

    func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
      if let value {
        Elements<T>(arguments.output).fill(Elements<T>(value.host)[0])
      } else {
        Elements<Float>(arguments.output).fill(0)
      }
    }
  }

  private static func shapeRange(_ call: OperatorCall) throws(InferenceError) -> Range<Int> {
    let rank = try call.input(0).shape.rank
    func bound(_ value: Int) -> Int { min(rank, max(0, value < 0 ? value + rank : value)) }
    let start = bound(try call.attributes.int("start", default: 0))
    return start..<max(start, bound(try call.attributes.int("end", default: rank)))
  }

  private static func reshaped(_ call: OperatorCall) throws(InferenceError) -> [Int] {
    let shape = try call.input(0).shape
    guard var dimensions = try call.integers(1) else { throw .invalid("the shape is missing") }
    if try call.attributes.int("allowzero", default: 0) == 0 {
      for axis in dimensions.indices where dimensions[axis] == 0 {
        guard axis < shape.rank else { throw .shape("dimension \(axis) is to be copied from \(shape)") }
        dimensions[axis] = shape[axis]
      }
    }
    if let open = dimensions.firstIndex(of: -1) {
      dimensions[open] = 1
      guard let rest = TensorShape(dimensions), rest.elementCount > 0, shape.elementCount % rest.elementCount == 0
      else {
        throw .shape("\(shape) does not fit \(dimensions) with dimension \(open) open")
      }
      dimensions[open] = shape.elementCount / rest.elementCount
    }
    guard let result = TensorShape(dimensions), result.elementCount == shape.elementCount else {
      throw .shape("\(shape) does not have the elements of \(dimensions)")
    }
    return dimensions
  }

  private static func view(
    _ kind: OperatorKind, _ dimensions: @escaping @Sendable (OperatorCall) throws(InferenceError) -> [Int]
  ) -> OperatorDefinition {
    OperatorDefinition(
      kind, acceptsHalf: true,
      infer: { call throws(InferenceError) in try [call.type(call.input(0).elementType, dimensions(call))] }
    ) { _, _ in
      Kernel { $0.output.copy(from: $0.input(0)) }
    }
  }
}
