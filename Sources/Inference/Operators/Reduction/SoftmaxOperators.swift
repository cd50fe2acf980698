/// Softmax and its kin along an axis.
extension OperatorRegistry {
  static let softmaxes: [OperatorDefinition] = [
    alongAxis(.softmax) { SoftmaxKernel(lines: $0, isLogarithmic: false) },
    alongAxis(.logSoftmax) { SoftmaxKernel(lines: $0, isLogarithmic: true) },
    alongAxis("Hardmax") { HardmaxKernel(lines: $0) },
  ]

  private static func alongAxis<K: RealKernel>(
    _ kind: OperatorKind, _ kernel: @escaping @Sendable (AxisLines) -> K
  ) -> OperatorDefinition {
    OperatorDefinition(
      kind,
      infer: { call throws(InferenceError) in
        _ = try lines(call)
        return try call.sameReal()
      }
    ) { call, outputs throws(InferenceError) in
      try Kernel(kernel(lines(call)), of: outputs[0].elementType)
    }
  }

  /// The lines that one softmax goes over. Older models take all axes from `axis` on as one.
  private static func lines(_ call: OperatorCall) throws(InferenceError) -> AxisLines {
    let shape = try call.input(0).shape
    let flat = try call.attributes.int("flatten", default: 0) != 0
    let stated = try call.attributes.int("axis", default: -1)
    if flat, stated == shape.rank { return AxisLines(shape, from: shape.rank) }
    let axis = shape.rank == 0 ? 0 : try call.axis(stated, rank: shape.rank)
    return flat ? AxisLines(shape, from: axis) : AxisLines(shape, axis: axis)
  }
}

/// `exp(x) / sum exp(x)` over each line, or its logarithm; the largest element is taken out first.
struct SoftmaxKernel: RealKernel {
  let lines: AxisLines
  let isLogarithmic: Bool

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    compute(Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
  }

  /// Writes the softmax of `x` to `y`, which has as many elements.
  func compute<T: RealElement>(_ x: Elements<T>, _ y: Elements<T>) {
    guard lines.size > 0 else { return }
    let (size, step) = (lines.size, lines.step)
    for line in 0..<lines.count {
      let base = lines.base(line, length: size)
      let reach = (size - 1) * step + 1
      let (source, target) = unsafe (x.run(base, reach), y.run(base, reach))
      var largest = -T.infinity
      for i in 0..<size { largest = unsafe T.larger(largest, source[i * step]) }
      var sum: T = 0
      for i in 0..<size {
        let power = unsafe T.exponential(source[i * step] - largest)
        if !isLogarithmic { unsafe target[i * step] = power }
        sum += power
      }
      if isLogarithmic {
        let shift = T.logarithm(sum)
        for i in 0..<size { unsafe target[i * step] = source[i * step] - largest - shift }
      } else {
        for i in 0..<size { unsafe target[i * step] = target[i * step] / sum }
      }
    }
  }
}

/// 1 at the first of the largest elements of each line, 0 elsewhere.
private struct HardmaxKernel: RealKernel {
  let lines: AxisLines

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    y.fill(0)
    guard lines.size > 0 else { return }
    for line in 0..<lines.count {
      let base = lines.base(line, length: lines.size)
      var best = base
      for index in 1..<max(1, lines.size) where x[base + index * lines.step] > x[best] {
        best = base + index * lines.step
      }
      y[best] = 1
    }
  }
}
