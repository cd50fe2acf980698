/// Moves QuantizeLinear in front of operators that only move, select or compare elements, so that those work on bytes and
/// the conversion meets what computed the values. Exact: quantisation acts on each element alone and keeps their order.
struct QuantisationHoisting {
  private static let movements: Set<OperatorKind> = [
    .transpose, .reshape, .squeeze, .unsqueeze, .flatten, .identity, .maxPool, .concat, .slice, "Split", .resize,
    "Expand", "Tile", "DepthToSpace", "SpaceToDepth", .pad,
  ]

  private var graph: Graph
  /// That of the graph as it is; nil after a change.
  private var index: GraphIndex?

  static func run(_ graph: Graph) throws(InferenceError) -> Graph {
    guard graph.body.nodes.contains(where: { $0.kind == .quantizeLinear }) else { return DeadCode.run(graph) }
    var pass = QuantisationHoisting(graph: graph)
    // One operator at a time, from the last to the first, so that a conversion climbs a whole chain.
    var place = graph.body.nodes.count - 1
    while place >= 0 {
      try pass.hoist(place)
      place -= 1
    }
    return DeadCode.run(pass.graph)
  }

  private init(graph: Graph) { self.graph = graph }

  private mutating func hoist(_ place: Int) throws(InferenceError) {
    var node = graph.body.nodes[place]
    guard Self.movements.contains(node.kind), try movesWholeElements(node) else { return }
    let index = self.index ?? GraphIndex(graph)
    self.index = index
    // Every reader of every result must be the same conversion.
    var conversions: [Int] = []
    for case .some(let output) in node.outputs {
      guard !index.kept.contains(output), let readers = index.readers[output], !readers.isEmpty else { return }
      conversions += readers
    }
    guard let first = conversions.first, let quantization = conversion(first),
      conversions.allSatisfy({ conversion($0) == quantization && resultType($0) == resultType(first) }),
      let type = resultType(first)
    else { return }
    let template = graph.body.nodes[first]
    let operands = node.kind == .concat ? node.inputs.count : 1
    var added: [Node] = []
    func quantised(_ id: ValueID) -> ValueID {
      var value = Value(name: "\(graph[id].name) quantised", declared: nil)
      value.type = graph[id].type.map { TensorType(elementType: type, shape: $0.shape) }
      let result = graph.add(value)
      added.append(
        Node(
          name: "\(node.name) operand", kind: .quantizeLinear, inputs: [id] + template.inputs.dropFirst(),
          outputs: [result], attributes: template.attributes))
      return result
    }
    for position in 0..<operands {
      guard let id = node.inputs[position] else { return }
      node.inputs[position] = quantised(id)
    }
    if node.kind == .pad {
      while node.inputs.count < 3 { node.inputs.append(nil) }
      if let value = node.inputs[2] {
        node.inputs[2] = quantised(value)
      } else if try node.attributes.string("mode", default: "constant") == "constant" {
        guard let zero = template.input(2) else { return }
        node.inputs[2] = zero
      }
    }
    for position in node.outputs.indices {
      guard let output = node.outputs[position], let readers = index.readers[output] else { continue }
      var kept: ValueID?
      for reader in readers {
        guard let result = graph.body.nodes[reader].outputs.first ?? nil else { continue }
        graph.body.nodes[reader].outputs = []
        if let kept, !index.kept.contains(result) {
          replace(result, by: kept)
        } else if kept == nil {
          kept = result
        } else {
          // A second graph output with the same content.
          graph.body.nodes[reader] = Node(
            name: node.name, kind: .identity, inputs: [kept], outputs: [result])
        }
      }
      node.outputs[position] = kept
    }
    self.index = nil
    graph.body.nodes[place] = node
    graph.body.nodes.insert(contentsOf: added, at: place)
  }

  /// What the node at `place` converts to, where it is a conversion of a whole tensor.
  private func conversion(_ place: Int) -> Quantization? {
    let node = graph.body.nodes[place]
    guard node.kind == .quantizeLinear, node.input(2) != nil else { return nil }
    return Quantization(parametersOf: node, in: graph)
  }

  private func resultType(_ place: Int) -> ElementType? {
    guard let output = graph.body.nodes[place].outputs.first ?? nil, let type = graph[output].type?.elementType,
      type.isQuantised
    else { return nil }
    return type
  }

  /// Whether every element of the results is one of the operand's, or padding.
  private func movesWholeElements(_ node: Node) throws(InferenceError) -> Bool {
    switch node.kind {
    case .maxPool: return node.outputs.count == 1
    case .resize:
      let coordinates = try node.attributes.string("coordinate_transformation_mode", default: "")
      let mode = try node.attributes.string("mode", default: "nearest")
      return mode == "nearest" && coordinates != "tf_crop_and_resize"
    default: return true
    }
  }

  private mutating func replace(_ old: ValueID, by new: ValueID) {
    for place in graph.body.nodes.indices {
      graph.body.nodes[place].inputs = graph.body.nodes[place].inputs.map { $0 == old ? new : $0 }
    }
  }
}
