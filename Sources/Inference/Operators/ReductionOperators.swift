/// Reductions over some axes.
extension OperatorRegistry {
  static let reduction: [OperatorDefinition] = [
    reduce("ReduceMean", start: 0) {
      $0 + $1
    } finish: {
      $0 / Double($1)
    },
    reduce("ReduceSum", start: 0) {
      $0 + $1
    } finish: { sum, _ in
      sum
    },
    reduce("ReduceMax", start: -.infinity) {
      max($0, $1)
    } finish: { value, _ in
      value
    },
    reduce("ReduceMin", start: .infinity) {
      min($0, $1)
    } finish: { value, _ in
      value
    },
    reduce("ReduceProd", start: 1) {
      $0 * $1
    } finish: { value, _ in
      value
    },
    reduce("ReduceL2", start: 0) {
      $0 + $1 * $1
    } finish: { sum, _ in
      sum.squareRoot()
    },
  ]

  private static func axes(_ call: OperatorCall) throws(InferenceError) -> Set<Int> {
    let rank = try call.input(0).shape.rank
    let stated = try call.integers(1) ?? []
    if stated.isEmpty {
      return try call.attributes.int("noop_with_empty_axes", default: 0) != 0 ? [] : Set(0..<rank)
    }
    var axes: Set<Int> = []
    for axis in stated { axes.insert(try call.axis(axis, rank: rank)) }
    return axes
  }

  private static func reduce(
    _ kind: OperatorKind, start: Double, step: @escaping @Sendable (Double, Double) -> Double,
    finish: @escaping @Sendable (Double, Int) -> Double
  ) -> OperatorDefinition {
    OperatorDefinition(
      kind,
      infer: { call throws(InferenceError) in
        _ = try call.elementType(0, oneOf: [.float32])
        let (shape, axes) = (try call.input(0).shape, try axes(call))
        let keep = try call.attributes.int("keepdims", default: 1) != 0
        return [
          try call.type(
            .float32,
            shape.dimensions.indices.compactMap { axes.contains($0) ? (keep ? 1 : nil) : shape[$0] })
        ]
      }
    ) { call, outputs throws(InferenceError) in
      let (shape, axes) = (try call.input(0).shape, try axes(call))
      var (keptSizes, keptStrides, innerSizes, innerStrides) = ([Int](), [Int](), [Int](), [Int]())
      for axis in 0..<shape.rank {
        if axes.contains(axis) {
          innerSizes.append(shape[axis])
          innerStrides.append(shape.strides[axis])
        } else {
          keptSizes.append(shape[axis])
          keptStrides.append(shape.strides[axis])
        }
      }
      let (bases, offsets) = (places(keptSizes, keptStrides), places(innerSizes, innerStrides))
      return Kernel { arguments in
        let (x, y) = (Elements<Float>(arguments.input(0)), Elements<Float>(arguments.output))
        for (i, base) in bases.enumerated() {
          var value = start
          for offset in offsets { value = step(value, Double(x[base + offset])) }
          y[i] = Float(finish(value, offsets.count))
        }
      }
    }
  }

  /// Where each element of a grid of `sizes` lies, in row-major order.
  private static func places(_ sizes: [Int], _ strides: [Int]) -> [Int] {
    var places = [0]
    for (size, stride) in zip(sizes, strides) {
      places = places.flatMap { base in (0..<size).map { base + $0 * stride } }
    }
    return places
  }
}
