internal import COneDNN

/// Einstein summations of two operands as products of matrices.
extension PlanBuilder {
  /// Lowers a summation whose labels fall into those of repeated products, rows, columns and terms; false for all others, and where oneDNN does not have the product.
  mutating func lowerEinsum(_ node: Node) throws(InferenceError) -> Bool {
    guard node.inputs.count == 2, let a = node.input(0), let b = node.input(1),
      let output = node.outputs.first ?? nil, try type(a).elementType == .float32
    else { return false }
    let (left, right, result) = (try type(a).shape, try type(b).shape, try type(output).shape)
    let equation = try EinsumEquation(node.attributes.string("equation", default: ""), [left, right])
    guard result.elementCount > 0, left.elementCount > 0, right.elementCount > 0,
      let x = LabelledAxes(equation.operands[0], left, equation),
      let y = LabelledAxes(equation.operands[1], right, equation),
      let z = LabelledAxes(equation.result, result, equation)
    else { return false }
    // The result as it lies, or turned over, where oneDNN writes rows.
    if try lowerProduct(x, y, z, a, b, output) { return true }
    return try lowerProduct(y, x, z, b, a, output)
  }

  /// Adds the summation of `x` and `y` to `z` as a product with `x` on the left; false where that is none.
  private mutating func lowerProduct(
    _ x: LabelledAxes, _ y: LabelledAxes, _ z: LabelledAxes, _ a: ValueID, _ b: ValueID, _ output: ValueID
  ) throws(InferenceError) -> Bool {
    let terms = x.labels.filter { y.has($0) && !z.has($0) }
    let shared = z.labels.filter { x.has($0) && y.has($0) }
    let (rows, columns) = (z.labels.filter { !y.has($0) }, z.labels.filter { !x.has($0) })
    // A label of one operand alone would be summed before the product.
    guard x.labels.count == terms.count + shared.count + rows.count,
      y.labels.count == terms.count + shared.count + columns.count
    else { return false }
    // Rows that do not lie as one axis are repeated products with the same right side, all but the last.
    for outer in Set([0, max(0, rows.count - 1)]).sorted() {
      let batches = shared + rows.prefix(outer)
      let inner = Array(rows.dropFirst(outer))
      guard let source = x.matrices(batches, inner, terms), let weights = y.matrices(batches, terms, columns),
        let target = z.matrices(batches, inner, columns)
      else { continue }
      let attributes = try PrimitiveAttributes()
      var operation = dnnl_matmul_desc_t()
      var (sourceRaw, weightsRaw, targetRaw) = (source.raw, weights.raw, target.raw)
      guard unsafe dnnl_matmul_desc_init(&operation, &sourceRaw, &weightsRaw, nil, &targetRaw) == dnnl_success,
        let descriptor = try unsafe PrimitiveDescriptor(operation: &operation, attributes),
        !descriptor.implementation.hasPrefix("ref")
      else { continue }
      let slot = addSlot(target.byteCount)
      try addPrimitive(
        "Einsum", descriptor,
        [
          PrimitiveArgument(DNNL_ARG_SRC, try plain(a), source),
          PrimitiveArgument(DNNL_ARG_WEIGHTS, try plain(b), weights), PrimitiveArgument(DNNL_ARG_DST, slot, target),
        ])
      placements[output] = Placement(slot: slot)
      return true
    }
    return false
  }
}

/// The axes of a row-major tensor by their labels.
private struct LabelledAxes {
  let labels: [EinsumEquation.Label]
  private let axes: [EinsumEquation.Label: (size: Int, stride: Int)]
  private let elementCount: Int

  /// Nil where a label stands for two axes, or for one that is repeated.
  init?(_ labels: [EinsumEquation.Label], _ shape: TensorShape, _ equation: EinsumEquation) {
    guard Set(labels).count == labels.count, zip(labels, shape.dimensions).allSatisfy({ equation.sizes[$0] == $1 })
    else {
      return nil
    }
    self.labels = labels
    let places = zip(shape.dimensions, shape.strides).map { (size: $0, stride: $1) }
    axes = Dictionary(uniqueKeysWithValues: zip(labels, places))
    elementCount = shape.elementCount
  }

  func has(_ label: EinsumEquation.Label) -> Bool { axes[label] != nil }

  /// The tensor as matrices [batches…, rows, columns], of size 1 along batches that it lacks; nil where the labels of
  /// rows or columns do not follow each other.
  func matrices(
    _ batches: [EinsumEquation.Label], _ rows: [EinsumEquation.Label], _ columns: [EinsumEquation.Label]
  ) -> MemoryDescriptor? {
    guard let row = merged(rows, none: elementCount), let column = merged(columns, none: 1) else { return nil }
    let all = batches.map { axes[$0] ?? (1, elementCount) } + [row, column]
    return MemoryDescriptor(.float32, all.map(\.size), strides: all.map(\.stride))
  }

  /// Axes that lie in memory as one; where there is none, one of size 1 with the distance `none`.
  private func merged(_ labels: [EinsumEquation.Label], none: Int) -> (size: Int, stride: Int)? {
    let found = labels.compactMap { axes[$0] }.filter { $0.size > 1 }
    guard let last = found.last else { return (1, none) }
    for (outer, inner) in zip(found, found.dropFirst()) where outer.stride != inner.stride * inner.size { return nil }
    return (found.reduce(1) { $0 * $1.size }, last.stride)
  }
}
