/// Which scale each element of a quantised tensor has.
enum QuantisationAxis: Sendable {
  /// One scale for all elements.
  case whole(count: Int)
  /// One for each place of an axis of `size`.
  case axis(outer: Int, size: Int, inner: Int)
  /// One for each block of `width` neighbours along an axis of `size`, at each place of the other axes.
  case blocks(outer: Int, size: Int, inner: Int, width: Int, count: Int)

  /// Elements from `start` on that follow each other: all with the scale numbered `scale` where `step` is 0, else each
  /// with the next one.
  struct Run {
    var start: Int
    var count: Int
    var scale: Int
    var step: Int
  }

  /// The scales of operand 1, and the zero points of operand 2, on operand 0.
  init(_ call: OperatorCall) throws(InferenceError) {
    let (x, scale) = (try call.input(0).shape, try call.input(1))
    _ = try call.elementType(1, oneOf: [.float32, .float16, .bfloat16])
    if call.has(2), try call.input(2).shape.elementCount != scale.shape.elementCount {
      throw .shape("scales of shape \(scale.shape) and zero points of shape \(try call.input(2).shape)")
    }
    let width = try call.attributes.int("block_size", default: 0)
    guard width >= 0 else { throw .invalid("a block size of \(width)") }
    if scale.shape.elementCount == 1, width == 0 || scale.shape.rank == 0 {
      self = .whole(count: x.elementCount)
      return
    }
    let axis = try call.axis(call.attributes.int("axis", default: 1), rank: x.rank)
    let (outer, size, inner) = (x.product(0..<axis), x[axis], x.product((axis + 1)..<x.rank))
    if width == 0 {
      guard scale.shape.rank == 1, scale.shape[0] == size else {
        throw .shape("scales of shape \(scale.shape) do not fit axis \(axis) of \(x)")
      }
      self = .axis(outer: outer, size: size, inner: inner)
      return
    }
    let count = size / width + (size % width == 0 ? 0 : 1)
    guard scale.shape.rank == x.rank,
      (0..<x.rank).allSatisfy({ scale.shape[$0] == ($0 == axis ? count : x[$0]) })
    else { throw .shape("scales of shape \(scale.shape) do not fit blocks of \(width) along axis \(axis) of \(x)") }
    self = .blocks(outer: outer, size: size, inner: inner, width: width, count: count)
  }

  /// Calls `body` with all elements in order.
  @inline(__always)
  func forEachRun(_ body: (Run) -> Void) {
    switch self {
    case .whole(let count): body(Run(start: 0, count: count, scale: 0, step: 0))
    case .axis(let outer, let size, 1):
      for o in 0..<outer { body(Run(start: o * size, count: size, scale: 0, step: 1)) }
    case .axis(let outer, let size, let inner):
      for o in 0..<outer {
        for place in 0..<size { body(Run(start: (o * size + place) * inner, count: inner, scale: place, step: 0)) }
      }
    case .blocks(let outer, let size, 1, let width, let count):
      for o in 0..<outer {
        for b in 0..<count {
          let start = b * width
          body(Run(start: o * size + start, count: min(width, size - start), scale: o * count + b, step: 0))
        }
      }
    case .blocks(let outer, let size, let inner, let width, let count):
      for o in 0..<outer {
        for place in 0..<size {
          let scale = (o * count + place / width) * inner
          body(Run(start: (o * size + place) * inner, count: inner, scale: scale, step: 1))
        }
      }
    }
  }
}
