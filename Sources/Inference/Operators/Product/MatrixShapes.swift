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
    try self.init(call.input(0).shape, call.input(1).shape)
  }

  /// The sizes of the product of operands of these shapes.
  init(_ first: TensorShape, _ second: TensorShape) throws(InferenceError) {
    var (a, b) = (first.dimensions, second.dimensions)
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
