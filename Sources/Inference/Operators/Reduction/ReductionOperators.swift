/// Reductions over some axes. Nothing at all folds into the value that each one starts with.
extension OperatorRegistry {
  static let reduction: [OperatorDefinition] = [
    reduce("ReduceSum", Reductions.Sum()),
    reduce("ReduceMean", Reductions.Mean()),
    reduce("ReduceProd", Reductions.Product()),
    reduce("ReduceMax", Reductions.Largest(), ElementType.numbers.union([.bool])),
    reduce("ReduceMin", Reductions.Smallest(), ElementType.numbers.union([.bool])),
    reduce("ReduceL1", Reductions.SumOfMagnitudes()),
    reduce("ReduceL2", Reductions.EuclideanNorm()),
    reduce("ReduceSumSquare", Reductions.SumOfSquares()),
    reduce("ReduceLogSum", Reductions.LogarithmOfSum()),
    OperatorDefinition(
      "ReduceLogSumExp",
      infer: { call throws(InferenceError) in try reducedType(call, ElementType.numbers) }
    ) { call, outputs throws(InferenceError) in
      try Kernel(
        LogSumExpKernel(geometry: ReductionGeometry(call.input(0).shape, over: axes(call))),
        of: outputs[0].elementType)
    },
    OperatorDefinition(
      "MeanVarianceNormalization", infer: { call throws(InferenceError) in try call.sameReal() }
    ) { call, outputs throws(InferenceError) in
      let shape = try call.input(0).shape
      var axes: Set<Int> = []
      for axis in try call.attributes.ints("axes") ?? [0, 2, 3] { axes.insert(try call.axis(axis, rank: shape.rank)) }
      return try Kernel(
        StandardisationKernel(geometry: ReductionGeometry(shape, over: axes)),
        of: outputs[0].elementType)
    },
  ]

  /// The axes that `call` folds, which its second operand may give.
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

  private static func reducedType(
    _ call: OperatorCall, _ types: Set<ElementType>
  ) throws(InferenceError) -> [TensorType] {
    let type = try call.elementType(0, oneOf: types)
    let (shape, axes) = (try call.input(0).shape, try axes(call))
    let keep = try call.attributes.int("keepdims", default: 1) != 0
    let dimensions = shape.dimensions.indices.compactMap { axes.contains($0) ? (keep ? 1 : nil) : shape[$0] }
    return [try call.type(type, dimensions)]
  }

  private static func reduce(
    _ kind: OperatorKind, _ reduction: some Reduction, _ types: Set<ElementType> = ElementType.numbers
  ) -> OperatorDefinition {
    OperatorDefinition(kind, infer: { call throws(InferenceError) in try reducedType(call, types) }) {
      call, outputs throws(InferenceError) in
      let geometry = ReductionGeometry(try call.input(0).shape, over: try axes(call))
      let isEmpty = try call.input(0).shape.elementCount == 0
      if outputs[0].elementType == .bool {
        return try Kernel(
          ReductionKernel(reduction: reduction, geometry: geometry, isEmpty: isEmpty, booleans: true), of: .bool)
      }
      return try Kernel(
        ReductionKernel(reduction: reduction, geometry: geometry, isEmpty: isEmpty, booleans: false),
        of: outputs[0].elementType)
    }
  }
}

/// A way to fold elements into one.
protocol Reduction: Sendable {
  /// The value before the first element.
  func start<A: ArithmeticElement>(_: A.Type) -> A
  /// The value after one more element.
  func step<A: ArithmeticElement>(_ value: A, _ x: A) -> A
  /// The result after `count` elements.
  func finish<A: ArithmeticElement>(_ value: A, _ count: Int) -> A
}

private struct ReductionKernel<R: Reduction>: NumberKernel {
  let reduction: R
  let geometry: ReductionGeometry
  let isEmpty: Bool
  /// Whether elements are booleans, so that the least value is 0 and the greatest 1.
  let booleans: Bool

  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
    let (reduction, run) = (reduction, geometry.foldedRun)
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    if isEmpty {
      let value = T(accumulator: reduction.finish(reduction.start(T.Accumulator.self), 0))
      y.fill(booleans && value > .zero ? .one : value)
      return
    }
    geometry.forEachResult { result, base in
      var value = reduction.start(T.Accumulator.self)
      for index in geometry.offsets.indices {
        let source = unsafe x.run(base + geometry.offsets[index], run)
        for i in 0..<run { value = unsafe reduction.step(value, source[i].accumulator) }
      }
      y[result] = T(accumulator: reduction.finish(value, geometry.foldedCount))
    }
  }
}

/// The logarithm of the sum of exponentials, the largest element taken out first.
private struct LogSumExpKernel: NumberKernel {
  let geometry: ReductionGeometry

  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    guard x.count > 0 else {
      y.fill(T(real: -.infinity))
      return
    }
    geometry.forEachResult { result, base in
      var largest = -Double.infinity
      forEach(x, base) { largest = Double.larger(largest, $0) }
      let shift = largest.isFinite ? largest : 0
      var sum = 0.0
      forEach(x, base) { sum += Double.exponential($0 - shift) }
      y[result] = T(real: Double.logarithm(sum) + shift)
    }
  }

  @inline(__always)
  private func forEach<T: NumberElement>(_ x: Elements<T>, _ base: Int, _ body: (Double) -> Void) {
    for offset in geometry.offsets {
      for i in 0..<geometry.foldedRun { body(x[base + offset + i].real) }
    }
  }
}
