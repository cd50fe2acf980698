/// Operators that look for extremes along an axis.
extension OperatorRegistry {
  static let order: [OperatorDefinition] = [
    extreme("ArgMax", isLargest: true),
    extreme("ArgMin", isLargest: false),
    OperatorDefinition(
      "TopK",
      infer: { call throws(InferenceError) in
        let type = try call.elementType(0, oneOf: ElementType.numbers)
        let shape = try call.input(0).shape
        let axis = try call.axis(call.attributes.int("axis", default: -1), rank: shape.rank)
        guard let counts = try call.integers(1), counts.count == 1 else { throw .invalid("k is not one number") }
        guard counts[0] >= 0, counts[0] <= shape[axis] else {
          throw .shape("the first \(counts[0]) of an axis of size \(shape[axis])")
        }
        var dimensions = shape.dimensions
        dimensions[axis] = counts[0]
        return [try call.type(type, dimensions), try call.type(.int64, dimensions)]
      }
    ) { call, outputs throws(InferenceError) in
      let shape = try call.input(0).shape
      let axis = try call.axis(call.attributes.int("axis", default: -1), rank: shape.rank)
      let count = outputs[0].shape[axis]
      return try Kernel(
        TopKernel(
          lines: AxisLines(shape, axis: axis), count: count,
          isLargest: call.attributes.int("largest", default: 1) != 0),
        of: outputs[0].elementType, scratchBytes: count * MemoryLayout<Int>.stride)
    },
  ]

  private static func extreme(_ kind: OperatorKind, isLargest: Bool) -> OperatorDefinition {
    OperatorDefinition(
      kind,
      infer: { call throws(InferenceError) in
        _ = try call.elementType(0, oneOf: ElementType.numbers)
        let shape = try call.input(0).shape
        let axis = try call.axis(call.attributes.int("axis", default: 0), rank: shape.rank)
        guard shape[axis] > 0 || shape.elementCount == 0 && shape.product(0..<axis) == 0 else {
          throw .shape("axis \(axis) of \(shape) has no elements")
        }
        var dimensions = shape.dimensions
        if try call.attributes.int("keepdims", default: 1) != 0 {
          dimensions[axis] = 1
        } else {
          dimensions.remove(at: axis)
        }
        return [try call.type(.int64, dimensions)]
      }
    ) { call, _ throws(InferenceError) in
      let shape = try call.input(0).shape
      let axis = try call.axis(call.attributes.int("axis", default: 0), rank: shape.rank)
      return try Kernel(
        ExtremeKernel(
          lines: AxisLines(shape, axis: axis), isLargest: isLargest,
          takesLast: call.attributes.int("select_last_index", default: 0) != 0),
        of: call.input(0).elementType)
    }
  }
}

/// The place of the largest or smallest element of each line, the first of equal ones or the last.
private struct ExtremeKernel: NumberKernel {
  let lines: AxisLines
  let isLargest: Bool
  let takesLast: Bool

  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<Int64>(arguments.output))
    for line in 0..<min(lines.count, y.count) {
      let base = lines.base(line, length: lines.size)
      var (best, place) = (x[base], 0)
      for index in 1..<max(1, lines.size) {
        let value = x[base + index * lines.step]
        if isLargest ? value > best : value < best {
          (best, place) = (value, index)
        } else if takesLast, value == best {
          place = index
        }
      }
      y[line] = Int64(place)
    }
  }
}

/// The first elements of each line in order, by a heap of as many places with the worst on top.
private struct TopKernel: NumberKernel {
  let lines: AxisLines
  let count: Int
  let isLargest: Bool

  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError) {
    guard count > 0, let scratch = arguments.scratch else { return }
    let x = Elements<T>(arguments.input(0))
    let (values, indices) = (Elements<T>(arguments.outputs[0]), Elements<Int64>(arguments.outputs[1]))
    precondition(scratch.byteCount >= count * MemoryLayout<Int>.stride, "a kernel has too little working memory")
    let heap = unsafe scratch.pointer.assumingMemoryBound(to: Int.self)
    for line in 0..<lines.count {
      let base = lines.base(line, length: lines.size)
      /// Whether the element at `a` comes after the one at `b`.
      func isWorse(_ a: Int, _ b: Int) -> Bool {
        let (p, q) = (x[base + a * lines.step], x[base + b * lines.step])
        return p == q ? a > b : isLargest ? p < q : p > q
      }
      func sink(_ start: Int, _ size: Int) {
        var parent = start
        while 2 * parent + 1 < size {
          var child = 2 * parent + 1
          if child + 1 < size, unsafe isWorse(heap[child + 1], heap[child]) { child += 1 }
          guard unsafe isWorse(heap[child], heap[parent]) else { return }
          unsafe swap(&heap[child], &heap[parent])
          parent = child
        }
      }
      for index in 0..<count { unsafe heap[index] = index }
      for parent in stride(from: count / 2, through: 0, by: -1) { sink(parent, count) }
      for index in count..<max(count, lines.size) where unsafe isWorse(heap[0], index) {
        unsafe heap[0] = index
        sink(0, count)
      }
      let target = lines.base(line, length: count)
      for rank in stride(from: count - 1, through: 0, by: -1) {
        let place = unsafe heap[0]
        values[target + rank * lines.step] = x[base + place * lines.step]
        indices[target + rank * lines.step] = Int64(place)
        unsafe heap[0] = heap[rank]
        sink(0, rank)
      }
    }
  }
}
