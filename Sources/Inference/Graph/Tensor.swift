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

/// A tensor in plain dense row-major host memory that no one changes.
struct Tensor: Sendable {
  let type: TensorType
  let storage: TensorStorage

  var shape: TensorShape { type.shape }
  var elementType: ElementType { type.elementType }

  /// A tensor of zeros.
  init(zeros type: TensorType) throws(InferenceError) {
    guard let storage = TensorStorage(byteCount: type.byteCount) else {
      throw .limit("a tensor of \(type.byteCount) bytes does not fit the memory")
    }
    self.type = type
    self.storage = storage
  }

  /// A tensor over `storage`, which holds at least the bytes of `type`.
  init(type: TensorType, storage: TensorStorage) {
    self.type = type
    self.storage = storage
  }

  /// A tensor of `values` in row-major order; nil where `shape` has another element count.
  init?<T: TensorElement>(_ values: [T], shape: TensorShape) {
    guard values.count == shape.elementCount,
      let storage = TensorStorage(byteCount: values.count * MemoryLayout<T>.stride)
    else { return nil }
    type = TensorType(elementType: T.elementType, shape: shape)
    self.storage = storage
    unsafe storage.pointer.bindMemory(to: T.self, capacity: max(1, values.count))
      .update(from: values, count: values.count)
  }

  /// The same bytes seen in another shape of as many elements.
  func reshaped(_ shape: TensorShape) -> Tensor {
    Tensor(type: TensorType(elementType: elementType, shape: shape), storage: storage)
  }

  /// A view that kernels read and, before the tensor is shared, write.
  var host: HostTensor { unsafe HostTensor(base: storage.pointer, type: type) }

  /// The elements as an array of `T`, which stores the tensor's element type.
  func array<T: TensorElement>(of: T.Type) -> [T] {
    guard T.elementType.byteCount == elementType.byteCount else { return [] }
    return unsafe Array(
      UnsafeBufferPointer(
        start: storage.pointer.assumingMemoryBound(to: T.self), count: shape.elementCount))
  }

  /// The elements as whole numbers, where the type is a whole-number one.
  var integers: [Int]? {
    switch elementType {
    case .int64: array(of: Int64.self).map(Int.init)
    case .int32: array(of: Int32.self).map(Int.init)
    case .int16: array(of: Int16.self).map(Int.init)
    case .int8: array(of: Int8.self).map(Int.init)
    case .uint8, .bool: array(of: UInt8.self).map(Int.init)
    case .uint16: array(of: UInt16.self).map(Int.init)
    case .uint32: array(of: UInt32.self).map(Int.init)
    default: nil
    }
  }

  /// The elements as single-precision numbers, where the type is `float32` or `float64`.
  var floats: [Float]? {
    switch elementType {
    case .float32: array(of: Float.self)
    case .float64: array(of: Double.self).map(Float.init)
    default: nil
    }
  }
}
