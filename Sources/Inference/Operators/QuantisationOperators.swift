/// Conversions between real numbers and whole ones with a scale and zero point.
extension OperatorRegistry {
  static let quantisation: [OperatorDefinition] = [
    OperatorDefinition(
      .quantizeLinear,
      infer: { call throws(InferenceError) in
        _ = try call.elementType(0, oneOf: [.float32])
        let type = call.has(2) ? try call.elementType(2, oneOf: [.int8, .uint8]) : .uint8
        _ = try quantisedAxis(call)
        return [TensorType(elementType: type, shape: try call.input(0).shape)]
      }
    ) { call, outputs throws(InferenceError) in
      let (channels, inner) = try quantisedAxis(call)
      if outputs[0].elementType == .int8 { return quantise(Int8.self, channels, inner) }
      return quantise(UInt8.self, channels, inner)
    },
    OperatorDefinition(
      .dequantizeLinear,
      infer: { call throws(InferenceError) in
        let type = try call.elementType(0, oneOf: [.int8, .uint8, .int32])
        if call.has(2), try call.input(2).elementType != type { throw .invalid("its zero point has another type") }
        _ = try quantisedAxis(call)
        return [TensorType(elementType: .float32, shape: try call.input(0).shape)]
      }
    ) { call, _ throws(InferenceError) in
      let (channels, inner) = try quantisedAxis(call)
      switch try call.input(0).elementType {
      case .int8: return dequantise(Int8.self, channels, inner)
      case .uint8: return dequantise(UInt8.self, channels, inner)
      default: return dequantise(Int32.self, channels, inner)
      }
    },
  ]

  /// How many scales there are, and how many neighbouring elements share one.
  private static func quantisedAxis(_ call: OperatorCall) throws(InferenceError) -> (channels: Int, inner: Int) {
    let (x, scale) = (try call.input(0).shape, try call.input(1))
    _ = try call.elementType(1, oneOf: [.float32])
    guard try call.attributes.int("block_size", default: 0) == 0 else { throw .unsupported("scales of blocks") }
    if call.has(2), try call.input(2).shape.elementCount != scale.shape.elementCount {
      throw .shape("scales of shape \(scale.shape) and zero points of shape \(try call.input(2).shape)")
    }
    if scale.shape.elementCount == 1 { return (1, max(1, x.elementCount)) }
    let axis = try call.axis(call.attributes.int("axis", default: 1), rank: x.rank)
    guard scale.shape.rank == 1, scale.shape[0] == x[axis] else {
      throw .shape("scales of shape \(scale.shape) do not fit axis \(axis) of \(x)")
    }
    return (x[axis], x.product((axis + 1)..<x.rank))
  }

  private static func quantise<T: TensorElement & FixedWidthInteger>(_: T.Type, _ channels: Int, _ inner: Int) -> Kernel
  {
    Kernel { arguments in
      let (x, y) = (Elements<Float>(arguments.input(0)), Elements<T>(arguments.output))
      let scales = Elements<Float>(arguments.input(1))
      let zeros = arguments.optional(2).map { Elements<T>($0) }
      for i in 0..<x.count {
        let channel = i / inner % channels
        y[i] = quantised(x[i], scales[channel], zeros.map { $0[channel] } ?? 0)
      }
    }
  }

  /// `value / scale`, rounded to the nearest whole number, ties to even, plus the zero point, kept within `T`.
  static func quantised<T: FixedWidthInteger>(_ value: Float, _ scale: Float, _ zeroPoint: T) -> T {
    let level = (value / scale).rounded(.toNearestOrEven) + Float(zeroPoint)
    guard !level.isNaN else { return zeroPoint }
    return T(max(Float(T.min), min(Float(T.max), level)))
  }

  private static func dequantise<T: TensorElement & FixedWidthInteger>(
    _: T.Type, _ channels: Int, _ inner: Int
  ) -> Kernel {
    Kernel { arguments in
      let (x, y) = (Elements<T>(arguments.input(0)), Elements<Float>(arguments.output))
      let scales = Elements<Float>(arguments.input(1))
      let zeros = arguments.optional(2).map { Elements<T>($0) }
      for i in 0..<x.count {
        let channel = i / inner % channels
        y[i] = Float(Int64(x[i]) - (zeros.map { Int64($0[channel]) } ?? 0)) * scales[channel]
      }
    }
  }
}
