/// Joins a convolution or matrix product with what surrounds it: the conversions from and to quantised values, the
/// bias, and what follows element by element. Inner roundings may go; no saturation does.
struct ContractionFusion {
  var graph: Graph
  let index: GraphIndex
  private let limits: ModelLimits
  var dropped: Set<Int> = []

  static func run(_ graph: Graph, limits: ModelLimits) throws(InferenceError) -> Graph {
    var pass = ContractionFusion(graph: graph, index: GraphIndex(graph), limits: limits)
    for place in graph.body.nodes.indices where [.conv, .gemm, .matMul].contains(graph.body.nodes[place].kind) {
      try pass.fuse(place)
    }
    pass.graph.body.nodes = pass.graph.body.nodes.enumerated().filter { !pass.dropped.contains($0.offset) }.map(
      \.element)
    return DeadCode.run(pass.graph)
  }

  private init(graph: Graph, index: GraphIndex, limits: ModelLimits) {
    self.graph = graph
    self.index = index
    self.limits = limits
  }

  private mutating func fuse(_ place: Int) throws(InferenceError) {
    let core = graph.body.nodes[place]
    guard let x = core.input(0), let w = core.input(1), var result = core.outputs.first ?? nil else { return }
    var fusion = Fusion(operation: .contraction(core))
    var operands: [ValueID?]
    var body: [Node] = []
    if let quantised = quantisedOperands(core, x, w) {
      fusion.inputQuantizations = [quantised.input]
      fusion.weightScales = quantised.scales
      operands = [quantised.x, quantised.w]
      body = quantised.nodes
    } else {
      guard let weights = try graph.realConstant(w, index, limits) else { return }
      operands = [x, graph[w].tensor == nil ? graph.addConstant(weights, name: graph[w].name) : w]
      if graph[w].tensor == nil, let node = graph.producer(w, index) { body.append(node) }
    }
    var bias: ValueID?
    if let id = core.input(2) {
      guard let tensor = try graph.realConstant(id, index, limits) else { return }
      bias = graph.addConstant(tensor, name: graph[id].name)
      if graph[id].tensor == nil, let node = graph.producer(id, index) { body.append(node) }
    }
    operands.append(bias)
    body.append(core)
    var absorbed = [place]
    while true {
      if let gate = gate(after: result, fusion) {
        fusion.following.append(.swish)
        for place in gate {
          absorbed.append(place)
          body.append(graph.body.nodes[place])
        }
        guard let output = graph.body.nodes[gate[1]].outputs.first ?? nil else { break }
        result = output
        continue
      }
      guard let next = index.soleReader(result), !dropped.contains(next) else { break }
      let node = graph.body.nodes[next]
      guard let output = node.outputs.first ?? nil, node.outputs.count == 1 else { break }
      if node.kind == .quantizeLinear {
        guard !fusion.weightScales.isEmpty, node.input(0) == result,
          let quantization = Quantization(parametersOf: node, in: graph)
        else { break }
        fusion.outputQuantization = quantization
      } else if let following = try following(node, after: result, fusion, &operands, &body) {
        if let following { fusion.following.append(following) }
      } else {
        break
      }
      absorbed.append(next)
      body.append(node)
      result = output
      if fusion.outputQuantization != nil { break }
    }
    joinSum(&fusion, &result, &operands, &body, &absorbed)
    let fused = Node(
      name: core.name, kind: .fused, inputs: operands, outputs: [result],
      blocks: [Block(outputs: [result], nodes: body)], fusion: fusion)
    let last = absorbed.max() ?? place
    graph.body.nodes[last] = fused
    dropped.formUnion(absorbed.filter { $0 != last })
  }

  /// What `node` adds behind `value`: nil where it cannot be joined, a nil step where it became the bias.
  private mutating func following(
    _ node: Node, after value: ValueID, _ fusion: Fusion, _ operands: inout [ValueID?], _ body: inout [Node]
  ) throws(InferenceError) -> Fusion.Following?? {
    let quantised = !fusion.weightScales.isEmpty
    switch node.kind {
    case .relu: return .some(.relu)
    case "LeakyRelu": return .some(.leakyRelu(try node.attributes.float("alpha", default: 0.01)))
    case .clip:
      guard node.input(0) == value else { return nil }
      var bounds: [Float] = [-.infinity, .infinity]
      for position in 1..<3 {
        guard let id = node.input(position) else { continue }
        guard let values = graph[id].tensor?.floats, values.count == 1 else { return nil }
        bounds[position - 1] = values[0]
      }
      guard bounds[0] <= bounds[1] else { return nil }
      return .some(.clip(max(bounds[0], -.greatestFiniteMagnitude), min(bounds[1], .greatestFiniteMagnitude)))
    case "HardSwish": return quantised ? nil : .some(.hardSwish)
    case .sigmoid: return quantised ? nil : .some(.sigmoid)
    case .tanh: return quantised ? nil : .some(.tanh)
    case .add:
      let others = node.inputs.filter { $0 != value }
      guard others.count == 1, let other = others[0], node.inputs.count == 2 else { return nil }
      if let tensor = try graph.realConstant(other, index, limits) {
        // A product's bias: one number for each column.
        guard case .contraction(let core) = fusion.operation, core.kind == .matMul, operands[2] == nil,
          fusion.following.isEmpty, let columns = graph[value].type?.shape.dimensions.last,
          tensor.shape.elementCount == columns, tensor.shape.dimensions.last == columns,
          let rank = graph[value].type?.shape.rank, tensor.shape.rank <= rank, let shape = TensorShape([columns])
        else { return nil }
        operands[2] = graph.addConstant(tensor.reshaped(shape), name: graph[other].name)
        if graph[other].tensor == nil, let source = graph.producer(other, index) { body.append(source) }
        return .some(nil)
      }
      guard !quantised, graph[other].type == graph[value].type, operands.count == 3,
        case .contraction(let core) = fusion.operation, core.kind == .conv
      else { return nil }
      operands.append(other)
      return .some(.add(operands.count - 1))
    default: return nil
    }
  }

  private struct Quantised {
    let x: ValueID
    let w: ValueID
    let input: Quantization
    let scales: [Float]
    let nodes: [Node]
  }

  /// The stored operands of `core`, where both are dequantised in a way that one kernel can take.
  private func quantisedOperands(_ core: Node, _ x: ValueID, _ w: ValueID) -> Quantised? {
    guard let source = graph.producer(x, index), source.kind == .dequantizeLinear, let storedX = source.input(0),
      let type = graph[storedX].type, type.elementType.isQuantised,
      let input = Quantization(parametersOf: source, in: graph),
      let weights = graph.producer(w, index), weights.kind == .dequantizeLinear, let storedW = weights.input(0),
      let tensor = graph[storedW].tensor, tensor.elementType == .int8,
      let scaleID = weights.input(1), let scales = graph[scaleID].tensor?.floats,
      scales.allSatisfy({ $0.isFinite && $0 > 0 })
    else { return nil }
    if let id = weights.input(2) {
      guard let zeros = graph[id].tensor?.integers, zeros.allSatisfy({ $0 == 0 }) else { return nil }
    }
    if scales.count > 1 {
      let transposed = core.kind == .gemm && (try? core.attributes.int("transB", default: 0)) == 1
      let wanted = core.kind == .conv || transposed ? 0 : tensor.shape.rank - 1
      guard let axis = try? weights.attributes.int("axis", default: 1),
        tensor.shape.normalise(axis: axis) == wanted, core.kind == .conv || tensor.shape.rank == 2,
        scales.count == tensor.shape[wanted], (try? weights.attributes.int("block_size", default: 0)) == 0
      else { return nil }
    }
    return Quantised(x: storedX, w: storedW, input: input, scales: scales, nodes: [source, weights])
  }
}
