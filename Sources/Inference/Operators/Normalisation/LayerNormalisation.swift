/// Normalisation over all axes from one on, with a scale and a bias for each element.
extension OperatorRegistry {
  /// `LayerNormalization`, and those that take away no mean. Outputs: the result; the mean, or where none is taken
  /// away one divided by the deviation; one divided by the deviation.
  static func layerNormalisation(_ kind: OperatorKind, centred: Bool) -> OperatorDefinition {
    OperatorDefinition(
      kind,
      infer: { call throws(InferenceError) in
        let type = try call.realType(sharedBy: centred ? 1..<3 : 1..<2)
        let (x, axis) = (try call.input(0), try normalisedAxis(call))
        _ = try call.input(1)
        _ = try RowParameter(call, 1, axis: axis)
        _ = try centred ? RowParameter(call, 2, axis: axis) : nil
        let stash: ElementType = type == .float64 && kind != "LayerNormalization" ? .float64 : .float32
        let rows = x.shape.dimensions.enumerated().map { $0.offset < axis ? $0.element : 1 }
        let statistics = try call.type(stash, rows)
        return call.wanted([x.type, statistics, statistics])
      }
    ) { call, outputs throws(InferenceError) in
      let axis = try normalisedAxis(call)
      let shape = try call.input(0).shape
      return LayerNormalisation(
        inner: shape.product(axis..<shape.rank), centred: centred,
        epsilon: Double(try call.attributes.float("epsilon", default: 1e-5)),
        scale: try RowParameter(call, 1, axis: axis),
        bias: centred ? try RowParameter(call, 2, axis: axis) : nil, statistics: outputs.count - 1
      ).kernel(outputs[0].elementType)
    }
  }

  private static func normalisedAxis(_ call: OperatorCall) throws(InferenceError) -> Int {
    let shape = try call.input(0).shape
    return try call.axis(call.attributes.int("axis", default: -1), rank: shape.rank)
  }
}

/// A scale or bias that is repeated to the shape of what is normalised.
struct RowParameter: Sendable {
  /// Where each element is found, over one row or over the whole operand; nil where it has an element for each of a row
  /// in order.
  let places: [Int]?

  /// Operand `index` of `call`; nil where absent.
  init?(_ call: OperatorCall, _ index: Int, axis: Int) throws(InferenceError) {
    guard call.has(index) else { return nil }
    let (whole, own) = (try call.input(0).shape, try call.input(index).shape)
    let inner = whole.product(axis..<whole.rank)
    let row = Array(whole.dimensions[axis...])
    if own.elementCount == inner, own.dimensions.drop(while: { $0 == 1 }).elementsEqual(row.drop(while: { $0 == 1 })) {
      places = nil
      return
    }
    // Some exporters give as many elements as a row has, in another shape.
    if own.elementCount == inner, own.rank == 1 {
      places = nil
      return
    }
    let spansRow = own.rank <= row.count
    guard let target = TensorShape(spansRow ? row : whole.dimensions),
      try Broadcast.shape([own, target]) == target.dimensions
    else { throw .shape("input \(index) of shape \(own) does not fit \(whole)") }
    let broadcast = Broadcast([own], to: target)
    places = broadcast.rows[0].flatMap { base in (0..<broadcast.inner).map { base + $0 * broadcast.steps[0] } }
  }

  /// The place of the element for element `index` of the operand, counted from 0 over all of it.
  @inline(__always) func place(_ index: Int, inner: Int) -> Int {
    guard let places else { return index % inner }
    return places[index % places.count]
  }
}

private struct LayerNormalisation: RealKernel {
  let inner: Int
  /// Whether the mean is taken away first.
  let centred: Bool
  let epsilon: Double
  let scale: RowParameter?
  let bias: RowParameter?
  /// How many of the statistics are results.
  let statistics: Int

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    let scales = scale == nil ? nil : arguments.optional(1).map { Elements<T>($0) }
    let biases = bias == nil ? nil : arguments.optional(2).map { Elements<T>($0) }
    let plain = scale?.places == nil && bias?.places == nil
    for row in 0..<(inner == 0 ? 0 : x.count / inner) {
      let range = (row * inner)..<((row + 1) * inner)
      let mean = centred ? T.sum(x, range) / Double(inner) : 0
      let factor = 1 / (T.squares(x, range, around: mean) / Double(inner) + epsilon).squareRoot()
      if plain {
        T.map(
          x, from: row * inner, y, to: row * inner, count: inner, mean: mean, factor: factor, scale: scales,
          shift: biases)
      } else {
        for i in range {
          let s = scale.flatMap { place in scales.map { $0[place.place(i, inner: inner)].real } } ?? 1
          let b = bias.flatMap { place in biases.map { $0[place.place(i, inner: inner)].real } } ?? 0
          y[i] = T((x[i].real - mean) * factor * s + b)
        }
      }
      if statistics > 0 { store(centred ? mean : factor, arguments.outputs[1], row) }
      if statistics > 1 { store(factor, arguments.outputs[2], row) }
    }
  }

  private func store(_ value: Double, _ tensor: HostTensor, _ index: Int) {
    if tensor.elementType == .float64 {
      Elements<Double>(tensor)[index] = value
    } else {
      Elements<Float>(tensor)[index] = Float(value)
    }
  }
}
