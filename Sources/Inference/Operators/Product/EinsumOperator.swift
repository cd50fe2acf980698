/// Einstein summation.
extension OperatorRegistry {
  static let einsum: [OperatorDefinition] = [
    OperatorDefinition(
      "Einsum",
      infer: { call throws(InferenceError) in
        let type = try call.commonType(call.inputs.indices, oneOf: ElementType.numbers)
        let equation = try equation(call)
        return [try call.type(type, equation.result.map { equation.sizes[$0] })]
      }
    ) { call, outputs throws(InferenceError) in
      try Kernel(EinsumKernel(equation(call), call.shapes()), of: outputs[0].elementType)
    }
  ]

  private static func equation(_ call: OperatorCall) throws(InferenceError) -> EinsumEquation {
    try EinsumEquation(call.attributes.string("equation", default: ""), call.shapes())
  }
}

/// Each element of the result as the sum of products over the labels that it lacks.
private struct EinsumKernel: NumberKernel {
  /// For each operand, where it lies for each element of the result.
  private let bases: [[Int]]
  /// For each operand, how far from there each run of terms begins.
  private let offsets: [[Int]]
  /// The terms of a run, and for each operand the distance between them.
  private let run: Int
  private let steps: [Int]

  init(_ equation: EinsumEquation, _ shapes: [TensorShape]) throws(InferenceError) {
    var summed = equation.summed
    let sizes = equation.sizes
    // Each place of the result and each run of terms is kept in a table for each operand.
    let tables = TensorShape(equation.result.map { sizes[$0] } + [shapes.count])
    let runs = TensorShape(summed.dropLast().map { sizes[$0] } + [shapes.count])
    guard let work = TensorShape(sizes), let tables, let runs, work.elementCount < 1 << 44,
      tables.elementCount < 1 << 27, runs.elementCount < 1 << 27
    else { throw .limit("a summation over axes of \(sizes)") }
    // Without terms the sums are empty.
    let last = summed.popLast()
    run = last.map { sizes[$0] } ?? 1
    func places(_ operand: Int, _ labels: [Int]) -> [Int] {
      let strides = equation.strides(of: operand, shapes[operand], along: labels)
      return zip(labels, strides).reduce([0]) { places, axis in
        places.flatMap { base in (0..<sizes[axis.0]).map { base + $0 * axis.1 } }
      }
    }
    let operands = shapes.indices
    bases = work.elementCount == 0 ? operands.map { _ in [] } : operands.map { places($0, equation.result) }
    offsets = work.elementCount == 0 ? operands.map { _ in [] } : operands.map { places($0, summed) }
    steps = operands.map { equation.strides(of: $0, shapes[$0], along: last.map { [$0] } ?? []).first ?? 0 }
  }

  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
    let y = Elements<T>(arguments.output)
    guard !bases[0].isEmpty else { return y.fill(.zero) }
    for index in 0..<y.count {
      var total = T.Accumulator.zero
      for outer in offsets[0].indices {
        if bases.count == 2 {
          let (a, b) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.input(1)))
          let (p, q) = (bases[0][index] + offsets[0][outer], bases[1][index] + offsets[1][outer])
          for i in 0..<run {
            total = .sum(total, .product(a[p + i * steps[0]].accumulator, b[q + i * steps[1]].accumulator))
          }
        } else {
          for i in 0..<run {
            var term = T.Accumulator.one
            for operand in bases.indices {
              let place = bases[operand][index] + offsets[operand][outer] + i * steps[operand]
              term = .product(term, Elements<T>(arguments.input(operand))[place].accumulator)
            }
            total = .sum(total, term)
          }
        }
      }
      y[index] = T(accumulator: total)
    }
  }
}
