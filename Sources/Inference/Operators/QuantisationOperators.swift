/// Conversions between real numbers and whole ones with a scale and zero point.
extension OperatorRegistry {
  static let quantisation: [OperatorDefinition] =
    integerProducts + [
      OperatorDefinition(
        .quantizeLinear, acceptsHalf: true,
        infer: { call throws(InferenceError) in
          _ = try call.elementType(0, oneOf: [.float32, .float16, .bfloat16, .int32])
          _ = try QuantisationAxis(call)
          return [TensorType(elementType: try storedType(call), shape: try call.input(0).shape)]
        }
      ) { call, outputs throws(InferenceError) in
        let axis = try QuantisationAxis(call)
        let precision = try precision(call)
        let source = RealSource(try call.input(0).elementType, scale: try call.input(1).elementType)
        switch outputs[0].elementType {
        case .int8: return quantise(Int8.self, axis, source, precision)
        case .uint8: return quantise(UInt8.self, axis, source, precision)
        case .int16: return quantise(Int16.self, axis, source, precision)
        case .uint16: return quantise(UInt16.self, axis, source, precision)
        case .int4: return quantise(Int8.self, axis, source, precision, -8, 7)
        case .uint4: return quantise(UInt8.self, axis, source, precision, 0, 15)
        case .int2: return quantise(Int8.self, axis, source, precision, -2, 1)
        case .uint2: return quantise(UInt8.self, axis, source, precision, 0, 3)
        default:
          guard let format = MiniFloat(outputs[0].elementType) else {
            throw .unsupported("quantisation to \(outputs[0].elementType)")
          }
          let saturate = try call.attributes.int("saturate", default: 1) != 0
          return quantise(format, axis, source, precision, saturate: saturate)
        }
      },
      OperatorDefinition(
        .dequantizeLinear, acceptsHalf: true,
        infer: { call throws(InferenceError) in
          let x = try call.input(0)
          guard storedTypes.contains(x.elementType) || x.elementType == .int32 else {
            throw .unsupported("dequantisation of \(x.elementType)")
          }
          if call.has(2), try call.input(2).elementType != x.elementType {
            throw .invalid("its zero point has another type")
          }
          _ = try QuantisationAxis(call)
          let number = try call.attributes.int("output_dtype", default: 0)
          let type = number == 0 ? try call.input(1).elementType : try Cast.type(number)
          guard [.float32, .float16, .bfloat16].contains(type) else { throw .unsupported("dequantisation to \(type)") }
          return [TensorType(elementType: type, shape: x.shape)]
        }
      ) { call, outputs throws(InferenceError) in
        let axis = try QuantisationAxis(call)
        let (scale, target) = (try call.input(1).elementType, outputs[0].elementType)
        let type = try call.input(0).elementType
        switch type {
        case .int8, .int4, .int2: return dequantise(Int8.self, axis, scale, target)
        case .uint8, .uint4, .uint2: return dequantise(UInt8.self, axis, scale, target)
        case .int16: return dequantise(Int16.self, axis, scale, target)
        case .uint16: return dequantise(UInt16.self, axis, scale, target)
        case .int32: return dequantise(Int32.self, axis, scale, target)
        default:
          guard let format = MiniFloat(type) else { throw .unsupported("dequantisation of \(type)") }
          return dequantise(format, axis, scale, target)
        }
      },
      OperatorDefinition(
        "DynamicQuantizeLinear",
        infer: { call throws(InferenceError) in
          _ = try call.elementType(0, oneOf: [.float32])
          return [
            TensorType(elementType: .uint8, shape: try call.input(0).shape),
            TensorType(elementType: .float32, shape: .scalar), TensorType(elementType: .uint8, shape: .scalar),
          ]
        }
      ) { _, _ in
        Kernel { arguments in
          let (x, y) = (Elements<Float>(arguments.input(0)), Elements<UInt8>(arguments.outputs[0]))
          var (low, high): (Float, Float) = (0, 0)
          for i in 0..<x.count { (low, high) = (min(low, x[i]), max(high, x[i])) }
          let scale = (high == low ? 1 : high - low) / 255
          let zeroPoint = UInt8(max(0, min(255, (-low / scale).rounded(.toNearestOrEven))))
          Elements<Float>(arguments.outputs[1])[0] = scale
          Elements<UInt8>(arguments.outputs[2])[0] = zeroPoint
          for i in 0..<x.count { y[i] = quantised(x[i], scale, zeroPoint) }
        }
      },
    ]

  private static let storedTypes: Set<ElementType> = [
    .int8, .uint8, .int16, .uint16, .int4, .uint4, .int2, .uint2, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2,
    .float8e5m2fnuz, .float4e2m1,
  ]

  /// The type that a `QuantizeLinear` stores: its zero point's, else the one it names, else `uint8`.
  private static func storedType(_ call: OperatorCall) throws(InferenceError) -> ElementType {
    let number = try call.attributes.int("output_dtype", default: 0)
    let named = number == 0 ? nil : try Cast.type(number)
    let type = call.has(2) ? try call.input(2).elementType : named ?? .uint8
    guard storedTypes.contains(type) else { throw .unsupported("quantisation to \(type)") }
    guard named == nil || named == type else { throw .invalid("its zero point has another type than it names") }
    return type
  }

  /// The type in which a `QuantizeLinear` divides.
  private static func precision(_ call: OperatorCall) throws(InferenceError) -> ElementType {
    let number = try call.attributes.int("precision", default: 0)
    let type = number == 0 ? try call.input(1).elementType : try Cast.type(number)
    guard [.float32, .float16, .bfloat16].contains(type) else { throw .unsupported("a division in \(type)") }
    return type
  }

  private static func quantise<T: TensorElement & FixedWidthInteger>(
    _: T.Type, _ axis: QuantisationAxis, _ source: RealSource, _ precision: ElementType, _ low: T = .min,
    _ high: T = .max
  ) -> Kernel {
    guard source.isSingle, precision == .float32 else {
      return Kernel { arguments in
        let y = Elements<T>(arguments.output)
        let zeros = arguments.optional(2).map { Elements<T>($0) }
        source.forEachQuotient(arguments, axis, precision) { index, scale, quotient in
          let zero = zeros.map { $0[scale] } ?? 0
          y[index] = max(low, min(high, level(quotient, zero)))
        }
      }
    }
    return Kernel { arguments in
      let (x, y) = (Elements<Float>(arguments.input(0)), Elements<T>(arguments.output))
      let scales = Elements<Float>(arguments.input(1))
      let zeros = arguments.optional(2).map { Elements<T>($0) }
      axis.forEachRun { run in
        for i in 0..<run.count {
          let channel = run.scale + i * run.step
          let value = quantised(x[run.start + i], scales[channel], zeros.map { $0[channel] } ?? 0)
          y[run.start + i] = max(low, min(high, value))
        }
      }
    }
  }

  private static func quantise(
    _ format: MiniFloat, _ axis: QuantisationAxis, _ source: RealSource, _ precision: ElementType, saturate: Bool
  ) -> Kernel {
    Kernel { arguments in
      let y = Elements<UInt8>(arguments.output)
      let zeros = arguments.optional(2).map { Elements<UInt8>($0) }
      source.forEachQuotient(arguments, axis, precision) { index, scale, quotient in
        let zero = zeros.map { format.decode($0[scale]) } ?? 0
        y[index] = format.encode(quotient + zero, saturate: saturate)
      }
    }
  }

  /// `value / scale`, rounded to the nearest whole number, ties to even, plus the zero point, kept within `T`.
  static func quantised<T: FixedWidthInteger>(_ value: Float, _ scale: Float, _ zeroPoint: T) -> T {
    level(value / scale, zeroPoint)
  }

  private static func level<T: FixedWidthInteger>(_ quotient: Float, _ zeroPoint: T) -> T {
    let level = quotient.rounded(.toNearestOrEven) + Float(zeroPoint)
    guard !level.isNaN else { return zeroPoint }
    return T(max(Float(T.min), min(Float(T.max), level)))
  }

  private static func dequantise<T: TensorElement & FixedWidthInteger>(
    _: T.Type, _ axis: QuantisationAxis, _ scale: ElementType, _ target: ElementType
  ) -> Kernel {
    guard scale == .float32, target == .float32 else {
      return Kernel { arguments in
        let (x, y) = (Elements<T>(arguments.input(0)), NumberElements(arguments.output))
        let scales = NumberElements(arguments.input(1))
        let zeros = arguments.optional(2).map { Elements<T>($0) }
        axis.forEachRun { run in
          for i in 0..<run.count {
            let channel = run.scale + i * run.step
            let level = Int64(x[run.start + i]) - (zeros.map { Int64($0[channel]) } ?? 0)
            y[run.start + i] = Double(Float(level) * Float(scales[channel]))
          }
        }
      }
    }
    return Kernel { arguments in
      let (x, y) = (Elements<T>(arguments.input(0)), Elements<Float>(arguments.output))
      let scales = Elements<Float>(arguments.input(1))
      let zeros = arguments.optional(2).map { Elements<T>($0) }
      axis.forEachRun { run in
        for i in 0..<run.count {
          let channel = run.scale + i * run.step
          y[run.start + i] = Float(Int64(x[run.start + i]) - (zeros.map { Int64($0[channel]) } ?? 0)) * scales[channel]
        }
      }
    }
  }

  private static func dequantise(
    _ format: MiniFloat, _ axis: QuantisationAxis, _ scale: ElementType, _ target: ElementType
  ) -> Kernel {
    Kernel { arguments in
      let (x, y) = (Elements<UInt8>(arguments.input(0)), NumberElements(arguments.output))
      let scales = NumberElements(arguments.input(1))
      axis.forEachRun { run in
        for i in 0..<run.count {
          let scale = Float(scales[run.scale + i * run.step])
          y[run.start + i] = Double(format.decode(x[run.start + i]) * scale)
        }
      }
    }
  }
}

/// The real operand of a `QuantizeLinear`, divided by its scales in a stated precision.
private struct RealSource: Sendable {
  /// Whether operand and scales are `float32`.
  let isSingle: Bool

  init(_ type: ElementType, scale: ElementType) { isSingle = type == .float32 && scale == .float32 }

  /// Calls `body` with each element's place, the number of its scale, and the quotient.
  @inline(__always)
  func forEachQuotient(
    _ arguments: KernelArguments, _ axis: QuantisationAxis, _ precision: ElementType, _ body: (Int, Int, Float) -> Void
  ) {
    let (x, scales) = (NumberElements(arguments.input(0)), NumberElements(arguments.input(1)))
    func rounded(_ value: Float) -> Float {
      switch precision {
      case .float16: HalfFloat.decode(HalfFloat.encode(value))
      case .bfloat16: BFloat.decode(BFloat.encode(value))
      default: value
      }
    }
    axis.forEachRun { run in
      for i in 0..<run.count {
        let scale = run.scale + i * run.step
        let quotient = rounded(rounded(Float(x[run.start + i])) / rounded(Float(scales[scale])))
        body(run.start + i, scale, quotient)
      }
    }
  }
}
