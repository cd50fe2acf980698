/// Operators that pick elements by index.
extension OperatorRegistry {
  static let selection: [OperatorDefinition] = [
    OperatorDefinition(
      "Gather", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let (x, indices) = (try call.input(0), try call.input(1))
        _ = try call.elementType(1, oneOf: [.int32, .int64])
        let axis = try call.axis(call.attributes.int("axis", default: 0), rank: x.shape.rank)
        let dimensions = x.shape.dimensions
        return [
          try call.type(x.elementType, dimensions[..<axis] + indices.shape.dimensions + dimensions[(axis + 1)...])
        ]
      }
    ) { call, outputs throws(InferenceError) in
      let shape = try call.input(0).shape
      let axis = try call.axis(call.attributes.int("axis", default: 0), rank: shape.rank)
      let outer = shape.product(0..<axis)
      let (size, row) = (shape[axis], shape.product((axis + 1)..<shape.rank))
      let bytes = row * outputs[0].elementType.byteCount
      return Kernel { arguments throws(InferenceError) in
        let indices = IndexElements(arguments.input(1))
        let count = indices.count
        for i in 0..<count {
          let index = try indices.place(i, of: size)
          for o in 0..<outer {
            unsafe (arguments.output.pointer + (o * count + i) * bytes).copyMemory(
              from: arguments.input(0).pointer + (o * size + index) * bytes, byteCount: bytes)
          }
        }
      }
    },
    OperatorDefinition(
      "GatherElements", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let x = try call.input(0)
        _ = try AxisWalk(call)
        return [try call.type(x.elementType, call.input(1).shape.dimensions)]
      }
    ) { call, outputs throws(InferenceError) in
      ByteSize(of: outputs[0].elementType).throwingKernel(GatherElementsKernel(walk: try AxisWalk(call)))
    },
    OperatorDefinition(
      "GatherND", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let (x, indices) = (try call.input(0), try call.input(1))
        let tuples = try TupleIndices(
          data: x.shape, indices: indices, batchAxes: call.attributes.int("batch_dims", default: 0))
        return [
          try call.type(
            x.elementType,
            indices.shape.dimensions.dropLast() + x.shape.dimensions[(tuples.batchAxes + tuples.width)...])
        ]
      }
    ) { call, outputs throws(InferenceError) in
      let tuples = try TupleIndices(
        data: call.input(0).shape, indices: call.input(1), batchAxes: call.attributes.int("batch_dims", default: 0))
      return ByteSize(of: outputs[0].elementType).throwingKernel(GatherTuplesKernel(tuples: tuples))
    },
  ]

  private struct GatherElementsKernel: ThrowingSizedKernel {
    let walk: AxisWalk

    func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError) {
      let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
      try walk.forEach(IndexElements(arguments.input(1))) { data, place in y[place] = x[data] }
    }
  }

  private struct GatherTuplesKernel: ThrowingSizedKernel {
    let tuples: TupleIndices

    func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError) {
      let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
      let indices = IndexElements(arguments.input(1))
      for i in 0..<tuples.count {
        y.copy(tuples.block, of: x, from: try tuples.offset(i, indices), to: i * tuples.block)
      }
    }
  }
}

/// A sized kernel that can meet indices outside their axis.
protocol ThrowingSizedKernel: Sendable {
  func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError)
}

extension ByteSize {
  /// `sized` for elements of this size.
  func throwingKernel(_ sized: some ThrowingSizedKernel) -> Kernel {
    switch self {
    case .one: Kernel { arguments throws(InferenceError) in try sized.run(arguments, UInt8.self) }
    case .two: Kernel { arguments throws(InferenceError) in try sized.run(arguments, UInt16.self) }
    case .four: Kernel { arguments throws(InferenceError) in try sized.run(arguments, UInt32.self) }
    case .eight: Kernel { arguments throws(InferenceError) in try sized.run(arguments, UInt64.self) }
    }
  }
}

/// How `GatherElements` and `ScatterElements` go through their indices: each stands at a place of the data whose
/// coordinate along one axis it replaces.
struct AxisWalk: Sendable {
  private let sizes: [Int]
  private let strides: [Int]
  private let axis: Int
  private let axisSize: Int

  /// The walk over operand 1, the indices, on operand 0, the data.
  init(_ call: OperatorCall) throws(InferenceError) {
    let (data, indices) = (try call.input(0).shape, try call.input(1).shape)
    _ = try call.elementType(1, oneOf: [.int32, .int64])
    axis = try call.axis(call.attributes.int("axis", default: 0), rank: data.rank)
    guard indices.rank == data.rank else { throw .shape("indices of shape \(indices) for \(data)") }
    for other in 0..<data.rank where other != axis && indices[other] > data[other] {
      throw .shape("indices of shape \(indices) for \(data)")
    }
    (sizes, strides, axisSize) = (indices.dimensions, data.strides, data[axis])
  }

  /// Calls `body` with each place of the data and of the indices.
  func forEach(
    _ indices: IndexElements, _ body: (_ data: Int, _ index: Int) throws(InferenceError) -> Void
  ) throws(InferenceError) {
    guard indices.count > 0 else { return }
    var place = 0
    try step(0, 0, &place, indices, body)
  }

  private func step(
    _ depth: Int, _ offset: Int, _ place: inout Int, _ indices: IndexElements,
    _ body: (_ data: Int, _ index: Int) throws(InferenceError) -> Void
  ) throws(InferenceError) {
    let stride = depth == axis ? 0 : strides[depth]
    for i in 0..<sizes[depth] {
      let next = offset + i * stride
      if depth == sizes.count - 1 {
        try body(next + (try indices.place(place, of: axisSize)) * strides[axis], place)
        place += 1
      } else {
        try step(depth + 1, next, &place, indices, body)
      }
    }
  }
}

/// How `GatherND` and `ScatterND` find blocks of the data: by tuples of coordinates, the last axis of the indices.
struct TupleIndices: Sendable {
  /// Leading axes that data and indices share.
  let batchAxes: Int
  /// Coordinates in one tuple.
  let width: Int
  /// Tuples in all.
  let count: Int
  /// Elements that one tuple stands for.
  let block: Int
  private let perBatch: Int
  private let batchSpan: Int
  private let sizes: [Int]
  private let strides: [Int]

  init(data: TensorShape, indices: Fact, batchAxes: Int) throws(InferenceError) {
    guard indices.elementType == .int64 || indices.elementType == .int32, indices.shape.rank >= 1,
      batchAxes >= 0, batchAxes < indices.shape.rank, batchAxes <= data.rank
    else { throw .shape("indices of type \(indices.elementType) and shape \(indices.shape) for \(data)") }
    let width = indices.shape[indices.shape.rank - 1]
    guard width >= 1, batchAxes + width <= data.rank,
      (0..<batchAxes).allSatisfy({ data[$0] == indices.shape[$0] })
    else { throw .shape("indices of shape \(indices.shape) for \(data)") }
    self.batchAxes = batchAxes
    self.width = width
    count = indices.shape.product(0..<(indices.shape.rank - 1))
    perBatch = max(1, indices.shape.product(batchAxes..<(indices.shape.rank - 1)))
    batchSpan = data.product(batchAxes..<data.rank)
    block = data.product((batchAxes + width)..<data.rank)
    sizes = Array(data.dimensions[batchAxes..<(batchAxes + width)])
    strides = Array(data.strides[batchAxes..<(batchAxes + width)])
  }

  /// Where the block of tuple `index` begins in the data.
  func offset(_ index: Int, _ indices: IndexElements) throws(InferenceError) -> Int {
    var offset = index / perBatch * batchSpan
    for axis in 0..<width { offset += (try indices.place(index * width + axis, of: sizes[axis])) * strides[axis] }
    return offset
  }

  /// Elements that follow each other both in the data and among the blocks.
  struct Run: Sendable {
    var data: Int
    var block: Int
    var count: Int
  }

  /// The runs of all blocks, in order, for indices that are known; nil where one lies outside the data.
  func runs(_ indices: [Int]) -> [Run]? {
    guard indices.count == count * width else { return nil }
    var runs: [Run] = []
    for tuple in 0..<count {
      var offset = tuple / perBatch * batchSpan
      for axis in 0..<width {
        let index = indices[tuple * width + axis]
        let place = index < 0 ? index + sizes[axis] : index
        guard place >= 0, place < sizes[axis] else { return nil }
        offset += place * strides[axis]
      }
      if let last = runs.indices.last, runs[last].data + runs[last].count == offset {
        runs[last].count += block
      } else {
        runs.append(Run(data: offset, block: tuple * block, count: block))
      }
    }
    return runs
  }
}
