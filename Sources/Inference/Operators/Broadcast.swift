/// How operands of different shapes are read together: dimensions of size 1, and missing outer ones, repeat.
struct Broadcast: Sendable {
  /// Elements along the innermost axis, and how far each operand moves along it: 0 or 1.
  let inner: Int
  let steps: [Int]
  /// For each operand, where each inner row begins.
  let rows: [[Int]]

  /// The common shape of `shapes`.
  static func shape(_ shapes: [TensorShape]) throws(InferenceError) -> [Int] {
    let rank = shapes.map(\.rank).max() ?? 0
    var result = [Int](repeating: 1, count: rank)
    for shape in shapes {
      for (axis, size) in zip((rank - shape.rank)..<rank, shape.dimensions) where size != 1 {
        guard result[axis] == 1 || result[axis] == size else {
          throw .shape("shapes \(shapes.map(\.description).joined(separator: " and ")) do not fit each other")
        }
        result[axis] = size
      }
    }
    return result
  }

  /// How to read `operands` in the order of `result`, their common shape.
  init(_ operands: [TensorShape], to result: TensorShape) {
    var sizes: [Int] = []
    var strides = [[Int]](repeating: [], count: operands.count)
    for axis in 0..<result.rank where result[axis] != 1 {
      let moves = operands.map { operand -> Int in
        let own = axis - (result.rank - operand.rank)
        return own < 0 || operand[own] == 1 ? 0 : operand.strides[own]
      }
      // An axis whose neighbours lie in one run in every operand is the same axis as the one before.
      if let last = sizes.indices.last,
        moves.indices.allSatisfy({ strides[$0][last] == moves[$0] * result[axis] })
      {
        sizes[last] *= result[axis]
        for i in moves.indices { strides[i][last] = moves[i] }
      } else {
        sizes.append(result[axis])
        for i in moves.indices { strides[i].append(moves[i]) }
      }
    }
    let innerSize = result.elementCount == 0 ? 0 : (sizes.last ?? 1)
    let rowCount = innerSize == 0 ? 0 : result.elementCount / innerSize
    inner = innerSize
    steps = strides.map { $0.last ?? 0 }
    rows = strides.map { stride in
      var offsets: [Int] = []
      offsets.reserveCapacity(rowCount)
      var position = [Int](repeating: 0, count: max(0, sizes.count - 1))
      var offset = 0
      for _ in 0..<rowCount {
        offsets.append(offset)
        for axis in position.indices.reversed() {
          position[axis] += 1
          offset += stride[axis]
          if position[axis] < sizes[axis] { break }
          offset -= stride[axis] * sizes[axis]
          position[axis] = 0
        }
      }
      return offsets
    }
  }
}
