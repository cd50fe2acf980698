/// A convolution or product with constant weights, with what follows it and is computed together with it.
struct QuantisableLayer {
  /// The node's place in the graph's outermost block.
  let place: Int
  /// What it is called.
  let label: String
  /// What it multiplies.
  let input: ValueID
  let weights: ValueID
  let bias: ValueID?
  /// The axis of the weights that counts output channels.
  let weightAxis: Int
  /// The axis of results that counts output channels.
  let channelAxis: Int
  /// Whether a bias may be stored as whole numbers, and one be added.
  let takesBias: Bool
  /// Whether the product or the bias is multiplied by a number besides.
  let isScaled: Bool
  /// What it gives before anything that follows.
  let result: ValueID
  /// What it gives after everything that is computed together with it.
  let end: ValueID
  /// Multiplications with an addition in one run.
  let multiplyAdds: Int

  /// The layers of a prepared model, in order.
  static func all(_ prepared: PreparedModel) throws(InferenceError) -> [QuantisableLayer] {
    let index = GraphIndex(prepared.graph)
    var layers: [QuantisableLayer] = []
    for place in prepared.graph.body.nodes.indices {
      if let layer = try QuantisableLayer(place, prepared, index) { layers.append(layer) }
    }
    return layers
  }

  private init?(_ place: Int, _ prepared: PreparedModel, _ index: GraphIndex) throws(InferenceError) {
    let graph = prepared.graph
    let node = graph.body.nodes[place]
    guard [.conv, .gemm, .matMul].contains(node.kind), let x = node.input(0), let w = node.input(1),
      prepared.activations.contains(x), let tensor = graph[w].tensor, tensor.elementType == .float32,
      tensor.shape.elementCount > 0, let result = node.outputs.first ?? nil, let output = graph[result].type?.shape
    else { return nil }
    self.place = place
    label = prepared.label(node)
    (input, weights, self.result) = (x, w, result)
    var (takesBias, isScaled) = (true, false)
    switch node.kind {
    case .conv:
      guard tensor.shape.rank >= 3 else { return nil }
      (weightAxis, channelAxis) = (0, 1)
    case .gemm:
      guard tensor.shape.rank == 2, try node.attributes.int("transA", default: 0) == 0 else { return nil }
      weightAxis = try node.attributes.int("transB", default: 0) != 0 ? 0 : 1
      channelAxis = 1
      // A bias is stored in steps of both scales where nothing else multiplies them.
      let (alpha, beta) = (
        try node.attributes.float("alpha", default: 1), try node.attributes.float("beta", default: 1)
      )
      isScaled = alpha != 1 || beta != 1
      takesBias = !isScaled
    default:
      guard tensor.shape.rank == 2, let rank = graph[x].type?.shape.rank, rank >= 2 else { return nil }
      (weightAxis, channelAxis) = (1, output.rank - 1)
      takesBias = false
    }
    if let id = node.input(2) {
      guard let bias = graph[id].tensor, bias.elementType == .float32 else { return nil }
      if bias.shape.dimensions != [tensor.shape[weightAxis]] { takesBias = false }
      self.bias = id
    } else {
      bias = nil
    }
    (self.takesBias, self.isScaled) = (takesBias, isScaled)
    let (count, overflow) = output.elementCount.multipliedReportingOverflow(
      by: tensor.shape.elementCount / max(1, tensor.shape[weightAxis]))
    multiplyAdds = overflow ? .max : count
    end = Self.end(of: result, graph, index, isProduct: node.kind == .matMul)
  }

  /// The last value of what the engine computes together with the layer: a product's bias, bounds and slopes, each once.
  private static func end(of result: ValueID, _ graph: Graph, _ index: GraphIndex, isProduct: Bool) -> ValueID {
    var (value, seen) = (result, Set<OperatorKind>())
    while let place = index.soleReader(value) {
      let node = graph.body.nodes[place]
      guard let output = node.outputs.first ?? nil, node.outputs.count == 1, graph[output].type == graph[value].type,
        node.input(0) == value || node.kind == .add
      else { break }
      switch node.kind {
      case .relu, "LeakyRelu": guard seen.insert(.relu).inserted else { return value }
      case .clip:
        guard seen.insert(.clip).inserted,
          node.inputs.dropFirst().allSatisfy({ $0.map { graph[$0].tensor != nil } ?? true })
        else { return value }
      case .add:
        guard isProduct, seen.insert(.add).inserted, seen.count == 1, node.inputs.count == 2,
          let other = node.inputs.first(where: { $0 != value }) ?? nil, let tensor = graph[other].tensor,
          tensor.elementType == .float32, let columns = graph[value].type?.shape.dimensions.last,
          tensor.shape.elementCount == columns, tensor.shape.dimensions.last == columns
        else { return value }
      default: return value
      }
      value = output
    }
    return value
  }
}
