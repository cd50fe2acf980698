/// Puts QuantizeLinear and DequantizeLinear into a prepared graph, as its placement says.
struct QuantisedGraph {
  private(set) var graph: Graph

  /// - Parameters:
  ///   - graph: a prepared graph.
  ///   - placement: what is stored, and how.
  ///   - weightLimit: the greatest magnitude of stored weights.
  ///   - means: the mean of each channel of what layers take, for those whose biases are corrected by what storing adds on average.
  /// - Throws: `limit-exceeded` where there is no memory.
  init(
    _ graph: Graph, _ placement: QuantisedPlacement, weightLimit: Int, means: [ValueID: [Double]] = [:]
  ) throws(InferenceError) {
    self.graph = graph
    let layers = Dictionary(placement.layers.map { ($0.place, $0) }) { first, _ in first }
    var nodes: [Node] = []
    var replaced: [ValueID: ValueID] = [:]
    for id in graph.body.inputs { try store(id, placement, &nodes, &replaced) }
    for (place, node) in graph.body.nodes.enumerated() {
      var node = node
      node.inputs = node.inputs.map { $0.map { replaced[$0] ?? $0 } }
      if let layer = layers[place], let meaning = placement.meanings[layer.input] {
        try storeWeights(layer, &node, meaning, weightLimit, means[layer.input], &nodes)
      }
      nodes.append(node)
      for case .some(let output) in node.outputs { try store(output, placement, &nodes, &replaced) }
    }
    self.graph.body.nodes = nodes
    self.graph = DeadCode.run(self.graph)
  }

  /// Adds the conversions of `value` to bytes and back, where it is stored.
  private mutating func store(
    _ value: ValueID, _ placement: QuantisedPlacement, _ nodes: inout [Node], _ replaced: inout [ValueID: ValueID]
  ) throws(InferenceError) {
    guard let meaning = placement.meanings[value] else { return }
    let name = graph[value].name
    guard let scale = Tensor([meaning.scale], shape: .scalar),
      let zero = Tensor([UInt8(clamping: meaning.zeroPoint)], shape: .scalar)
    else { throw .limit("a constant does not fit the memory") }
    let scaleID = graph.addConstant(scale, name: "\(name)_scale")
    let zeroID = graph.addConstant(zero, name: "\(name)_zero_point")
    let shape = graph[value].type?.shape
    let stored = add("\(name)_stored", shape, .uint8)
    let real = add("\(name)_real", shape, .float32)
    nodes.append(
      Node(
        name: "\(name)_QuantizeLinear", kind: .quantizeLinear, inputs: [value, scaleID, zeroID], outputs: [stored]))
    nodes.append(
      Node(
        name: "\(name)_DequantizeLinear", kind: .dequantizeLinear, inputs: [stored, scaleID, zeroID], outputs: [real]))
    replaced[value] = real
  }

  private mutating func add(_ name: String, _ shape: TensorShape?, _ type: ElementType) -> ValueID {
    graph.add(
      Value(name: name, declared: nil, type: shape.map { TensorType(elementType: type, shape: $0) }))
  }

  private mutating func storeWeights(
    _ layer: QuantisableLayer, _ node: inout Node, _ meaning: Quantization, _ limit: Int, _ means: [Double]?,
    _ nodes: inout [Node]
  ) throws(InferenceError) {
    guard let tensor = graph[layer.weights].tensor else { return }
    let channels = tensor.shape[layer.weightAxis]
    var bias = layer.bias.flatMap { graph[$0].tensor?.floats }
    let stored = try StoredWeights(
      tensor, axis: layer.weightAxis, limit: limit, inputScale: meaning.scale, bias: layer.takesBias ? bias : nil)
    if layer.takesBias, let means,
      let correction = try BiasCorrection.correction(layer, in: graph, stored: stored, means: means)
    {
      bias = (bias ?? [Float](repeating: 0, count: channels)).enumerated().map { $0.element + correction[$0.offset] }
    }
    let name = graph[layer.weights].name.isEmpty ? "\(layer.label)_weights" : graph[layer.weights].name
    node.inputs[1] = try dequantised(name, stored.levels, stored.scales, Int8(0), layer.weightAxis, &nodes)
    guard layer.takesBias, let bias else { return }
    // In steps of both scales, as kernels add it up.
    let scales = stored.scales.map { $0 * meaning.scale }
    let levels = zip(bias, scales).map {
      Int32(clamping: Int64(max(-4e18, min(4e18, (Double($0) / Double($1)).rounded()))))
    }
    guard let shape = TensorShape([channels]), let values = Tensor(levels, shape: shape) else {
      throw .limit("a constant does not fit the memory")
    }
    while node.inputs.count < 3 { node.inputs.append(nil) }
    let biasName = layer.bias.map { graph[$0].name } ?? ""
    node.inputs[2] = try dequantised(
      biasName.isEmpty ? "\(layer.label)_bias" : biasName, values, scales, Int32(0), 0, &nodes)
  }

  /// Adds the conversion of constant `levels` along `axis`, and gives its result.
  private mutating func dequantised<Whole: TensorElement & FixedWidthInteger>(
    _ name: String, _ levels: Tensor, _ scales: [Float], _ zero: Whole, _ axis: Int, _ nodes: inout [Node]
  ) throws(InferenceError) -> ValueID {
    guard let shape = TensorShape([scales.count]), let scale = Tensor(scales, shape: shape),
      let zeros = Tensor([Whole](repeating: zero, count: scales.count), shape: shape)
    else { throw .limit("a constant does not fit the memory") }
    let result = add("\(name)_real", levels.shape, .float32)
    var attributes = Attributes()
    attributes["axis"] = .int(axis)
    nodes.append(
      Node(
        name: "\(name)_DequantizeLinear", kind: .dequantizeLinear,
        inputs: [
          graph.addConstant(levels, name: "\(name)_stored"), graph.addConstant(scale, name: "\(name)_scale"),
          graph.addConstant(zeros, name: "\(name)_zero_point"),
        ], outputs: [result], attributes: attributes))
    return result
  }
}
