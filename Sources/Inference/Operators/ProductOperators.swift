internal import CKernels

/// Matrix products.
extension OperatorRegistry {
  static let product: [OperatorDefinition] = [
    OperatorDefinition(
      .matMul,
      infer: { call throws(InferenceError) in
        try [call.type(.float32, MatrixShapes(call).result)]
      }
    ) { call, outputs throws(InferenceError) in
      let shapes = try MatrixShapes(call)
      let (left, right) = (shapes.leftBatches, shapes.rightBatches)
      return Kernel { arguments in
        let (a, b) = (Elements<Float>(arguments.input(0)), Elements<Float>(arguments.input(1)))
        let y = Elements<Float>(arguments.output)
        let (m, k, n) = (shapes.m, shapes.k, shapes.n)
        for i in left.indices {
          unsafe braid_matmul_reference(
            a.pointer + left[i] * m * k, b.pointer + right[i] * k * n, y.pointer + i * m * n, Int64(m), Int64(k),
            Int64(n))
        }
      }
    },
    OperatorDefinition(
      .gemm,
      infer: { call throws(InferenceError) in
        let (m, _, n) = try gemmSizes(call)
        if call.has(2) {
          let shape = try Broadcast.shape([call.input(2).shape, TensorShape([m, n]) ?? .scalar])
          guard shape == [m, n] else { throw .shape("a third operand of shape \(try call.input(2).shape)") }
        }
        return [try call.type(.float32, [m, n])]
      }
    ) { call, outputs throws(InferenceError) in
      let (m, k, n) = try gemmSizes(call)
      let transA = try call.attributes.int("transA", default: 0) != 0
      let transB = try call.attributes.int("transB", default: 0) != 0
      let alpha = try call.attributes.float("alpha", default: 1)
      let beta = try call.attributes.float("beta", default: 1)
      let bias = call.has(2) ? Broadcast([try call.input(2).shape], to: outputs[0].shape) : nil
      return Kernel { arguments in
        let (a, b) = (Elements<Float>(arguments.input(0)), Elements<Float>(arguments.input(1)))
        let y = Elements<Float>(arguments.output)
        for i in 0..<m {
          for j in 0..<n {
            var sum = 0.0
            for l in 0..<k {
              sum += Double(a[transA ? l * m + i : i * k + l]) * Double(b[transB ? j * k + l : l * n + j])
            }
            y[i * n + j] = Float(sum) * alpha
          }
        }
        if let bias {
          let c = Elements<Float>(arguments.input(2))
          for row in bias.rows[0].indices {
            for i in 0..<bias.inner {
              y[row * bias.inner + i] += beta * c[bias.rows[0][row] + i * bias.steps[0]]
            }
          }
        }
      }
    },
  ]

  /// The sizes m, k and n of a `Gemm`.
  static func gemmSizes(_ call: OperatorCall) throws(InferenceError) -> (m: Int, k: Int, n: Int) {
    for index in call.inputs.indices where call.has(index) { _ = try call.elementType(index, oneOf: [.float32]) }
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

/// The sizes of a product of matrices, or of stacks of them repeated to a common shape.
struct MatrixShapes: Sendable {
  let m: Int
  let k: Int
  let n: Int
  /// The dimensions of the result, added axes of vectors taken out again.
  let result: [Int]
  /// For each matrix of the result, which one of each operand's stack it is made of.
  let leftBatches: [Int]
  let rightBatches: [Int]
  /// The dimensions of the stack.
  let batch: [Int]

  init(_ call: OperatorCall) throws(InferenceError) {
    _ = try call.elementType(0, oneOf: [.float32])
    _ = try call.elementType(1, oneOf: [.float32])
    var (a, b) = (try call.input(0).shape.dimensions, try call.input(1).shape.dimensions)
    guard !a.isEmpty, !b.isEmpty else { throw .shape("a scalar is not a matrix") }
    let (leftVector, rightVector) = (a.count == 1, b.count == 1)
    if leftVector { a.insert(1, at: 0) }
    if rightVector { b.append(1) }
    (m, k, n) = (a[a.count - 2], a[a.count - 1], b[b.count - 1])
    guard b[b.count - 2] == k, let left = TensorShape(Array(a.dropLast(2))),
      let right = TensorShape(Array(b.dropLast(2)))
    else { throw .shape("\(a) and \(b) do not fit each other") }
    batch = try Broadcast.shape([left, right])
    guard let shape = TensorShape(batch), shape.elementCount < 1 << 24 else {
      throw .limit("a stack of \(batch) matrices")
    }
    let broadcast = Broadcast([left, right], to: shape)
    func expand(_ operand: Int) -> [Int] {
      broadcast.rows[operand].flatMap { row in (0..<broadcast.inner).map { row + $0 * broadcast.steps[operand] } }
    }
    (leftBatches, rightBatches) = (expand(0), expand(1))
    result = batch + (leftVector ? [] : [m]) + (rightVector ? [] : [n])
  }
}
