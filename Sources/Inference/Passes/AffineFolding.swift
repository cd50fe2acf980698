/// Moves a batch normalisation that follows a convolution into the convolution's weights and bias.
enum BatchNormFolding {
  static func run(_ graph: Graph) throws(InferenceError) -> Graph {
    var graph = graph
    let index = GraphIndex(graph)
    var dropped: Set<Int> = []
    for place in graph.body.nodes.indices where graph.body.nodes[place].kind == .conv {
      var node = graph.body.nodes[place]
      guard let output = node.outputs.first ?? nil, let next = index.soleReader(output),
        graph.body.nodes[next].kind == .batchNormalization, graph.body.nodes[next].input(0) == output,
        let weightID = node.input(1), let weights = graph[weightID].tensor, weights.elementType == .float32,
        let filters = weights.shape.dimensions.first, filters > 0
      else { continue }
      let normalisation = graph.body.nodes[next]
      let parameters = (1..<5).compactMap { normalisation.input($0).flatMap { graph[$0].tensor?.floats } }
      let epsilon = try normalisation.attributes.float("epsilon", default: 1e-5)
      guard parameters.count == 4, parameters.allSatisfy({ $0.count == filters }) else { continue }
      var bias = [Float](repeating: 0, count: filters)
      if let id = node.input(2) {
        guard let values = graph[id].tensor?.floats, values.count == filters else { continue }
        bias = values
      }
      var folded = weights.array(of: Float.self)
      let taps = folded.count / filters
      for filter in 0..<filters {
        let factor = Double(parameters[0][filter]) / (Double(parameters[3][filter]) + Double(epsilon)).squareRoot()
        for tap in (filter * taps)..<((filter + 1) * taps) { folded[tap] = Float(Double(folded[tap]) * factor) }
        bias[filter] = Float(
          (Double(bias[filter]) - Double(parameters[2][filter])) * factor + Double(parameters[1][filter]))
      }
      guard let newWeights = Tensor(folded, shape: weights.shape), let shape = TensorShape([filters]),
        let newBias = Tensor(bias, shape: shape)
      else { throw .limit("folded weights do not fit the memory") }
      node.inputs = [
        node.input(0), graph.addConstant(newWeights, name: graph[weightID].name),
        graph.addConstant(newBias, name: "\(graph[weightID].name) bias"),
      ]
      node.outputs = normalisation.outputs
      graph.body.nodes[place] = node
      dropped.insert(next)
    }
    graph.body.nodes = graph.body.nodes.enumerated().filter { !dropped.contains($0.offset) }.map(\.element)
    return graph
  }
}
