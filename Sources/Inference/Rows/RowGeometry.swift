/// How the elements of a result are cut into rows, and where each operand's rows begin.
struct RowGeometry {
  let rows: Int
  /// Elements in a row.
  let width: Int
  /// For each operand, where its rows begin and whether it moves along them; nil for an operand that lies like the
  /// result.
  let operands: [(starts: [Int64], step: Int32)?]

  /// Rows along the last axis of `result`, which is not empty.
  init(rowsOf result: TensorShape, operands shapes: [TensorShape]) {
    let width = result.dimensions.last ?? 1
    let outer = TensorShape(Array(result.dimensions.dropLast())) ?? .scalar
    self.width = width
    rows = outer.elementCount
    operands = shapes.map { shape in
      if shape == result { return nil }
      let own = shape.dimensions.last ?? 1
      let broadcast = Broadcast([TensorShape(Array(shape.dimensions.dropLast())) ?? .scalar], to: outer)
      let starts = broadcast.rows[0].flatMap { row in
        (0..<broadcast.inner).map { Int64((row + $0 * broadcast.steps[0]) * own) }
      }
      return (starts, own == width && width > 1 ? 1 : 0)
    }
  }

  /// Rows as long as they can be, for operations on single elements.
  init(elementsOf result: TensorShape, operands shapes: [TensorShape]) {
    if shapes.allSatisfy({ $0.elementCount == 1 || $0 == result }) {
      width = Self.flatWidth
      rows = result.elementCount / Self.flatWidth
      let count = rows + 1
      operands = shapes.map { $0 == result ? nil : ([Int64](repeating: 0, count: count), 0) }
      return
    }
    let broadcast = Broadcast([result] + shapes, to: result)
    width = broadcast.inner
    rows = broadcast.rows[0].count
    operands = shapes.indices.map { place in
      shapes[place] == result
        ? nil : (broadcast.rows[place + 1].map { Int64($0) }, Int32(broadcast.steps[place + 1]))
    }
  }

  /// The width of rows where all operands lie alike; what is left over is one shorter row.
  static let flatWidth = 256
}
