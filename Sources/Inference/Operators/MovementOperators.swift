/// Operators that rearrange elements.
extension OperatorRegistry {
  static let movement: [OperatorDefinition] = [
    OperatorDefinition(
      .transpose,
      infer: { call throws(InferenceError) in
        let x = try call.input(0)
        return [try call.type(x.elementType, permutation(call).map { x.shape[$0] })]
      }
    ) { call, outputs throws(InferenceError) in
      let strides = try call.input(0).shape.strides
      return gather(try permutation(call).map { strides[$0] }, start: 0, outputs[0])
    },
    OperatorDefinition(
      .slice,
      infer: { call throws(InferenceError) in
        let (x, ranges) = (try call.input(0), try sliceRanges(call))
        return [try call.type(x.elementType, ranges.map(\.count))]
      }
    ) { call, outputs throws(InferenceError) in
      let (strides, ranges) = (try call.input(0).shape.strides, try sliceRanges(call))
      let start = zip(strides, ranges).map { $0 * $1.start }.reduce(0, +)
      return gather(zip(strides, ranges).map { $0 * $1.step }, start: start, outputs[0])
    },
    OperatorDefinition(
      "Expand",
      infer: { call throws(InferenceError) in
        let x = try call.input(0)
        guard let dimensions = try call.integers(1), let shape = TensorShape(dimensions) else {
          throw .invalid("the shape is missing or impossible")
        }
        return [try call.type(x.elementType, Broadcast.shape([x.shape, shape]))]
      }
    ) { call, outputs throws(InferenceError) in
      let x = try call.input(0).shape
      let missing = outputs[0].shape.rank - x.rank
      let strides = (0..<outputs[0].shape.rank).map { axis in
        axis < missing || x[axis - missing] == 1 ? 0 : x.strides[axis - missing]
      }
      return gather(strides, start: 0, outputs[0])
    },
    OperatorDefinition(
      .concat,
      infer: { call throws(InferenceError) in
        let first = try call.input(0)
        let axis = try call.axis(call.attributes.int("axis", default: 0), rank: first.shape.rank)
        var dimensions = first.shape.dimensions
        dimensions[axis] = 0
        for index in call.inputs.indices {
          let part = try call.input(index)
          guard part.elementType == first.elementType, part.shape.rank == first.shape.rank,
            (0..<part.shape.rank).allSatisfy({ $0 == axis || part.shape[$0] == dimensions[$0] })
          else { throw .shape("\(part.shape) does not continue \(first.shape) along axis \(axis)") }
          dimensions[axis] += part.shape[axis]
        }
        return [try call.type(first.elementType, dimensions)]
      }
    ) { call, outputs throws(InferenceError) in
      let shape = outputs[0].shape
      let axis = try call.axis(call.attributes.int("axis", default: 0), rank: shape.rank)
      return ByteSize(of: outputs[0].elementType).kernel(
        ConcatKernel(outer: shape.product(0..<axis), row: shape.product(axis..<shape.rank)))
    },
    OperatorDefinition(
      .pad,
      infer: { call throws(InferenceError) in
        let (x, pads) = (try call.input(0), try padding(call))
        return [try call.type(x.elementType, x.shape.dimensions.indices.map { x.shape[$0] + pads[$0].0 + pads[$0].1 })]
      }
    ) { call, outputs throws(InferenceError) in try padKernel(call, outputs[0]) },
  ]

  private struct ConcatKernel: SizedKernel {
    let outer: Int
    let row: Int

    func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
      guard outer > 0 else { return }
      let y = Elements<T>(arguments.output)
      var place = 0
      for index in arguments.inputs.indices {
        let x = Elements<T>(arguments.input(index))
        let part = x.count / outer
        for i in 0..<outer { y.copy(part, of: x, from: i * part, to: i * row + place) }
        place += part
      }
    }
  }

  private struct GatherKernel: SizedKernel {
    let inner: Int
    let step: Int
    let rows: [Int]

    func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
      let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
      for (index, row) in rows.enumerated() {
        if step == 1 {
          y.copy(inner, of: x, from: row, to: index * inner)
        } else {
          for i in 0..<inner { y[index * inner + i] = x[row + i * step] }
        }
      }
    }
  }

  /// Reads the operand with `strides` along the axes of `output`, the first element at `start`.
  private static func gather(_ strides: [Int], start: Int, _ output: TensorType) -> Kernel {
    let shape = output.shape
    let inner = shape.elementCount == 0 ? 0 : (shape.dimensions.last ?? 1)
    var rows: [Int] = []
    if inner > 0 {
      var position = [Int](repeating: 0, count: max(0, shape.rank - 1))
      var offset = start
      for _ in 0..<(shape.elementCount / inner) {
        rows.append(offset)
        for axis in position.indices.reversed() {
          position[axis] += 1
          offset += strides[axis]
          if position[axis] < shape[axis] { break }
          offset -= strides[axis] * shape[axis]
          position[axis] = 0
        }
      }
    }
    return ByteSize(of: output.elementType).kernel(GatherKernel(inner: inner, step: strides.last ?? 1, rows: rows))
  }

  /// The axes of the operand in the order of the result.
  static func permutation(_ call: OperatorCall) throws(InferenceError) -> [Int] {
    let rank = try call.input(0).shape.rank
    guard let order = try call.attributes.ints("perm") else { return (0..<rank).reversed() }
    guard order.sorted() == Array(0..<rank) else { throw .invalid("perm \(order) is no order of \(rank) axes") }
    return order
  }

  struct SliceRange {
    var start: Int
    var step: Int
    var count: Int
  }

  /// The part of each axis that a `Slice` takes.
  static func sliceRanges(_ call: OperatorCall) throws(InferenceError) -> [SliceRange] {
    let shape = try call.input(0).shape
    guard let starts = try call.integers(1), let ends = try call.integers(2) else {
      throw .invalid("bounds are missing")
    }
    let axes = try call.integers(3) ?? Array(starts.indices)
    let steps = try call.integers(4) ?? starts.map { _ in 1 }
    guard starts.count == ends.count, starts.count == axes.count, starts.count == steps.count else {
      throw .invalid("starts, ends, axes and steps differ in length")
    }
    var ranges = shape.dimensions.map { SliceRange(start: 0, step: 1, count: $0) }
    for i in starts.indices {
      let axis = try call.axis(axes[i], rank: shape.rank)
      let (size, step) = (shape[axis], steps[i])
      guard step != 0, step > Int.min else { throw .invalid("a step is 0 or impossible") }
      // Bounds count from the end where negative, and are kept within the axis.
      func bound(_ value: Int, _ low: Int, _ high: Int) -> Int {
        min(high, max(low, value < 0 ? value &+ size : value))
      }
      if step > 0 {
        let (start, end) = (bound(starts[i], 0, size), bound(ends[i], 0, size))
        let length = max(0, end - start)
        ranges[axis] = SliceRange(start: start, step: step, count: length == 0 ? 0 : (length - 1) / step + 1)
      } else {
        let start = bound(starts[i], 0, size - 1)
        let end = ends[i] < -size ? -1 : bound(ends[i], -1, size - 1)
        let length = max(0, start - end)
        ranges[axis] = SliceRange(
          start: max(0, start), step: step, count: size == 0 || length == 0 ? 0 : (length - 1) / -step + 1)
      }
      if ranges[axis].count <= 1 { ranges[axis].step = 1 }
    }
    return ranges
  }

  static func padding(_ call: OperatorCall) throws(InferenceError) -> [(Int, Int)] {
    let shape = try call.input(0).shape
    guard let pads = try call.integers(1) else { throw .invalid("pads are missing") }
    let axes = try call.integers(3) ?? Array(0..<shape.rank)
    guard pads.count == 2 * axes.count else { throw .invalid("\(pads.count) pads for \(axes.count) axes") }
    var result = [(Int, Int)](repeating: (0, 0), count: shape.rank)
    for (i, axis) in axes.enumerated() {
      let (before, after) = (pads[i], pads[i + axes.count])
      guard before.magnitude < 1 << 31, after.magnitude < 1 << 31 else { throw .invalid("a pad is impossible") }
      result[try call.axis(axis, rank: shape.rank)] = (before, after)
    }
    return result
  }

  private struct PadKernel: SizedKernel {
    /// For each axis and place of the result, the place in the operand, or -1 for the constant.
    let sources: [[Int]]
    let strides: [Int]

    func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
      let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
      let value = arguments.optional(2).map { Elements<T>($0) }
      if let value, value.count > 0 { y.fill(value[0]) } else { y.fillZero() }
      var place = 0
      fill(x, y, axis: 0, offset: 0, place: &place)
    }

    private func fill<T>(_ x: Elements<T>, _ y: Elements<T>, axis: Int, offset: Int, place: inout Int) {
      guard axis < sources.count else {
        y[place] = x[offset]
        place += 1
        return
      }
      let rest = sources[(axis + 1)...].reduce(1) { $0 * $1.count }
      for source in sources[axis] {
        if source < 0 {
          place += rest
        } else {
          fill(x, y, axis: axis + 1, offset: offset + source * strides[axis], place: &place)
        }
      }
    }
  }

  private static func padKernel(_ call: OperatorCall, _ output: TensorType) throws(InferenceError) -> Kernel {
    let (shape, pads) = (try call.input(0).shape, try padding(call))
    let mode = try call.attributes.string("mode", default: "constant")
    if call.has(2), try call.input(2).elementType != output.elementType {
      throw .invalid("its constant has another type")
    }
    var sources: [[Int]] = []
    for axis in 0..<shape.rank {
      let size = shape[axis]
      var places: [Int] = []
      for place in 0..<output.shape[axis] {
        let index = place - pads[axis].0
        if index >= 0, index < size {
          places.append(index)
        } else if mode == "constant" {
          places.append(-1)
        } else {
          guard size > 0 else { throw .shape("an empty axis cannot be padded from itself") }
          switch mode {
          case "edge": places.append(min(size - 1, max(0, index)))
          case "reflect":
            let period = max(1, 2 * (size - 1))
            let phase = ((index % period) + period) % period
            places.append(phase < size ? phase : period - phase)
          case "wrap": places.append(((index % size) + size) % size)
          default: throw .unsupported("padding mode \(mode)")
          }
        }
      }
      sources.append(places)
    }
    return ByteSize(of: output.elementType).kernel(PadKernel(sources: sources, strides: shape.strides))
  }
}

extension Elements {
  /// Sets every byte to zero.
  func fillZero() {
    unsafe UnsafeMutableRawPointer(pointer).initializeMemory(
      as: UInt8.self, repeating: 0, count: count * MemoryLayout<T>.stride)
  }
}
