/// The elements of a host tensor as `T`, every access checked against the count.
///
/// A window, not an owner: whoever made the tensor keeps the memory alive.
@safe struct Elements<T: BitwiseCopyable> {
  private let base: UnsafeMutablePointer<T>
  let count: Int

  /// Views `tensor` as elements of `T`, which has the size of its element type.
  init(_ tensor: HostTensor, as: T.Type = T.self) {
    let buffer = unsafe tensor.elements(T.self)
    // An empty buffer has a base as well: every host tensor lies in storage of at least one line.
    unsafe base = tensor.pointer.assumingMemoryBound(to: T.self)
    count = buffer.count
  }

  /// `count` elements of a kernel's working memory, from byte `offset` on, a multiple of the element's size.
  init(scratch: HostTensor?, offset: Int = 0, count: Int, as: T.Type = T.self) {
    guard let scratch else { preconditionFailure("a kernel uses working memory that it did not ask for") }
    precondition(
      offset >= 0 && count >= 0 && count <= (scratch.byteCount - offset) / MemoryLayout<T>.stride,
      "a kernel uses more working memory than it asked for")
    unsafe base = (scratch.pointer + offset).assumingMemoryBound(to: T.self)
    self.count = count
  }

  subscript(index: Int) -> T {
    @inline(__always) get {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "a kernel reads outside a tensor")
      return unsafe base[index]
    }
    @inline(__always) nonmutating set {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "a kernel writes outside a tensor")
      unsafe base[index] = newValue
    }
  }

  /// Copies `length` elements of `source` from `from` to `to` here.
  func copy(_ length: Int, of source: Elements<T>, from: Int, to: Int) {
    // Where there is nothing to copy, the places may lie in an axis that has none.
    guard length != 0 else { return }
    precondition(length >= 0 && from >= 0 && to >= 0, "a kernel copies a negative range")
    precondition(from <= source.count - length && to <= count - length, "a kernel copies outside a tensor")
    unsafe (base + to).update(from: source.base + from, count: length)
  }

  /// Sets the elements of `range` to `value`.
  func fill(_ range: Range<Int>, _ value: T) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "a kernel writes outside a tensor")
    unsafe (base + range.lowerBound).update(repeating: value, count: range.count)
  }

  /// Sets every element to `value`.
  func fill(_ value: T) {
    unsafe base.update(repeating: value, count: count)
  }

  /// The first element; for calls of C functions.
  @unsafe var pointer: UnsafeMutablePointer<T> { unsafe base }
}
