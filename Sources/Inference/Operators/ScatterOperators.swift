/// Operators that write elements of one tensor to places of another.
extension OperatorRegistry {
  static let scattering: [OperatorDefinition] = [
    OperatorDefinition(
      "ScatterElements",
      infer: { call throws(InferenceError) in
        _ = try AxisWalk(call)
        let (x, updates) = (try call.input(0), try call.input(2))
        guard updates.elementType == x.elementType, try updates.shape == call.input(1).shape else {
          throw .shape("updates of \(updates.elementType) and shape \(updates.shape) do not fit the indices")
        }
        return [x.type]
      }
    ) { call, outputs throws(InferenceError) in
      let walk = try AxisWalk(call)
      return try outputs[0].elementType.numberKernel(ScatterElementsKernel(walk: walk, reduction: Reduction(call)))
    },
    OperatorDefinition(
      "ScatterND",
      infer: { call throws(InferenceError) in
        let (x, indices, updates) = (try call.input(0), try call.input(1), try call.input(2))
        let tuples = try TupleIndices(data: x.shape, indices: indices, batchAxes: 0)
        guard updates.elementType == x.elementType,
          updates.shape.dimensions
            == Array(indices.shape.dimensions.dropLast() + x.shape.dimensions[tuples.width...])
        else { throw .shape("updates of \(updates.elementType) and shape \(updates.shape) do not fit the indices") }
        return [x.type]
      }
    ) { call, outputs throws(InferenceError) in
      let tuples = try TupleIndices(data: call.input(0).shape, indices: call.input(1), batchAxes: 0)
      let reduction = try Reduction(call)
      if reduction == .none, let places = try call.input(1).tensor?.integers, let runs = tuples.runs(places) {
        return ByteSize(of: outputs[0].elementType).kernel(ScatterRunsKernel(runs: runs))
      }
      return try outputs[0].elementType.numberKernel(ScatterTuplesKernel(tuples: tuples, reduction: reduction))
    },
    OperatorDefinition(
      "TensorScatter", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let (x, update) = (try call.input(0), try call.input(1))
        let axis = try cacheAxis(call)
        guard update.elementType == x.elementType, update.shape.rank == x.shape.rank,
          (0..<x.shape.rank).allSatisfy({
            $0 == axis ? update.shape[$0] <= x.shape[$0] : update.shape[$0] == x.shape[$0]
          })
        else { throw .shape("an update of shape \(update.shape) for \(x.shape)") }
        if call.has(2) {
          _ = try call.elementType(2, oneOf: [.int64])
          guard try call.input(2).shape.dimensions == [x.shape[0]] else {
            throw .shape("its places are not one a batch")
          }
        }
        return [x.type]
      }
    ) { call, outputs throws(InferenceError) in
      let (x, update, axis) = (try call.input(0).shape, try call.input(1).shape, try cacheAxis(call))
      let circular: Bool
      switch try call.attributes.string("mode", default: "linear") {
      case "linear": circular = false
      case "circular": circular = true
      case let mode: throw .invalid("mode \(mode) is neither linear nor circular")
      }
      return ByteSize(of: outputs[0].elementType).throwingKernel(
        CacheKernel(
          batches: x[0], rows: x.product(1..<axis), size: x[axis], length: update[axis],
          inner: x.product((axis + 1)..<x.rank), circular: circular))
    },
  ]

  private static func cacheAxis(_ call: OperatorCall) throws(InferenceError) -> Int {
    let axis = try call.axis(call.attributes.int("axis", default: -2), rank: call.input(0).shape.rank)
    guard axis > 0 else { throw .invalid("its axis is that of the batches") }
    return axis
  }

  private struct CacheKernel: ThrowingSizedKernel {
    let batches: Int
    let rows: Int
    let size: Int
    let length: Int
    let inner: Int
    let circular: Bool

    func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError) {
      arguments.output.copy(from: arguments.input(0))
      let (update, y) = (Elements<T>(arguments.input(1)), Elements<T>(arguments.output))
      let starts = arguments.optional(2).map { Elements<Int64>($0) }
      for batch in 0..<batches {
        let start = starts.map { $0[batch] } ?? 0
        guard start >= 0, start < Int64(max(1, size)), circular || start <= Int64(size - length) else {
          throw .shape("\(length) places from \(start) on are outside an axis of size \(size)")
        }
        for row in 0..<rows {
          for step in 0..<length {
            let place = circular ? (Int(start) + step) % size : Int(start) + step
            let line = batch * rows + row
            y.copy(inner, of: update, from: (line * length + step) * inner, to: (line * size + place) * inner)
          }
        }
      }
    }
  }

  /// What becomes of an element that an update falls on.
  private enum Reduction: String, Sendable {
    case none, add, mul, max, min

    init(_ call: OperatorCall) throws(InferenceError) {
      let name = try call.attributes.string("reduction", default: "none")
      guard let reduction = Reduction(rawValue: name) else { throw .unsupported("reduction \(name)") }
      let isBool = try call.input(0).elementType == .bool
      self = isBool && reduction == .add ? .max : isBool && reduction == .mul ? .min : reduction
    }

    @inline(__always)
    func callAsFunction<T: NumberElement>(_ old: T, _ new: T) -> T {
      switch self {
      case .none: new
      case .add: T.sum(old, new)
      case .mul: T.product(old, new)
      // What is no number stays so.
      case .max: old > new || old != old ? old : new
      case .min: old < new || old != old ? old : new
      }
    }
  }

  private struct ScatterElementsKernel: NumberKernel {
    let walk: AxisWalk
    let reduction: Reduction

    func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError) {
      arguments.output.copy(from: arguments.input(0))
      let (updates, y) = (Elements<T>(arguments.input(2)), Elements<T>(arguments.output))
      try walk.forEach(IndexElements(arguments.input(1))) { data, place in
        y[data] = reduction(y[data], updates[place])
      }
    }
  }

  /// Updates whose places are known beforehand.
  private struct ScatterRunsKernel: SizedKernel {
    let runs: [TupleIndices.Run]

    func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
      arguments.output.copy(from: arguments.input(0))
      let (updates, y) = (Elements<T>(arguments.input(2)), Elements<T>(arguments.output))
      for run in runs { y.copy(run.count, of: updates, from: run.block, to: run.data) }
    }
  }

  private struct ScatterTuplesKernel: NumberKernel {
    let tuples: TupleIndices
    let reduction: Reduction

    func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError) {
      arguments.output.copy(from: arguments.input(0))
      let (updates, y) = (Elements<T>(arguments.input(2)), Elements<T>(arguments.output))
      let indices = IndexElements(arguments.input(1))
      for i in 0..<tuples.count {
        let offset = try tuples.offset(i, indices)
        if reduction == .none {
          y.copy(tuples.block, of: updates, from: i * tuples.block, to: offset)
        } else {
          for j in 0..<tuples.block {
            y[offset + j] = reduction(y[offset + j], updates[i * tuples.block + j])
          }
        }
      }
    }
  }
}
