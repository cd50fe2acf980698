/// Pooling over the axes behind `[batch, channels]`.
extension OperatorRegistry {
  static let pooling: [OperatorDefinition] = [
    OperatorDefinition(
      .maxPool,
      infer: { call throws(InferenceError) in
        _ = try call.elementType(0, oneOf: [.float32, .float64, .int8, .uint8])
        let type = try pooled(call)
        return call.wanted([type, try call.type(.int64, type.shape.dimensions)])
      }
    ) { call, outputs throws(InferenceError) in
      let columns = try call.attributes.int("storage_order", default: 0)
      guard columns == 0 || columns == 1 else { throw .invalid("storage_order is \(columns)") }
      let pool = Pooling(try pooling(call))
      let places = outputs.count > 1
      switch outputs[0].elementType {
      case .int8: return Kernel { pool.maximum($0, Int8.min, places: places, columns: columns == 1) }
      case .uint8: return Kernel { pool.maximum($0, UInt8.min, places: places, columns: columns == 1) }
      case .float64: return Kernel { pool.maximum($0, -Double.infinity, places: places, columns: columns == 1) }
      default: return Kernel { pool.maximum($0, -Float.infinity, places: places, columns: columns == 1) }
      }
    },
    OperatorDefinition(.averagePool, infer: pooledReal) { call, outputs throws(InferenceError) in
      let counting = try call.attributes.int("count_include_pad", default: 0) != 0
      return AveragePooling(pool: Pooling(try pooling(call)), countingPadding: counting).kernel(outputs[0].elementType)
    },
    OperatorDefinition("LpPool", infer: pooledReal) { call, outputs throws(InferenceError) in
      let power = try norm(call)
      return NormPooling(pool: Pooling(try pooling(call)), power: power).kernel(outputs[0].elementType)
    },
    global(.globalAveragePool) { _ in .mean },
    global("GlobalMaxPool") { _ in .maximum },
    global("GlobalLpPool") { call throws(InferenceError) in .norm(try norm(call)) },
    OperatorDefinition("MaxUnpool", infer: { call throws(InferenceError) in [try unpooled(call).type] }) {
      call, outputs throws(InferenceError) in
      let (inner, type) = try unpooled(call)
      return ByteSize(of: type.elementType).kernel(Unpooling(inner: inner, outer: type.shape.dimensions))
    },
  ]

  /// The geometry of a pooling.
  static func pooling(_ call: OperatorCall) throws(InferenceError) -> WindowGeometry {
    guard let kernel = try call.attributes.ints("kernel_shape") else { throw .invalid("kernel_shape is missing") }
    let geometry = try WindowGeometry(call, kernel: kernel)
    let work = (geometry.kernel + geometry.output).reduce(1.0) { $0 * Double($1) }
    guard work < 0x1p36, geometry.output.allSatisfy({ $0 < 1 << 24 }) else {
      throw .limit("a pooling of windows of \(kernel) over \(geometry.output) places")
    }
    return geometry
  }

  private static func pooled(_ call: OperatorCall) throws(InferenceError) -> TensorType {
    let x = try call.input(0)
    return try call.type(x.elementType, Array(x.shape.dimensions.prefix(2)) + pooling(call).output)
  }

  @Sendable private static func pooledReal(_ call: OperatorCall) throws(InferenceError) -> [TensorType] {
    _ = try call.elementType(0, oneOf: ElementType.reals)
    return [try pooled(call)]
  }

  private static func norm(_ call: OperatorCall) throws(InferenceError) -> Double {
    let power: Double
    if case .float(let value) = call.attributes["p"] {
      power = Double(value)
    } else {
      power = Double(try call.attributes.int("p", default: 2))
    }
    guard power > 0, power.isFinite else { throw .invalid("p is \(power)") }
    return power
  }

  private static func global(
    _ kind: OperatorKind, _ rule: @escaping @Sendable (OperatorCall) throws(InferenceError) -> GlobalPooling.Rule
  ) -> OperatorDefinition {
    OperatorDefinition(
      kind,
      infer: { call throws(InferenceError) in
        _ = try call.elementType(0, oneOf: ElementType.reals)
        let (shape, type) = (try call.input(0).shape, try call.input(0).elementType)
        guard shape.rank >= 2, shape.elementCount > 0 else {
          throw .shape("a tensor of shape \(shape) has nothing to pool")
        }
        return [try call.type(type, shape.dimensions.enumerated().map { $0.offset < 2 ? $0.element : 1 })]
      }
    ) { call, outputs throws(InferenceError) in
      GlobalPooling(rule: try rule(call)).kernel(outputs[0].elementType)
    }
  }

  /// The dimensions that the indices of a `MaxUnpool` count in, and the type of its result, which may be larger.
  private static func unpooled(_ call: OperatorCall) throws(InferenceError) -> (inner: [Int], type: TensorType) {
    let x = try call.input(0)
    _ = try call.elementType(1, oneOf: [.int64])
    guard x.shape.rank >= 3, try call.input(1).shape == x.shape else {
      throw .shape("indices of shape \(try call.input(1).shape) do not fit \(x.shape)")
    }
    guard let kernel = try call.attributes.ints("kernel_shape") else { throw .invalid("kernel_shape is missing") }
    let rank = x.shape.rank - 2
    let strides = try call.attributes.ints("strides") ?? [Int](repeating: 1, count: rank)
    let pads = try call.attributes.ints("pads") ?? [Int](repeating: 0, count: 2 * rank)
    guard kernel.count == rank, strides.count == rank, pads.count == 2 * rank,
      (kernel + strides + pads).allSatisfy({ $0 >= 0 && $0 < 1 << 20 })
    else { throw .invalid("kernel_shape, strides and pads do not fit \(rank) axes") }
    var inner = Array(x.shape.dimensions.prefix(2))
    for axis in 0..<rank {
      inner.append((x.shape[axis + 2] - 1) * strides[axis] - pads[axis] - pads[rank + axis] + kernel[axis])
    }
    _ = try call.type(x.elementType, inner)
    let outer = try call.integers(2) ?? inner
    guard outer.count == inner.count, zip(outer, inner).allSatisfy(>=) else {
      throw .shape("output_shape \(outer) is smaller than \(inner)")
    }
    return (inner, try call.type(x.elementType, outer))
  }
}

/// Moves each element to where its index says, in a result that is zero elsewhere.
private struct Unpooling: SizedKernel {
  let inner: [Int]
  let outer: [Int]

  func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
    let (x, indices) = (Elements<T>(arguments.input(0)), Elements<Int64>(arguments.input(1)))
    let output = arguments.output
    let y = Elements<T>(output)
    unsafe output.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: output.byteCount)
    for i in 0..<x.count {
      var (rest, place, step) = (Int(indices[i]), 0, 1)
      for axis in inner.indices.reversed() {
        place += rest % max(1, inner[axis]) * step
        step *= outer[axis]
        rest /= max(1, inner[axis])
      }
      // An index outside the result has no place.
      if rest == 0, indices[i] >= 0 { y[place] = x[i] }
    }
  }
}
