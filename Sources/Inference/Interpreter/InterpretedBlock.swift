/// A block made ready to be run node by node.
struct InterpretedBlock: Sendable {
  let inputs: [ValueID]
  let outputs: [ValueID]
  let nodes: [InterpretedNode]
  /// The values that the block itself makes: its inputs and what its nodes compute.
  let own: Set<ValueID>

  /// - Throws: `unsupported-operator` for an operator that the engine does not have.
  init(_ block: Block) throws(InferenceError) {
    inputs = block.inputs
    outputs = block.outputs
    var own = Set(block.inputs)
    for node in block.nodes { own.formUnion(node.outputs.compactMap(\.self)) }
    self.own = own
    // Where each value is read for the last time; one that nobody reads goes where it is made.
    var last: [ValueID: Int] = [:]
    for (index, node) in block.nodes.enumerated() {
      for id in node.outputs.compactMap(\.self) { last[id] = index }
    }
    for (index, node) in block.nodes.enumerated() {
      Block(nodes: [node]).forEachUse { if own.contains($0) { last[$0] = max(last[$0] ?? 0, index) } }
    }
    let kept = Set(block.outputs)
    var freed = [[ValueID]](repeating: [], count: block.nodes.count)
    for (id, index) in last where !kept.contains(id) { freed[index].append(id) }
    var nodes: [InterpretedNode] = []
    for (index, node) in block.nodes.enumerated() {
      do throws(InferenceError) {
        nodes.append(try InterpretedNode(node, freed: freed[index]))
      } catch {
        throw error.at(node.location)
      }
    }
    self.nodes = nodes
  }
}

/// A node made ready to be run by itself.
struct InterpretedNode: Sendable {
  let node: Node
  /// What computes it; nil for those that the interpreter runs by itself.
  let definition: OperatorDefinition?
  let blocks: [InterpretedBlock]
  /// Values that are not read after this node.
  let freed: [ValueID]

  init(_ node: Node, freed: [ValueID]) throws(InferenceError) {
    self.node = node
    self.freed = freed
    definition =
      Interpreter.runsAlone(node.kind) || node.kind == .if ? nil : try OperatorRegistry.definition(of: node.kind)
    var blocks: [InterpretedBlock] = []
    for block in node.blocks { blocks.append(try InterpretedBlock(block)) }
    self.blocks = blocks
  }
}
