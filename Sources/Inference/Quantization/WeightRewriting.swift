/// How a model is made smaller without samples.
public enum WeightMode: String, Sendable, CaseIterable {
  /// Products take bytes whose range is found anew at every run; convolutions stay real.
  case dynamic
  /// Weights are stored in bytes and computed with as real numbers.
  case weights
  /// Weights are stored in `float16` and computed with in `float32`.
  case float16
}

/// Rewrites the weights of a prepared model.
struct WeightRewriting {
  private var graph: Graph
  private let limit: Int
  private var nodes: [Node] = []
  /// How many weights are stored otherwise.
  private var count = 0

  /// - Throws: `invalid-option` where there is nothing to rewrite.
  static func run(
    _ prepared: PreparedModel, _ layers: [QuantisableLayer], _ mode: WeightMode, kept: Set<String>, limit: Int
  ) throws(InferenceError) -> Graph {
    var pass = WeightRewriting(graph: prepared.graph, limit: limit)
    if mode == .float16 {
      try pass.halve()
      try pass.check(mode)
      return DeadCode.run(pass.graph)
    }
    let byPlace = Dictionary(layers.map { ($0.place, $0) }) { first, _ in first }
    for (place, node) in prepared.graph.body.nodes.enumerated() {
      if let layer = byPlace[place], !kept.contains(layer.label) {
        switch mode {
        case .dynamic where node.kind != .conv && !layer.isScaled && (layer.bias == nil || layer.takesBias):
          try pass.appendDynamic(layer, node)
        case .weights: try pass.appendStored(layer, node)
        default: pass.nodes.append(node)
        }
      } else {
        pass.nodes.append(node)
      }
    }
    try pass.check(mode)
    pass.graph.body.nodes = pass.nodes
    return DeadCode.run(pass.graph)
  }

  private init(graph: Graph, limit: Int) {
    self.graph = graph
    self.limit = limit
  }

  private func check(_ mode: WeightMode) throws(InferenceError) {
    guard count == 0 else { return }
    throw InferenceError(
      .invalidOption,
      mode == .dynamic
        ? "there is nothing to quantise dynamically: no plain product that is not to be kept has constant weights"
        : "there are no weights to store in another way",
      remedy: mode == .dynamic ? "Use --mode static or weights" : "Use the model as it is")
  }

  private mutating func constant<T: TensorElement>(
    _ values: [T], _ shape: [Int], _ name: String
  ) throws(InferenceError) -> ValueID {
    guard let shape = TensorShape(shape), let tensor = Tensor(values, shape: shape) else {
      throw .limit("a constant does not fit the memory")
    }
    return graph.addConstant(tensor, name: name)
  }

  private mutating func value(_ name: String) -> ValueID { graph.add(Value(name: name)) }

  /// Weights in bytes, a conversion, and the node as it was.
  private mutating func appendStored(_ layer: QuantisableLayer, _ node: Node) throws(InferenceError) {
    guard let tensor = graph[layer.weights].tensor else { return nodes.append(node) }
    count += 1
    let stored = try StoredWeights(tensor, axis: layer.weightAxis, limit: 127, inputScale: 1, bias: nil)
    let name = graph[layer.weights].name
    let real = value("\(name)_real")
    var attributes = Attributes()
    attributes["axis"] = .int(layer.weightAxis)
    let count = stored.scales.count
    nodes.append(
      Node(
        name: "\(name)_DequantizeLinear", kind: .dequantizeLinear,
        inputs: [
          graph.addConstant(stored.levels, name: "\(name)_stored"),
          try constant(stored.scales, [count], "\(name)_scale"),
          try constant([Int8](repeating: 0, count: count), [count], "\(name)_zero_point"),
        ], outputs: [real], attributes: attributes))
    var node = node
    node.inputs[1] = real
    nodes.append(node)
  }

  /// The product of bytes in whole numbers, then its scales and bias: the form that ONNX Runtime's quantiser gives too.
  private mutating func appendDynamic(_ layer: QuantisableLayer, _ node: Node) throws(InferenceError) {
    guard let tensor = graph[layer.weights].tensor else { return nodes.append(node) }
    count += 1
    let stored = try StoredWeights(tensor, axis: layer.weightAxis, limit: limit, inputScale: 1, bias: nil)
    var levels = stored.levels
    if layer.weightAxis == 0 {
      // Columns count outputs.
      let (rows, columns) = (tensor.shape[0], tensor.shape[1])
      let old = levels.array(of: Int8.self)
      let turned = (0..<old.count).map { old[$0 % rows * columns + $0 / rows] }
      guard let shape = TensorShape([columns, rows]), let tensor = Tensor(turned, shape: shape) else {
        throw .limit("weights do not fit the memory")
      }
      levels = tensor
    }
    let name = layer.label
    let (bytes, scale, zero) = (value("\(name)_bytes"), value("\(name)_scale"), value("\(name)_zero_point"))
    let (sums, real, factor) = (value("\(name)_sums"), value("\(name)_real_sums"), value("\(name)_factor"))
    var conversion = Attributes()
    conversion["to"] = .int(1)
    let weights = graph.addConstant(levels, name: "\(graph[layer.weights].name)_stored")
    let scales = try constant(stored.scales, [stored.scales.count], "\(graph[layer.weights].name)_scale")
    let bias = layer.bias
    let product = bias == nil ? layer.result : value("\(name)_product")
    nodes += [
      Node(
        name: "\(name)_DynamicQuantizeLinear", kind: "DynamicQuantizeLinear", inputs: [layer.input],
        outputs: [bytes, scale, zero]),
      Node(name: "\(name)_MatMulInteger", kind: "MatMulInteger", inputs: [bytes, weights, zero], outputs: [sums]),
      Node(name: "\(name)_Cast", kind: "Cast", inputs: [sums], outputs: [real], attributes: conversion),
      Node(name: "\(name)_scales", kind: .mul, inputs: [scale, scales], outputs: [factor]),
      Node(name: "\(name)_Mul", kind: .mul, inputs: [real, factor], outputs: [product]),
    ]
    if let bias {
      nodes.append(Node(name: "\(name)_Add", kind: .add, inputs: [product, bias], outputs: [layer.result]))
    }
  }

  /// Every large real constant in `float16`, converted when the model is loaded.
  private mutating func halve() throws(InferenceError) {
    var uses: [ValueID] = []
    var seen: Set<ValueID> = []
    graph.body.forEachUse { if seen.insert($0).inserted { uses.append($0) } }
    var replaced: [ValueID: ValueID] = [:]
    var attributes = Attributes()
    attributes["to"] = .int(1)
    for id in uses {
      guard let tensor = graph[id].tensor, tensor.elementType == .float32, tensor.shape.elementCount >= 16 else {
        continue
      }
      let codes = tensor.array(of: Float.self).map { HalfFloat.encode($0) }
      guard !codes.contains(where: { $0 & 0x7fff == 0x7c00 }), let whole = Tensor(codes, shape: tensor.shape) else {
        // A number beyond 65504 stays as it is, and so do its neighbours.
        continue
      }
      let half = Tensor(type: TensorType(elementType: .float16, shape: tensor.shape), storage: whole.storage)
      let real = value("\(graph[id].name)_real")
      nodes.append(
        Node(
          name: "\(graph[id].name)_Cast", kind: .cast,
          inputs: [graph.addConstant(half, name: "\(graph[id].name)_half")],
          outputs: [real], attributes: attributes))
      replaced[id] = real
      count += 1
    }
    graph.body.nodes = nodes + graph.body.nodes.map { Self.renamed($0, replaced) }
  }

  private static func renamed(_ node: Node, _ replaced: [ValueID: ValueID]) -> Node {
    var node = node
    node.inputs = node.inputs.map { $0.map { replaced[$0] ?? $0 } }
    for index in node.blocks.indices {
      node.blocks[index].nodes = node.blocks[index].nodes.map { renamed($0, replaced) }
      node.blocks[index].outputs = node.blocks[index].outputs.map { replaced[$0] ?? $0 }
    }
    return node
  }
}
