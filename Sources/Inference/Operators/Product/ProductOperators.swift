internal import CKernels

/// Matrix products.
extension OperatorRegistry {
  static let product: [OperatorDefinition] = [
    OperatorDefinition(
      .matMul,
      infer: { call throws(InferenceError) in
        let type = try call.commonType(0..<2, oneOf: ElementType.numbers)
        return [try call.type(type, MatrixShapes(call).result)]
      }
    ) { call, outputs throws(InferenceError) in
      try Kernel(MatrixProductKernel(shapes: MatrixShapes(call)), of: outputs[0].elementType)
    },
    OperatorDefinition(
      .gemm,
      infer: { call throws(InferenceError) in
        let (m, _, n) = try gemmSizes(call)
        let type = try call.elementType(0, oneOf: ElementType.numbers)
        if call.has(2) {
          let shape = try Broadcast.shape([call.input(2).shape, TensorShape([m, n]) ?? .scalar])
          guard shape == [m, n] else { throw .shape("a third operand of shape \(try call.input(2).shape)") }
        }
        return [try call.type(type, [m, n])]
      }
    ) { call, outputs throws(InferenceError) in
      try Kernel(
        GemmKernel(
          sizes: gemmSizes(call), transA: call.attributes.int("transA", default: 0) != 0,
          transB: call.attributes.int("transB", default: 0) != 0,
          alpha: call.attributes.float("alpha", default: 1), beta: call.attributes.float("beta", default: 1),
          bias: call.has(2) ? Broadcast([call.input(2).shape], to: outputs[0].shape) : nil),
        of: outputs[0].elementType)
    },
    OperatorDefinition(
      "Det",
      infer: { call throws(InferenceError) in
        let type = try call.elementType(0, oneOf: ElementType.reals)
        let shape = try call.input(0).shape
        guard shape.rank >= 2, shape[shape.rank - 1] == shape[shape.rank - 2] else {
          throw .shape("\(shape) are not square matrices")
        }
        return [try call.type(type, Array(shape.dimensions.dropLast(2)))]
      }
    ) { call, outputs throws(InferenceError) in
      let shape = try call.input(0).shape
      let size = shape[shape.rank - 1]
      guard size <= 1 << 14 else { throw .limit("the determinant of a matrix of \(size) rows") }
      return try Kernel(
        DeterminantKernel(size: size), of: outputs[0].elementType,
        scratchBytes: size * size * MemoryLayout<Double>.stride)
    },
  ]

  /// The sizes m, k and n of a `Gemm`.
  static func gemmSizes(_ call: OperatorCall) throws(InferenceError) -> (m: Int, k: Int, n: Int) {
    let type = try call.input(0).elementType
    for index in call.inputs.indices where call.has(index) {
      guard try call.input(index).elementType == type else { throw .invalid("its operands have different types") }
    }
    let (a, b) = (try call.input(0).shape, try call.input(1).shape)
    guard a.rank == 2, b.rank == 2 else { throw .shape("\(a) and \(b) are not matrices") }
    let transA = try call.attributes.int("transA", default: 0) != 0
    let transB = try call.attributes.int("transB", default: 0) != 0
    let (m, k) = transA ? (a[1], a[0]) : (a[0], a[1])
    let (inner, n) = transB ? (b[1], b[0]) : (b[0], b[1])
    guard k == inner else { throw .shape("\(a) and \(b) do not fit each other") }
    return (m, k, n)
  }
}

private struct MatrixProductKernel: NumberKernel {
  let shapes: MatrixShapes

  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
    let (a, b) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.input(1)))
    let y = Elements<T>(arguments.output)
    let (m, k, n) = (shapes.m, shapes.k, shapes.n)
    for i in shapes.leftBatches.indices {
      let left = unsafe a.run(shapes.leftBatches[i] * m * k, m * k)
      let right = unsafe b.run(shapes.rightBatches[i] * k * n, k * n)
      let target = unsafe y.run(i * m * n, m * n)
      unsafe multiply(left, right, target)
    }
  }

  @unsafe private func multiply<T: NumberElement>(
    _ a: UnsafeMutablePointer<T>, _ b: UnsafeMutablePointer<T>, _ y: UnsafeMutablePointer<T>
  ) {
    let (m, k, n) = (shapes.m, shapes.k, shapes.n)
    if let a = unsafe a as? UnsafeMutablePointer<Float>, let b = unsafe b as? UnsafeMutablePointer<Float>,
      let y = unsafe y as? UnsafeMutablePointer<Float>
    {
      unsafe braid_matmul_reference(a, b, y, Int64(m), Int64(k), Int64(n))
      return
    }
    for i in 0..<m {
      for j in 0..<n {
        var sum = T.Accumulator.zero
        for l in 0..<k { sum = unsafe .sum(sum, .product(a[i * k + l].accumulator, b[l * n + j].accumulator)) }
        unsafe y[i * n + j] = T(accumulator: sum)
      }
    }
  }
}

/// `alpha A B + beta C`, either matrix transposed where asked.
private struct GemmKernel: NumberKernel {
  let sizes: (m: Int, k: Int, n: Int)
  let transA: Bool
  let transB: Bool
  let alpha: Float
  let beta: Float
  let bias: Broadcast?

  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
    let (a, b) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.input(1)))
    let y = Elements<T>(arguments.output)
    let (m, k, n) = sizes
    let (rowA, stepA) = transA ? (1, m) : (k, 1)
    let (rowB, stepB) = transB ? (k, 1) : (1, n)
    let (left, right) = unsafe (a.run(0, m * k), b.run(0, k * n))
    for i in 0..<m {
      for j in 0..<n {
        var sum = T.Accumulator.zero
        for l in 0..<k {
          sum = unsafe .sum(
            sum,
            .product(left[i * rowA + l * stepA].accumulator, right[j * rowB + l * stepB].accumulator))
        }
        y[i * n + j] = alpha == 1 ? T(accumulator: sum) : T(real: sum.real * Double(alpha))
      }
    }
    guard let bias else { return }
    let c = Elements<T>(arguments.input(2))
    for row in bias.rows[0].indices {
      for i in 0..<bias.inner {
        let term = c[bias.rows[0][row] + i * bias.steps[0]]
        let place = row * bias.inner + i
        y[place] = .sum(y[place], beta == 1 ? term : T(real: term.real * Double(beta)))
      }
    }
  }
}

/// Determinants by elimination in double precision, rows exchanged for the largest pivot.
private struct DeterminantKernel: RealKernel {
  let size: Int

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    guard size > 0, let scratch = arguments.scratch else { return y.fill(1) }
    let count = size * size
    precondition(scratch.byteCount >= count * MemoryLayout<Double>.stride, "a kernel has too little working memory")
    let matrix = unsafe scratch.pointer.assumingMemoryBound(to: Double.self)
    for index in 0..<y.count {
      for i in 0..<count { unsafe matrix[i] = Double(x[index * count + i]) }
      y[index] = T(unsafe eliminate(matrix))
    }
  }

  @unsafe private func eliminate(_ matrix: UnsafeMutablePointer<Double>) -> Double {
    var determinant = 1.0
    for column in 0..<size {
      var pivot = column
      for row in column..<size where unsafe abs(matrix[row * size + column]) > abs(matrix[pivot * size + column]) {
        pivot = row
      }
      let value = unsafe matrix[pivot * size + column]
      guard value != 0 else { return 0 }
      if pivot != column {
        determinant = -determinant
        for i in 0..<size { unsafe swap(&matrix[pivot * size + i], &matrix[column * size + i]) }
      }
      determinant *= value
      for row in (column + 1)..<max(column + 1, size) {
        let factor = unsafe matrix[row * size + column] / value
        for i in column..<size { unsafe matrix[row * size + i] -= factor * matrix[column * size + i] }
      }
    }
    return determinant
  }
}
