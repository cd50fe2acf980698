/// Who computes and who reads each value of a graph's outermost block.
struct GraphIndex {
  private(set) var producers: [ValueID: Int] = [:]
  private(set) var readers: [ValueID: [Int]] = [:]
  private(set) var kept: Set<ValueID>

  init(_ graph: Graph) {
    kept = Set(graph.body.outputs)
    for (index, node) in graph.body.nodes.enumerated() {
      for case .some(let id) in node.outputs { producers[id] = index }
      for case .some(let id) in node.inputs { readers[id, default: []].append(index) }
      // What a branch reads stays as it is.
      for block in node.blocks where node.fusion == nil {
        block.forEachUse { kept.insert($0) }
        kept.formUnion(block.outputs)
      }
    }
  }

  /// The only node that reads `id`, where nobody else needs it.
  func soleReader(_ id: ValueID) -> Int? {
    guard !kept.contains(id), let all = readers[id], all.count == 1 else { return nil }
    return all[0]
  }
}

extension Graph {
  /// The node of the outermost block that computes `id`.
  func producer(_ id: ValueID?, _ index: GraphIndex) -> Node? {
    guard let id, let place = index.producers[id] else { return nil }
    return body.nodes[place]
  }

  /// Real contents of `id`: constant, or dequantised from a constant.
  func realConstant(
    _ id: ValueID, _ index: GraphIndex, _ limits: ModelLimits
  ) throws(InferenceError) -> Tensor? {
    if let tensor = self[id].tensor { return tensor.elementType == .float32 ? tensor : nil }
    guard let node = producer(id, index), node.kind == .dequantizeLinear else { return nil }
    var facts: [Fact?] = []
    for input in node.inputs {
      guard let input else {
        facts.append(nil)
        continue
      }
      guard let tensor = self[input].tensor else { return nil }
      facts.append(Fact(type: tensor.type, tensor: tensor))
    }
    let definition = try OperatorRegistry.definition(of: node.kind)
    let call = OperatorCall(node: node, inputs: facts, limits: limits)
    return try ConstantFolding.evaluate(definition, call, definition.computedTypes(call)).first
  }
}
