/// A typed window on plain dense row-major host memory, as the reference provider's kernels take it.
///
/// Whoever makes one keeps the memory alive while the window is used.
@safe struct HostTensor {
  let type: TensorType
  private let base: UnsafeMutableRawPointer

  /// A window on the bytes of `type` at `base`.
  @unsafe init(base: UnsafeMutableRawPointer, type: TensorType) {
    unsafe self.base = base
    self.type = type
  }

  var shape: TensorShape { type.shape }
  var elementType: ElementType { type.elementType }
  var count: Int { type.shape.elementCount }
  var byteCount: Int { type.byteCount }

  /// The first byte.
  @unsafe var pointer: UnsafeMutableRawPointer { unsafe base }

  /// The elements, viewed as `T`, which must have the size of the element type.
  @unsafe func elements<T: BitwiseCopyable>(_: T.Type) -> UnsafeMutableBufferPointer<T> {
    precondition(MemoryLayout<T>.stride == elementType.byteCount, "a kernel views \(elementType) as \(T.self)")
    return unsafe UnsafeMutableBufferPointer(start: base.assumingMemoryBound(to: T.self), count: count)
  }

  /// Copies all bytes of `other`, which has as many.
  func copy(from other: HostTensor) {
    precondition(byteCount == other.byteCount, "a copy between tensors of different sizes")
    unsafe base.copyMemory(from: other.base, byteCount: byteCount)
  }
}
