/// Zeroed floats at a 64-byte boundary, for FFTW and the kernels.
@safe
final class AlignedFloats {
  let base: UnsafeMutablePointer<Float>
  let count: Int

  init(count: Int) {
    let bytes = max(1, count) * MemoryLayout<Float>.stride
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    unsafe base = memory.bindMemory(to: Float.self, capacity: max(1, count))
    unsafe base.initialize(repeating: 0, count: max(1, count))
    self.count = count
  }

  convenience init(_ values: [Float]) {
    self.init(count: values.count)
    for (index, value) in values.enumerated() { unsafe base[index] = value }
  }

  /// `values` in the middle of `count` floats, zeros before and after them; the odd one after.
  convenience init(_ values: [Float], centredIn count: Int) {
    self.init(count: count)
    let first = max(0, count - values.count) / 2
    for (index, value) in values.prefix(count).enumerated() { unsafe base[first + index] = value }
  }

  deinit {
    unsafe UnsafeMutableRawPointer(base).deallocate()
  }

  /// The first `count` floats, read-only.
  func withSpan(_ count: Int, _ body: (Span<Float>) -> Void) {
    let floats = unsafe UnsafeBufferPointer(start: base, count: min(count, self.count))
    unsafe body(Span(_unsafeElements: floats))
  }
}
