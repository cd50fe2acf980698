/// A number that operators compute with in its own type; whole numbers wrap.
protocol NumberElement: TensorElement, Comparable {
  static func sum(_ a: Self, _ b: Self) -> Self
  static func product(_ a: Self, _ b: Self) -> Self
}

extension NumberElement where Self: FixedWidthInteger {
  @inline(__always) static func sum(_ a: Self, _ b: Self) -> Self { a &+ b }
  @inline(__always) static func product(_ a: Self, _ b: Self) -> Self { a &* b }
}

extension NumberElement where Self: BinaryFloatingPoint {
  @inline(__always) static func sum(_ a: Self, _ b: Self) -> Self { a + b }
  @inline(__always) static func product(_ a: Self, _ b: Self) -> Self { a * b }
}

extension Float: NumberElement {}
extension Double: NumberElement {}
extension Int8: NumberElement {}
extension Int16: NumberElement {}
extension Int32: NumberElement {}
extension Int64: NumberElement {}
extension UInt8: NumberElement {}
extension UInt16: NumberElement {}
extension UInt32: NumberElement {}
extension UInt64: NumberElement {}

/// A kernel over numbers of any one type.
protocol NumberKernel: Sendable {
  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError)
}

extension ElementType {
  /// `kernel` for elements of this type. Booleans are computed as whole numbers of eight bits, texts as their numbers,
  /// which are in the texts' order.
  func numberKernel(_ kernel: some NumberKernel, scratchBytes: Int = 0) throws(InferenceError) -> Kernel {
    func typed<T: NumberElement>(_: T.Type) -> Kernel {
      Kernel(scratchBytes: scratchBytes) { arguments throws(InferenceError) in try kernel.run(arguments, T.self) }
    }
    switch self {
    case .float32: return typed(Float.self)
    case .float64: return typed(Double.self)
    case .int8, .int4, .int2: return typed(Int8.self)
    case .int16: return typed(Int16.self)
    case .int32: return typed(Int32.self)
    case .int64, .string: return typed(Int64.self)
    case .uint8, .bool, .uint4, .uint2: return typed(UInt8.self)
    case .uint16: return typed(UInt16.self)
    case .uint32: return typed(UInt32.self)
    case .uint64: return typed(UInt64.self)
    default: throw .unsupported("computing in \(self)")
    }
  }
}
