/// A computation written once for every real element type.
protocol RealKernel: Sendable {
  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError)
}

/// A computation written once for every whole-number element type; a boolean is a `UInt8` of 0 or 1.
protocol WholeKernel: Sendable {
  func run<T: WholeElement>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError)
}

/// A computation written once for every element type that has arithmetic; a boolean is a `UInt8` of 0 or 1.
protocol NumberKernel: Sendable {
  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError)
}

extension Kernel {
  /// `kernel` for elements of `type`, which is `float32` or `float64`.
  init(_ kernel: some RealKernel, of type: ElementType, scratchBytes: Int = 0) throws(InferenceError) {
    switch type {
    case .float32:
      self.init(scratchBytes: scratchBytes) { (a) throws(InferenceError) in try kernel.run(a, Float.self) }
    case .float64:
      self.init(scratchBytes: scratchBytes) { (a) throws(InferenceError) in try kernel.run(a, Double.self) }
    default: throw .unsupported("elements of type \(type)")
    }
  }

  /// `kernel` for elements of `type`, a whole-number type or `bool`.
  init(_ kernel: some WholeKernel, of type: ElementType, scratchBytes: Int = 0) throws(InferenceError) {
    let bytes = scratchBytes
    switch type {
    case .int8: self.init(scratchBytes: bytes) { (a) throws(InferenceError) in try kernel.run(a, Int8.self) }
    case .int16: self.init(scratchBytes: bytes) { (a) throws(InferenceError) in try kernel.run(a, Int16.self) }
    case .int32: self.init(scratchBytes: bytes) { (a) throws(InferenceError) in try kernel.run(a, Int32.self) }
    case .int64: self.init(scratchBytes: bytes) { (a) throws(InferenceError) in try kernel.run(a, Int64.self) }
    case .uint8, .bool: self.init(scratchBytes: bytes) { (a) throws(InferenceError) in try kernel.run(a, UInt8.self) }
    case .uint16: self.init(scratchBytes: bytes) { (a) throws(InferenceError) in try kernel.run(a, UInt16.self) }
    case .uint32: self.init(scratchBytes: bytes) { (a) throws(InferenceError) in try kernel.run(a, UInt32.self) }
    case .uint64: self.init(scratchBytes: bytes) { (a) throws(InferenceError) in try kernel.run(a, UInt64.self) }
    default: throw .unsupported("elements of type \(type)")
    }
  }

  /// `kernel` for elements of `type`, a real or whole-number type or `bool`.
  init(_ kernel: some NumberKernel, of type: ElementType, scratchBytes: Int = 0) throws(InferenceError) {
    let bytes = scratchBytes
    switch type {
    case .float32: self.init(scratchBytes: bytes) { (a) throws(InferenceError) in try kernel.run(a, Float.self) }
    case .float64: self.init(scratchBytes: bytes) { (a) throws(InferenceError) in try kernel.run(a, Double.self) }
    default: try self.init(AsWholeKernel(kernel: kernel), of: type, scratchBytes: bytes)
    }
  }
}

/// A kernel of any number seen as one of whole numbers.
private struct AsWholeKernel<K: NumberKernel>: WholeKernel {
  let kernel: K

  func run<T: WholeElement>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError) {
    try kernel.run(arguments, T.self)
  }
}

extension ElementType {
  /// The types that kernels compute real numbers in.
  static let reals: Set<ElementType> = [.float32, .float64]
  /// Whole-number types.
  static let wholes: Set<ElementType> = [.int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64]
  /// All types with arithmetic.
  static let numbers = reals.union(wholes)
}

extension Elements {
  /// The address of `length` elements from `start` on.
  @unsafe @inline(__always) func run(_ start: Int, _ length: Int) -> UnsafeMutablePointer<T> {
    precondition(start >= 0 && length >= 0 && start <= count - length, "a kernel reads outside a tensor")
    return unsafe pointer + start
  }
}

extension OperatorCall {
  /// The element type that operands `indices` share, one of `types`.
  func commonType(_ indices: Range<Int>, oneOf types: Set<ElementType>) throws(InferenceError) -> ElementType {
    guard let first = indices.first else { throw .invalid("it has no operands") }
    let type = try elementType(first, oneOf: types)
    for index in indices {
      let other = try input(index).elementType
      guard other == type else { throw .invalid("its operands have different types, \(type) and \(other)") }
    }
    return type
  }

  /// The shapes of all operands.
  func shapes() throws(InferenceError) -> [TensorShape] {
    var shapes: [TensorShape] = []
    for index in inputs.indices { shapes.append(try input(index).shape) }
    return shapes
  }

  /// One result of the type of the first operand, which is real.
  func sameReal() throws(InferenceError) -> [TensorType] {
    _ = try elementType(0, oneOf: ElementType.reals)
    return [try input(0).type]
  }
}
