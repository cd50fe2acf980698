/// Conversions between element types: towards zero, kept within the range of the result, never a trap.
enum Cast {
  static let types: Set<ElementType> = [
    .float32, .float64, .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .bool,
  ]

  /// The types by their numbers in the format.
  static let numbered: [Int: ElementType] = [
    1: .float32, 2: .uint8, 3: .int8, 4: .uint16, 5: .int16, 6: .int32, 7: .int64, 9: .bool, 11: .float64, 12: .uint32,
  ]

  static func kernel(from source: ElementType, to target: ElementType) -> Kernel {
    if source == target { return Kernel { $0.output.copy(from: $0.input(0)) } }
    switch source {
    case .float32: return reading(Float.self, to: target) { Double($0) }
    case .float64: return reading(Double.self, to: target) { $0 }
    case .int8: return reading(Int8.self, to: target)
    case .int16: return reading(Int16.self, to: target)
    case .uint16: return reading(UInt16.self, to: target)
    case .int32: return reading(Int32.self, to: target)
    case .uint32: return reading(UInt32.self, to: target)
    case .int64: return reading(Int64.self, to: target)
    default: return reading(UInt8.self, to: target)
    }
  }

  /// From real numbers, through double precision.
  private static func reading<T: TensorElement>(
    _: T.Type, to target: ElementType, _ real: @escaping @Sendable (T) -> Double
  ) -> Kernel {
    switch target {
    case .float32: map(T.self, Float.self) { Float(real($0)) }
    case .float64: map(T.self, Double.self) { real($0) }
    case .bool: map(T.self, UInt8.self) { real($0) != 0 ? 1 : 0 }
    case .int8: map(T.self, Int8.self) { whole(real($0)) }
    case .int16: map(T.self, Int16.self) { whole(real($0)) }
    case .uint16: map(T.self, UInt16.self) { whole(real($0)) }
    case .int32: map(T.self, Int32.self) { whole(real($0)) }
    case .uint32: map(T.self, UInt32.self) { whole(real($0)) }
    case .int64: map(T.self, Int64.self) { whole(real($0)) }
    default: map(T.self, UInt8.self) { whole(real($0)) }
    }
  }

  /// From whole numbers.
  private static func reading<T: TensorElement & FixedWidthInteger>(_: T.Type, to target: ElementType) -> Kernel {
    switch target {
    case .float32: map(T.self, Float.self) { Float($0) }
    case .float64: map(T.self, Double.self) { Double($0) }
    case .bool: map(T.self, UInt8.self) { $0 != 0 ? 1 : 0 }
    case .int8: map(T.self, Int8.self) { Int8(truncatingIfNeeded: $0) }
    case .int16: map(T.self, Int16.self) { Int16(truncatingIfNeeded: $0) }
    case .uint16: map(T.self, UInt16.self) { UInt16(truncatingIfNeeded: $0) }
    case .int32: map(T.self, Int32.self) { Int32(truncatingIfNeeded: $0) }
    case .uint32: map(T.self, UInt32.self) { UInt32(truncatingIfNeeded: $0) }
    case .int64: map(T.self, Int64.self) { Int64(truncatingIfNeeded: $0) }
    default: map(T.self, UInt8.self) { UInt8(truncatingIfNeeded: $0) }
    }
  }

  static func whole<T: FixedWidthInteger>(_ value: Double) -> T {
    guard !value.isNaN else { return 0 }
    if value >= Double(T.max) { return T.max }
    if value <= Double(T.min) { return T.min }
    return T(value)
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
