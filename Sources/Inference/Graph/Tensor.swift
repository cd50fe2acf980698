import Glibc

/// Host memory of a fixed size, aligned for every vector unit, freed with its last owner.
///
/// Zeroed when made. Written only before it is shared.
// SAFETY: Sendable because whoever makes one writes it before handing it on, and nobody writes it after.
@safe final class TensorStorage: @unchecked Sendable {
  let byteCount: Int
  private let base: UnsafeMutableRawPointer

  /// Alignment of every storage, and of every slot of an arena.
  static let alignment = 64

  /// Nil where the system has no memory of that size.
  init?(byteCount: Int) {
    guard byteCount >= 0, byteCount <= Int.max - Self.alignment else { return nil }
    let padded = (max(byteCount, 1) + Self.alignment - 1) / Self.alignment * Self.alignment
    var pointer: UnsafeMutableRawPointer?
    guard unsafe posix_memalign(&pointer, Self.alignment, padded) == 0, let pointer = unsafe pointer else { return nil }
    unsafe memset(pointer, 0, padded)
    self.byteCount = byteCount
    unsafe base = pointer
  }

  deinit { unsafe free(base) }

  /// The first byte; valid while this object lives.
  @unsafe var pointer: UnsafeMutableRawPointer { unsafe base }
}

/// A tensor in plain dense row-major host memory that no one changes. Copies share the memory.
public struct Tensor: Sendable {
  let type: TensorType
  let storage: TensorStorage
  /// The texts that the elements of a `string` tensor number: sorted, each once, the empty one first.
  var texts: [String] = []

  /// The dimensions, outermost first.
  public var shape: TensorShape { type.shape }
  /// The type of the elements.
  public var elementType: ElementType { type.elementType }

  /// A tensor of zeros; of empty texts, where it is one of strings.
  init(zeros type: TensorType) throws(InferenceError) {
    guard let storage = TensorStorage(byteCount: type.byteCount) else {
      throw .limit("a tensor of \(type.byteCount) bytes does not fit the memory")
    }
    self.type = type
    self.storage = storage
    if type.elementType == .string { texts = [""] }
  }

  /// A tensor over `storage`, which holds at least the bytes of `type`.
  init(type: TensorType, storage: TensorStorage, texts: [String] = []) {
    self.type = type
    self.storage = storage
    self.texts = texts
  }

  /// A tensor of `values` in row-major order.
  ///
  /// Nil where `shape` has another element count, or there is no memory.
  ///
  /// - Parameters:
  ///   - values: the elements.
  ///   - shape: the dimensions.
  public init?<T: TensorElement>(_ values: [T], shape: TensorShape) {
    guard values.count == shape.elementCount,
      let storage = TensorStorage(byteCount: values.count * MemoryLayout<T>.stride)
    else { return nil }
    type = TensorType(elementType: T.elementType, shape: shape)
    self.storage = storage
    unsafe storage.pointer.bindMemory(to: T.self, capacity: max(1, values.count))
      .update(from: values, count: values.count)
  }

  /// A tensor of `bytes` as they lie in memory: row-major, little-endian, types of less than a byte one byte an element.
  ///
  /// Nil where the bytes are not as many as the type and shape take, for texts, for booleans that are
  /// neither 0 nor 1, or where there is no memory.
  ///
  /// - Parameters:
  ///   - bytes: the elements.
  ///   - elementType: any type but `string`.
  ///   - shape: the dimensions.
  public init?(bytes: [UInt8], elementType: ElementType, shape: TensorShape) {
    let (size, overflow) = shape.elementCount.multipliedReportingOverflow(by: elementType.byteCount)
    guard !overflow, bytes.count == size, elementType != .string,
      elementType != .bool || bytes.allSatisfy({ $0 <= 1 }), let storage = TensorStorage(byteCount: bytes.count)
    else { return nil }
    type = TensorType(elementType: elementType, shape: shape)
    self.storage = storage
    unsafe storage.pointer.bindMemory(to: UInt8.self, capacity: max(1, bytes.count))
      .update(from: bytes, count: bytes.count)
  }

  /// The same elements seen in another shape of as many.
  func reshaped(_ shape: TensorShape) -> Tensor {
    Tensor(type: TensorType(elementType: elementType, shape: shape), storage: storage, texts: texts)
  }

  /// The same memory seen as another type of the same size.
  func viewed(as elementType: ElementType) -> Tensor {
    Tensor(type: TensorType(elementType: elementType, shape: shape), storage: storage)
  }

  /// A view that kernels read and, before the tensor is shared, write.
  var host: HostTensor { unsafe HostTensor(base: storage.pointer, type: type) }

  /// The elements in row-major order.
  ///
  /// - Returns: nothing where `T` does not have the size of the element type. `UInt8` reads every type of one byte,
  ///   `UInt16` the codes of `float16` and `bfloat16`.
  public func array<T: TensorElement>(of: T.Type) -> [T] {
    guard T.elementType.byteCount == elementType.byteCount else { return [] }
    return unsafe Array(
      UnsafeBufferPointer(
        start: storage.pointer.assumingMemoryBound(to: T.self), count: shape.elementCount))
  }

  /// The elements' memory, row-major, little-endian. Of texts, nothing.
  public var bytes: [UInt8] {
    guard elementType != .string else { return [] }
    return unsafe Array(
      UnsafeBufferPointer(start: storage.pointer.assumingMemoryBound(to: UInt8.self), count: type.byteCount))
  }

  /// The elements as whole numbers, where the type is a whole-number one and each fits.
  var integers: [Int]? {
    switch elementType {
    case .int64: array(of: Int64.self).map(Int.init)
    case .int32: array(of: Int32.self).map(Int.init)
    case .int16: array(of: Int16.self).map(Int.init)
    case .int8, .int4, .int2: array(of: Int8.self).map(Int.init)
    case .uint8, .bool, .uint4, .uint2: array(of: UInt8.self).map(Int.init)
    case .uint16: array(of: UInt16.self).map(Int.init)
    case .uint32: array(of: UInt32.self).map(Int.init)
    case .uint64: array(of: UInt64.self).map { Int(clamping: $0) }
    default: nil
    }
  }

  /// The elements as single-precision numbers, where the type is a floating-point one of sixteen bits or more.
  var floats: [Float]? {
    switch elementType {
    case .float32: array(of: Float.self)
    case .float64: array(of: Double.self).map { Float($0) }
    case .float16: array(of: UInt16.self).map { HalfFloat.decode($0) }
    case .bfloat16: array(of: UInt16.self).map { BFloat.decode($0) }
    default: nil
    }
  }
}

extension Tensor {
  /// The elements as double-precision numbers: codes of fewer bits by what they stand for, booleans as 0 and 1.
  /// Nothing for texts.
  public var doubles: [Double] {
    switch elementType {
    case .string: []
    case .float32: array(of: Float.self).map { Double($0) }
    case .float64: array(of: Double.self)
    case .float16: array(of: UInt16.self).map { Double(HalfFloat.decode($0)) }
    case .bfloat16: array(of: UInt16.self).map { Double(BFloat.decode($0)) }
    case .float8e8m0: array(of: UInt8.self).map { Double(PowerFloat.decode($0)) }
    case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float4e2m1:
      MiniFloat(elementType).map { format in array(of: UInt8.self).map { Double(format.decode($0)) } } ?? []
    case .int64: array(of: Int64.self).map { Double($0) }
    case .uint64: array(of: UInt64.self).map { Double($0) }
    default: (integers ?? []).map { Double($0) }
    }
  }
}
