/// Running sums and products along an axis.
extension OperatorRegistry {
  static let cumulative: [OperatorDefinition] = [
    running("CumSum", Arithmetic.Sum(), startsWithOne: false),
    running("CumProd", Arithmetic.Product(), startsWithOne: true),
  ]

  private static func running(
    _ kind: OperatorKind, _ function: some PairFunction, startsWithOne: Bool
  ) -> OperatorDefinition {
    OperatorDefinition(
      kind,
      infer: { call throws(InferenceError) in
        _ = try call.elementType(0, oneOf: ElementType.numbers)
        _ = try axis(call)
        return [try call.input(0).type]
      }
    ) { call, outputs throws(InferenceError) in
      try Kernel(
        CumulativeKernel(
          function: function, startsWithOne: startsWithOne,
          lines: AxisLines(outputs[0].shape, axis: axis(call)),
          isReversed: call.attributes.int("reverse", default: 0) != 0,
          isExclusive: call.attributes.int("exclusive", default: 0) != 0),
        of: outputs[0].elementType)
    }
  }

  private static func axis(_ call: OperatorCall) throws(InferenceError) -> Int {
    guard let axes = try call.integers(1), axes.count == 1 else { throw .invalid("its axis is not one number") }
    return try call.axis(axes[0], rank: call.input(0).shape.rank)
  }
}

private struct CumulativeKernel<F: PairFunction>: NumberKernel {
  let function: F
  let startsWithOne: Bool
  let lines: AxisLines
  let isReversed: Bool
  /// Whether an element is left out of its own place.
  let isExclusive: Bool

  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    for line in 0..<lines.count {
      let base = lines.base(line, length: lines.size)
      var value: T = startsWithOne ? .one : .zero
      for index in 0..<lines.size {
        let place = base + (isReversed ? lines.size - 1 - index : index) * lines.step
        let next = function(value, x[place])
        y[place] = isExclusive ? value : next
        value = next
      }
    }
  }
}
