import Testing

@testable import BraidInference

/// Operators that rearrange elements, against the coordinates that each element should come from.
@Suite struct MovementTests {
  /// The elements of a result of `shape`, each taken from the place of a counting operand that `source` gives.
  private func expect(
    _ found: Tensor, _ shape: [Int], from operand: [Int], _ comment: Comment,
    _ source: ([Int]) -> [Int]?
  ) throws {
    #expect(found.shape.dimensions == shape, comment)
    let strides = try #require(TensorShape(operand)).strides
    var expected: [Float] = []
    for index in 0..<shape.reduce(1, *) {
      var (rest, place) = (index, [Int](repeating: 0, count: shape.count))
      for axis in shape.indices.reversed() {
        place[axis] = rest % shape[axis]
        rest /= shape[axis]
      }
      expected.append(source(place).map { Float(zip($0, strides).map { $0 * $1 }.reduce(0, +)) } ?? -1)
    }
    #expect(found.array(of: Float.self) == expected, comment)
  }

  private func randomShape(_ random: inout Seeded, least: Int = 1) -> [Int] {
    (0..<Int.random(in: 1...5, using: &random)).map { _ in Int.random(in: least...5, using: &random) }
  }

  @Test("A transposition takes each element from its place with the axes in the other order", arguments: 0..<30)
  func transposition(seed: UInt64) throws {
    var random = Seeded(seed)
    let shape = randomShape(&random)
    let order = Array(shape.indices).shuffled(using: &random)
    let found = try OperatorUse(.transpose, ["perm": .ints(order)])(counting(shape))[0]
    try expect(found, order.map { shape[$0] }, from: shape, "\(shape) \(order)") { place in
      var source = place
      for (axis, from) in order.enumerated() { source[from] = place[axis] }
      return source
    }
  }

  @Test("A slice takes every step-th element between its bounds, in either direction", arguments: 0..<60)
  func slice(seed: UInt64) throws {
    var random = Seeded(seed)
    let shape = randomShape(&random)
    var (starts, ends, steps, places): ([Int64], [Int64], [Int64], [[Int]]) = ([], [], [], [])
    for size in shape {
      let step = [-3, -2, -1, 1, 2, 3].randomElement(using: &random) ?? 1
      let (start, end) = (Int.random(in: -8...8, using: &random), Int.random(in: -8...8, using: &random))
      starts.append(Int64(start))
      ends.append(Int64(end))
      steps.append(Int64(step))
      // The rule of the standard, place by place.
      var (at, stop) = (start < 0 ? start + size : start, end < 0 ? end + size : end)
      (at, stop) =
        step > 0
        ? (min(max(at, 0), size), min(max(stop, 0), size)) : (min(max(at, 0), size - 1), min(max(stop, -1), size - 1))
      var list: [Int] = []
      while step > 0 ? at < stop : at > stop {
        list.append(at)
        at += step
      }
      places.append(list)
    }
    let found = try OperatorUse(.slice)(
      counting(shape), tensor(starts), tensor(ends), integers(0, 1, 2, 3, 4).first(shape.count), tensor(steps))[0]
    try expect(found, places.map(\.count), from: shape, "\(shape) \(starts) \(ends) \(steps)") { place in
      zip(places, place).map { $0[$1] }
    }
  }

  @Test(
    "Padding repeats the constant, the edge, or the axis mirrored or wrapped; below zero it cuts", arguments: 0..<80)
  func padding(seed: UInt64) throws {
    var random = Seeded(seed)
    let shape = randomShape(&random, least: 2)
    let mode = ["constant", "edge", "reflect", "wrap"][Int(seed % 4)]
    let low = mode == "constant" ? -1 : 0
    let before = shape.map { _ in Int.random(in: low...4, using: &random) }
    let after = shape.map { _ in Int.random(in: low...4, using: &random) }
    let found = try OperatorUse(.pad, ["mode": .string(mode)])(
      counting(shape), tensor((before + after).map(Int64.init)), tensor([Float(-1)], []))[0]
    let result = shape.indices.map { shape[$0] + before[$0] + after[$0] }
    try expect(found, result, from: shape, "\(mode) \(shape) \(before) \(after)") { place in
      var source: [Int] = []
      for axis in shape.indices {
        var at = place[axis] - before[axis]
        let size = shape[axis]
        while at < 0 || at >= size {
          switch mode {
          case "constant": return nil
          case "edge": at = at < 0 ? 0 : size - 1
          case "reflect": at = at < 0 ? -at : 2 * (size - 1) - at
          default: at += at < 0 ? size : -size
          }
        }
        source.append(at)
      }
      return source
    }
  }

  @Test("Tiles and expansions repeat whole axes", arguments: 0..<20)
  func repetition(seed: UInt64) throws {
    var random = Seeded(seed)
    let shape = randomShape(&random)
    let repeats = shape.map { _ in Int.random(in: 0...3, using: &random) }
    let tiled = try OperatorUse("Tile")(counting(shape), tensor(repeats.map(Int64.init)))[0]
    try expect(tiled, zip(shape, repeats).map { $0 * $1 }, from: shape, "\(shape) \(repeats)") { place in
      zip(place, shape).map { $0 % $1 }
    }
    let ones = shape.map { $0 > 2 ? 1 : $0 }
    let expanded = try OperatorUse("Expand")(counting(ones), tensor(([2] + shape).map(Int64.init)))[0]
    try expect(expanded, [2] + shape, from: ones, "\(ones) to \(shape)") { place in
      zip(place.dropFirst(), ones).map { $1 == 1 ? 0 : $0 }
    }
  }

  @Test("Depth to space and back is where it began, in both orders")
  func depthAndSpace() throws {
    let x = try counting([2, 12, 3, 5])
    for mode in ["DCR", "CRD"] {
      let attributes: [String: AttributeValue] = ["blocksize": .int(2), "mode": .string(mode)]
      let wide = try OperatorUse("DepthToSpace", attributes)(x)[0]
      #expect(wide.shape.dimensions == [2, 3, 6, 10])
      // The pixel to the right of the first comes from the channel after it, in blocks or within one.
      #expect(wide.array(of: Float.self)[1] == Float(mode == "DCR" ? 3 * 15 : 15))
      let deep = try OperatorUse("SpaceToDepth", attributes)(wide)[0]
      #expect(deep.array(of: Float.self) == x.array(of: Float.self))
    }
  }

  @Test("An uneven split leaves the last part smaller, and joined again it is whole")
  func split() throws {
    let x = try counting([2, 7, 3])
    let parts = try OperatorUse("Split", ["axis": .int(1), "num_outputs": .int(3)], outputs: 3)(x)
    #expect(parts.map { $0.shape.dimensions[1] } == [3, 3, 1])
    let whole = try OperatorUse(.concat, ["axis": .int(-2)]).results(parts)[0]
    #expect(whole.array(of: Float.self) == x.array(of: Float.self))
  }

  @Test("Sequences are turned around as far as their lengths say")
  func reversal() throws {
    let found = try OperatorUse("ReverseSequence", ["time_axis": .int(1), "batch_axis": .int(0)])(
      counting([2, 4]), integers(3, 1))[0]
    #expect(found.array(of: Float.self) == [2, 1, 0, 3, 4, 5, 6, 7])
  }

  @Test("Half types are moved bit by bit")
  func halves() throws {
    let codes: [UInt16] = [0x7e01, 0xfe02, 0x0001, 0x8000]
    let x = try tensor(codes, [2, 2]).viewed(as: .float16)
    let found = try OperatorUse(.transpose)(x)[0]
    #expect(found.elementType == .float16)
    #expect(found.array(of: UInt16.self) == [0x7e01, 0x0001, 0xfe02, 0x8000])
  }
}

extension Tensor {
  /// The first `count` elements of a vector of whole numbers.
  fileprivate func first(_ count: Int) throws -> Tensor {
    try tensor(Array(array(of: Int64.self).prefix(count)))
  }
}
