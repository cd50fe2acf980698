/// `FusedMatMul`: a scaled product of stacks of matrices, either operand's matrices transposed or not.
extension OperatorRegistry {
  static let fusedProducts: [OperatorDefinition] = [
    OperatorDefinition(
      "com.microsoft:FusedMatMul",
      infer: { call throws(InferenceError) in
        let (_, shapes) = try fusedMatMul(call)
        return [try call.type(call.input(0).elementType, shapes.result)]
      }
    ) { call, outputs throws(InferenceError) in
      let (kernel, _) = try fusedMatMul(call)
      return kernel.kernel(outputs[0].elementType)
    }
  ]

  private static func fusedMatMul(_ call: OperatorCall) throws(InferenceError) -> (FusedMatMul, MatrixShapes) {
    _ = try call.realType(sharedBy: 1..<2)
    let attributes = call.attributes
    guard try attributes.int("transBatchA", default: 0) == 0, try attributes.int("transBatchB", default: 0) == 0 else {
      throw .unsupported("transposed stacks")
    }
    let first = try attributes.int("transA", default: 0) != 0
    let second = try attributes.int("transB", default: 0) != 0
    let shapes = try MatrixShapes(
      transposed(call.input(0).shape, first), transposed(call.input(1).shape, second))
    let alpha = Double(try attributes.float("alpha", default: 1))
    return (FusedMatMul(shapes: shapes, alpha: alpha, first: first, second: second), shapes)
  }

  private static func transposed(_ shape: TensorShape, _ swaps: Bool) throws(InferenceError) -> TensorShape {
    guard swaps, shape.rank > 1 else { return shape }
    var dimensions = shape.dimensions
    dimensions.swapAt(shape.rank - 2, shape.rank - 1)
    guard let result = TensorShape(dimensions) else { throw .shape("\(shape) cannot be transposed") }
    return result
  }
}

private struct FusedMatMul: RealKernel {
  let shapes: MatrixShapes
  let alpha: Double
  /// Whether the matrices of each operand are transposed.
  let first: Bool
  let second: Bool

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let (a, b) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.input(1)))
    let y = Elements<T>(arguments.output)
    let (m, k, n) = (shapes.m, shapes.k, shapes.n)
    for i in shapes.leftBatches.indices {
      var product = MatrixProduct(
        rows: m, inner: k, columns: n, a: MatrixPlace(a, at: shapes.leftBatches[i] * m * k, stride: first ? m : k),
        b: MatrixPlace(b, at: shapes.rightBatches[i] * k * n, stride: second ? k : n), transposed: second,
        y: MatrixPlace(y, at: i * m * n, stride: n), alpha: T(alpha))
      product.transposedFirst = first
      product.run()
    }
  }
}
