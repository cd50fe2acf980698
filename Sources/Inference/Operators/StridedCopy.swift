/// Reads an operand along axes of any stride, in the order of a dense result: transpositions, slices, repetitions.
struct StridedCopy: SizedKernel {
  /// The axes of the result, outermost first, neighbours that lie in one run joined.
  private let sizes: [Int]
  /// How far the operand moves along each axis, in elements; zero repeats.
  private let strides: [Int]
  /// Elements of the result under one step of each axis.
  private let spans: [Int]
  private let start: Int

  /// Reads along axes of `sizes` with `strides`, the first element at `start`.
  init(sizes: [Int], strides: [Int], start: Int = 0) {
    var joined: [(size: Int, stride: Int)] = []
    for (size, stride) in zip(sizes, strides) where size != 1 {
      if let last = joined.last, last.stride == stride * size {
        joined[joined.count - 1] = (last.size * size, stride)
      } else {
        joined.append((size, stride))
      }
    }
    if joined.isEmpty { joined.append((1, 1)) }
    self.sizes = joined.map(\.size)
    self.strides = joined.map(\.stride)
    self.start = start
    var spans = [Int](repeating: 1, count: joined.count)
    for axis in joined.indices.dropLast().reversed() { spans[axis] = spans[axis + 1] * joined[axis + 1].size }
    self.spans = spans
  }

  func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    guard y.count > 0 else { return }
    walk(x, y, axis: 0, from: start, to: 0)
  }

  private func walk<T>(_ x: Elements<T>, _ y: Elements<T>, axis: Int, from: Int, to: Int) {
    let (size, stride) = (sizes[axis], strides[axis])
    if axis == sizes.count - 1 {
      y.copy(size, of: x, from: from, step: stride, to: to)
      return
    }
    let span = spans[axis]
    if axis == sizes.count - 2, span <= 16, strides[axis + 1] != 1 {
      // Short rows: the loop over them turned outside in, so that each call moves more.
      for i in 0..<span {
        y.copy(size, of: x, from: from + i * strides[axis + 1], step: stride, to: to + i, toStep: span)
      }
      return
    }
    for i in 0..<size { walk(x, y, axis: axis + 1, from: from + i * stride, to: to + i * span) }
  }
}

extension Elements {
  /// Copies `length` elements of `source`, `step` apart from `from` on, to places here that are `toStep` apart.
  func copy(_ length: Int, of source: Elements<T>, from: Int, step: Int, to: Int, toStep: Int = 1) {
    guard length > 0 else { return }
    if step == 1, toStep == 1 {
      copy(length, of: source, from: from, to: to)
      return
    }
    let last = from + (length - 1) * step
    precondition(
      min(from, last) >= 0 && max(from, last) < source.count && to >= 0 && toStep > 0
        && to + (length - 1) * toStep < count, "a kernel copies outside a tensor")
    let (input, output) = unsafe (source.pointer, pointer)
    for i in 0..<length { unsafe output[to + i * toStep] = input[from + i * step] }
  }

  /// Sets `length` elements from `from` on to `value`.
  func fill(_ value: T, from: Int, count length: Int) {
    precondition(from >= 0 && length >= 0 && from <= count - length, "a kernel writes outside a tensor")
    unsafe (pointer + from).update(repeating: value, count: length)
  }

  /// Sets every byte to zero.
  func fillZero() {
    unsafe UnsafeMutableRawPointer(pointer).initializeMemory(
      as: UInt8.self, repeating: 0, count: count * MemoryLayout<T>.stride)
  }
}
