/// Conversions between element types, never a trap. Real numbers become whole ones towards zero, kept within the range
/// of the result, or where that has fewer than eight bits, with their lowest bits; whole numbers keep their lowest bits; real numbers round to nearest even.
struct Cast: Sendable {
  /// How what lies beyond the eight-bit floating-point types is treated: made the largest number, where set.
  var saturate = true
  /// How `float8e8m0` chooses a power of two.
  var rounding = PowerFloat.Rounding.up

  /// All but texts.
  static let types = Set(ElementType.allCases).subtracting([.string])

  /// The type of this number in the format.
  static func type(_ number: Int) throws(InferenceError) -> ElementType {
    guard let short = Int32(exactly: number) else { throw .invalid("element type number \(number)") }
    return try ONNXTensorDecoder.elementType(short)
  }

  /// From `source` to `target`, neither of them texts.
  func kernel(from source: ElementType, to target: ElementType) throws(InferenceError) -> Kernel {
    if source == target { return Kernel { $0.output.copy(from: $0.input(0)) } }
    switch source {
    case .string: throw .dependsOnData("a cast of texts")
    case .float32: return try reals(Float.self, to: target) { Double($0) }
    case .float64: return try reals(Double.self, to: target) { $0 }
    case .float16:
      if target == .float32 { return Self.map(UInt16.self, Float.self) { HalfFloat.decode($0) } }
      return try reals(UInt16.self, to: target) { Double(HalfFloat.decode($0)) }
    case .bfloat16:
      if target == .float32 { return Self.map(UInt16.self, Float.self) { BFloat.decode($0) } }
      return try reals(UInt16.self, to: target) { Double(BFloat.decode($0)) }
    case .float8e8m0: return try reals(UInt8.self, to: target) { Double(PowerFloat.decode($0)) }
    case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float4e2m1:
      guard let format = MiniFloat(source) else { throw .unsupported("a cast from \(source)") }
      return try reals(UInt8.self, to: target) { Double(format.decode($0)) }
    case .int8, .int4, .int2: return try integers(Int8.self, to: target)
    case .int16: return try integers(Int16.self, to: target)
    case .int32: return try integers(Int32.self, to: target)
    case .int64: return try integers(Int64.self, to: target)
    case .uint16: return try integers(UInt16.self, to: target)
    case .uint32: return try integers(UInt32.self, to: target)
    case .uint64: return try integers(UInt64.self, to: target)
    case .uint8, .uint4, .uint2, .bool: return try integers(UInt8.self, to: target)
    }
  }

  /// From real numbers, through double precision.
  private func reals<T: TensorElement>(
    _: T.Type, to target: ElementType, _ real: @escaping @Sendable (T) -> Double
  ) throws(InferenceError) -> Kernel {
    switch target {
    case .string: throw .dependsOnData("a cast to texts")
    case .float32: return Self.map(T.self, Float.self) { Float(real($0)) }
    case .float64: return Self.map(T.self, Double.self) { real($0) }
    case .float16:
      if T.self == Float.self { return Self.map(Float.self, UInt16.self) { HalfFloat.encode($0) } }
      return Self.map(T.self, UInt16.self) { HalfFloat.encode(Float(roundingToOdd: real($0))) }
    case .bfloat16:
      if T.self == Float.self { return Self.map(Float.self, UInt16.self) { BFloat.encode($0) } }
      return Self.map(T.self, UInt16.self) { BFloat.encode(Float(roundingToOdd: real($0))) }
    case .bool: return Self.map(T.self, UInt8.self) { real($0) != 0 ? 1 : 0 }
    case .int8: return Self.map(T.self, Int8.self) { Self.whole(real($0)) }
    case .int16: return Self.map(T.self, Int16.self) { Self.whole(real($0)) }
    case .int32: return Self.map(T.self, Int32.self) { Self.whole(real($0)) }
    case .int64: return Self.map(T.self, Int64.self) { Self.whole(real($0)) }
    case .uint8: return Self.map(T.self, UInt8.self) { Self.whole(real($0)) }
    case .uint16: return Self.map(T.self, UInt16.self) { Self.whole(real($0)) }
    case .uint32: return Self.map(T.self, UInt32.self) { Self.whole(real($0)) }
    case .uint64: return Self.map(T.self, UInt64.self) { Self.whole(real($0)) }
    case .int4: return Self.map(T.self, Int8.self) { Self.lowest(4, real($0)) }
    case .int2: return Self.map(T.self, Int8.self) { Self.lowest(2, real($0)) }
    case .uint4: return Self.map(T.self, UInt8.self) { UInt8(bitPattern: Self.lowest(4, real($0))) & 15 }
    case .uint2: return Self.map(T.self, UInt8.self) { UInt8(bitPattern: Self.lowest(2, real($0))) & 3 }
    case .float8e8m0:
      let (saturate, rounding) = (saturate, rounding)
      return Self.map(T.self, UInt8.self) {
        PowerFloat.encode(Float(roundingToOdd: real($0)), saturate: saturate, rounding)
      }
    case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float4e2m1:
      guard let format = MiniFloat(target) else { throw .unsupported("a cast to \(target)") }
      let saturate = saturate
      return Self.map(T.self, UInt8.self) { format.encode(Float(roundingToOdd: real($0)), saturate: saturate) }
    }
  }

  /// From whole numbers.
  private func integers<T: TensorElement & FixedWidthInteger>(
    _: T.Type, to target: ElementType
  ) throws(InferenceError) -> Kernel {
    switch target {
    case .float32: Self.map(T.self, Float.self) { Float($0) }
    case .bool: Self.map(T.self, UInt8.self) { $0 != 0 ? 1 : 0 }
    case .int8: Self.map(T.self, Int8.self) { Int8(truncatingIfNeeded: $0) }
    case .int16: Self.map(T.self, Int16.self) { Int16(truncatingIfNeeded: $0) }
    case .int32: Self.map(T.self, Int32.self) { Int32(truncatingIfNeeded: $0) }
    case .int64: Self.map(T.self, Int64.self) { Int64(truncatingIfNeeded: $0) }
    case .uint8: Self.map(T.self, UInt8.self) { UInt8(truncatingIfNeeded: $0) }
    case .uint16: Self.map(T.self, UInt16.self) { UInt16(truncatingIfNeeded: $0) }
    case .uint32: Self.map(T.self, UInt32.self) { UInt32(truncatingIfNeeded: $0) }
    case .uint64: Self.map(T.self, UInt64.self) { UInt64(truncatingIfNeeded: $0) }
    case .int4: Self.map(T.self, Int8.self) { (Int8(truncatingIfNeeded: $0) << 4) >> 4 }
    case .int2: Self.map(T.self, Int8.self) { (Int8(truncatingIfNeeded: $0) << 6) >> 6 }
    case .uint4: Self.map(T.self, UInt8.self) { UInt8(truncatingIfNeeded: $0) & 15 }
    case .uint2: Self.map(T.self, UInt8.self) { UInt8(truncatingIfNeeded: $0) & 3 }
    default: try reals(T.self, to: target) { Double($0) }
    }
  }

  static func whole<T: FixedWidthInteger>(_ value: Double) -> T {
    guard !value.isNaN else { return 0 }
    if value >= Double(T.max) { return T.max }
    if value <= Double(T.min) { return T.min }
    return T(value)
  }

  /// The lowest `bits` of the whole part, as a signed number.
  private static func lowest(_ bits: Int8, _ value: Double) -> Int8 {
    let number: Int64 = whole(value)
    return (Int8(truncatingIfNeeded: number) << (8 - bits)) >> (8 - bits)
  }

  private static func map<T: TensorElement, U: TensorElement>(
    _: T.Type, _: U.Type, _ function: @escaping @Sendable (T) -> U
  ) -> Kernel {
    Kernel { arguments in
      let x = Elements(arguments.input(0), as: T.self)
      let y = Elements(arguments.output, as: U.self)
      for i in 0..<x.count { y[i] = function(x[i]) }
    }
  }
}
