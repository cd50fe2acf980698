/// Where the elements lie that a reduction over some axes folds into each element of its result.
struct ReductionGeometry: Sendable {
  /// For each run of the result, where the first of its elements lies.
  let bases: [Int]
  /// Neighbouring elements of the result that one base serves.
  let keptRun: Int
  /// From a base, where each run to be folded begins.
  let offsets: [Int]
  /// Neighbouring elements that are folded.
  let foldedRun: Int

  /// Elements that fold into one.
  var foldedCount: Int { offsets.count * foldedRun }

  /// The geometry of folding `axes` of `shape`; no results at all where the shape has no elements.
  init(_ shape: TensorShape, over axes: Set<Int>) {
    // Neighbouring axes of one sort are one axis.
    var groups: [(size: Int, stride: Int, isFolded: Bool)] = []
    for axis in 0..<shape.rank where shape[axis] != 1 {
      let isFolded = axes.contains(axis)
      if let last = groups.last, last.isFolded == isFolded {
        groups[groups.count - 1] = (last.size * shape[axis], shape.strides[axis], isFolded)
      } else {
        groups.append((shape[axis], shape.strides[axis], isFolded))
      }
    }
    if shape.elementCount == 0 { groups = [(0, 1, false)] }
    let last = groups.popLast() ?? (1, 1, true)
    keptRun = last.isFolded ? 1 : last.size
    foldedRun = last.isFolded ? last.size : 1
    bases = Self.places(groups.filter { !$0.isFolded }.map { ($0.size, $0.stride) })
    offsets = Self.places(groups.filter(\.isFolded).map { ($0.size, $0.stride) })
  }

  /// Where each element of a grid lies, in row-major order.
  private static func places(_ axes: [(size: Int, stride: Int)]) -> [Int] {
    var places = [0]
    for (size, stride) in axes {
      places = places.flatMap { base in (0..<size).map { base + $0 * stride } }
    }
    return places
  }

  /// Calls `body` with the number of each element of the result and where the first of its elements lies.
  @inline(__always)
  func forEachResult(_ body: (_ result: Int, _ base: Int) -> Void) {
    for index in bases.indices {
      for lane in 0..<keptRun { body(index * keptRun + lane, bases[index] + lane) }
    }
  }
}

/// Lines along one axis of a tensor.
struct AxisLines: Sendable {
  /// Elements of a line.
  let size: Int
  /// The distance between neighbours in a line.
  let step: Int
  /// The number of lines.
  let count: Int

  /// The lines of `shape` along `axis`; a scalar is one line of one element.
  init(_ shape: TensorShape, axis: Int) {
    self.init(shape, from: axis, to: axis + 1)
  }

  /// The lines of `shape` along all axes of `axis...`, taken as one.
  init(_ shape: TensorShape, from axis: Int) {
    self.init(shape, from: axis, to: shape.rank)
  }

  private init(_ shape: TensorShape, from start: Int, to end: Int) {
    guard shape.rank > 0 else {
      (size, step, count) = (1, 1, 1)
      return
    }
    size = shape.product(start..<end)
    step = shape.product(end..<shape.rank)
    count = shape.product(0..<start) * step
  }

  /// Where the first element of `line` lies, in a tensor whose lines have `length` elements.
  @inline(__always)
  func base(_ line: Int, length: Int) -> Int { line / step * step * length + line % step }
}
