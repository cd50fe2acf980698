/// Operators that rearrange elements.
extension OperatorRegistry {
  static let movement: [OperatorDefinition] =
    rearrangement + joining + padding + blocks + scattering + generation + dataDependent + spectral

  private static let rearrangement: [OperatorDefinition] = [
    OperatorDefinition(
      .transpose, acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let x = try call.input(0)
        return [try call.type(x.elementType, permutation(call).map { x.shape[$0] })]
      }
    ) { call, outputs throws(InferenceError) in
      let strides = try call.input(0).shape.strides
      return strided(outputs[0], outputs[0].shape.dimensions, try permutation(call).map { strides[$0] })
    },
    OperatorDefinition(
      .slice, acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let (x, ranges) = (try call.input(0), try sliceRanges(call))
        return [try call.type(x.elementType, ranges.map(\.count))]
      }
    ) { call, outputs throws(InferenceError) in
      let (strides, ranges) = (try call.input(0).shape.strides, try sliceRanges(call))
      let start = zip(strides, ranges).map { $0 * $1.start }.reduce(0, +)
      return strided(outputs[0], ranges.map(\.count), zip(strides, ranges).map { $0 * $1.step }, start: start)
    },
    OperatorDefinition(
      "Expand", acceptsHalf: true,
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
      return strided(outputs[0], outputs[0].shape.dimensions, strides)
    },
    OperatorDefinition(
      "Tile", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let x = try call.input(0)
        var dimensions: [Int] = []
        for (size, count) in zip(x.shape.dimensions, try repeats(call)) {
          let (product, overflow) = size.multipliedReportingOverflow(by: count)
          guard !overflow else { throw .shape("\(count) repetitions of \(size)") }
          dimensions.append(product)
        }
        return [try call.type(x.elementType, dimensions)]
      }
    ) { call, outputs throws(InferenceError) in
      let x = try call.input(0).shape
      var (sizes, strides): ([Int], [Int]) = ([], [])
      for (axis, count) in try repeats(call).enumerated() {
        sizes += [count, x[axis]]
        strides += [0, x.strides[axis]]
      }
      return strided(outputs[0], sizes, strides)
    },
  ]

  private static func repeats(_ call: OperatorCall) throws(InferenceError) -> [Int] {
    let rank = try call.input(0).shape.rank
    guard let repeats = try call.integers(1), repeats.count == rank, repeats.allSatisfy({ $0 >= 0 }) else {
      throw .invalid("its repetitions are not \(rank) numbers from 0 up")
    }
    return repeats
  }

  /// Reads the first operand along axes of `sizes` with `strides`, from the element at `start` on.
  static func strided(_ output: TensorType, _ sizes: [Int], _ strides: [Int], start: Int = 0) -> Kernel {
    ByteSize(of: output.elementType).kernel(StridedCopy(sizes: sizes, strides: strides, start: start))
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
}
