/// Takes out nodes whose results nobody reads.
enum DeadCode {
  static func run(_ graph: Graph) -> Graph {
    var graph = graph
    var live: Set<ValueID> = []
    graph.body = clean(graph.body, &live)
    return graph
  }

  private static func clean(_ block: Block, _ live: inout Set<ValueID>) -> Block {
    var result = block
    result.nodes = []
    live.formUnion(block.outputs)
    for node in block.nodes.reversed() where node.outputs.contains(where: { $0.map { live.contains($0) } ?? false }) {
      var node = node
      for case .some(let id) in node.inputs { live.insert(id) }
      if node.fusion == nil {
        for index in node.blocks.indices { node.blocks[index] = clean(node.blocks[index], &live) }
      }
      result.nodes.append(node)
    }
    result.nodes.reverse()
    return result
  }
}
