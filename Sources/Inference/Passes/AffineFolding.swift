/// Moves what follows a convolution and only scales and shifts its channels into the weights and bias: a batch
/// normalisation, and products, quotients, sums and differences with constants.
enum AffineFolding {
  /// y = factors[c] x + shifts[c] for each channel.
  private struct Affine {
    var factors: [Double]
    var shifts: [Double]
  }

  static func run(_ graph: Graph) throws(InferenceError) -> Graph {
    var graph = graph
    // The index stays true while nodes are only emptied: results move to the convolution before them.
    let index = GraphIndex(graph)
    for place in graph.body.nodes.indices where graph.body.nodes[place].kind == .conv {
      while try fold(&graph, index, place) {}
    }
    return DeadCode.run(graph)
  }

  /// Folds the node behind the convolution at `place`; false where there is none to fold.
  private static func fold(_ graph: inout Graph, _ index: GraphIndex, _ place: Int) throws(InferenceError) -> Bool {
    var node = graph.body.nodes[place]
    guard let output = node.outputs.first ?? nil, let next = index.soleReader(output), let weightID = node.input(1),
      let weights = graph[weightID].tensor, weights.elementType == .float32,
      let filters = weights.shape.dimensions.first, filters > 0, weights.shape.elementCount > 0,
      let affine = try affine(graph.body.nodes[next], of: output, filters, graph)
    else { return false }
    var bias = [Float](repeating: 0, count: filters)
    if let id = node.input(2) {
      guard let values = graph[id].tensor?.floats, values.count == filters else { return false }
      bias = values
    }
    var folded = weights.array(of: Float.self)
    let taps = folded.count / filters
    for filter in 0..<filters {
      let factor = affine.factors[filter]
      for tap in (filter * taps)..<((filter + 1) * taps) { folded[tap] = Float(Double(folded[tap]) * factor) }
      bias[filter] = Float(Double(bias[filter]) * factor + affine.shifts[filter])
    }
    // What overflows in the weights need not have in the result.
    guard folded.allSatisfy(\.isFinite), bias.allSatisfy(\.isFinite) else { return false }
    guard let newWeights = Tensor(folded, shape: weights.shape), let shape = TensorShape([filters]),
      let newBias = Tensor(bias, shape: shape)
    else { throw .limit("folded weights do not fit the memory") }
    node.inputs = [
      node.input(0), graph.addConstant(newWeights, name: graph[weightID].name),
      graph.addConstant(newBias, name: "\(graph[weightID].name) bias"),
    ]
    node.outputs = [graph.body.nodes[next].outputs[0]]
    graph.body.nodes[place] = node
    graph.body.nodes[next].outputs = []
    return true
  }

  /// What `node` does to `value`, of `channels`; nil where it does more than that.
  private static func affine(
    _ node: Node, of value: ValueID, _ channels: Int, _ graph: Graph
  ) throws(InferenceError) -> Affine? {
    guard node.outputs.count == 1, node.outputs[0] != nil else { return nil }
    if node.kind == .batchNormalization {
      // In training the statistics are the batch's own.
      guard node.input(0) == value, try node.attributes.int("training_mode", default: 0) == 0 else { return nil }
      let parameters = (1..<5).compactMap { node.input($0).flatMap { graph[$0].tensor?.floats } }
      let epsilon = Double(try node.attributes.float("epsilon", default: 1e-5))
      guard parameters.count == 4, parameters.allSatisfy({ $0.count == channels }) else { return nil }
      let factors = (0..<channels).map {
        Double(parameters[0][$0]) / (Double(parameters[3][$0]) + epsilon).squareRoot()
      }
      let shifts = (0..<channels).map { Double(parameters[1][$0]) - Double(parameters[2][$0]) * factors[$0] }
      return Affine(factors: factors, shifts: shifts)
    }
    guard [.add, .mul, "Sub", "Div"].contains(node.kind), node.inputs.count == 2, node.inputs.contains(value),
      let other = node.inputs[0] == value ? node.inputs[1] : node.inputs[0], other != value,
      let tensor = graph[other].tensor, let values = tensor.floats, tensor.elementType == .float32,
      let shape = graph[value].type?.shape, tensor.shape.rank <= shape.rank
    else { return nil }
    let full = [Int](repeating: 1, count: shape.rank - tensor.shape.rank) + tensor.shape.dimensions
    guard values.count == 1 || (values.count == channels && full.count > 1 && full[1] == channels) else { return nil }
    let wide = values.count == channels ? values : [Float](repeating: values[0], count: channels)
    let levels = wide.map(Double.init)
    let isFirst = node.inputs[0] == value
    switch node.kind {
    case .add: return Affine(factors: levels.map { _ in 1 }, shifts: levels)
    case .mul: return Affine(factors: levels, shifts: levels.map { _ in 0 })
    case "Sub":
      return isFirst
        ? Affine(factors: levels.map { _ in 1 }, shifts: levels.map { -$0 })
        : Affine(factors: levels.map { _ in -1 }, shifts: levels)
    default:
      guard isFirst, levels.allSatisfy({ $0 != 0 }) else { return nil }
      return Affine(factors: levels.map { 1 / $0 }, shifts: levels.map { _ in 0 })
    }
  }
}
