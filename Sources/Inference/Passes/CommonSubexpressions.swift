/// Computes once what is computed several times from the same operands.
enum CommonSubexpressions {
  /// What makes two nodes give the same results.
  private struct Key: Hashable {
    let kind: OperatorKind
    let inputs: [ValueID?]
    let attributes: String
    let results: Int
  }

  static func run(_ graph: Graph) -> Graph {
    var graph = graph
    let index = GraphIndex(graph)
    var known: [Key: Int] = [:]
    var replaced: [ValueID: ValueID] = [:]
    for place in graph.body.nodes.indices {
      let node = graph.body.nodes[place]
      graph.body.nodes[place].inputs = node.inputs.map { $0.map { replaced[$0] ?? $0 } }
      guard isPure(node) else { continue }
      let key = Key(
        kind: node.kind, inputs: graph.body.nodes[place].inputs, attributes: node.attributes.description,
        results: node.outputs.count)
      guard let first = known[key] else {
        known[key] = place
        continue
      }
      let pairs = zip(node.outputs, graph.body.nodes[first].outputs)
      // A value that a branch or the caller reads keeps its own name.
      guard pairs.allSatisfy({ mine, other in mine == nil || (other != nil && mine.map(index.kept.contains) == false) })
      else { continue }
      for (mine, other) in pairs { if let mine, let other { replaced[mine] = other } }
    }
    return DeadCode.run(graph)
  }

  /// Whether a node gives the same results at every run, and its attributes say all about it.
  private static func isPure(_ node: Node) -> Bool {
    guard node.blocks.isEmpty, node.fusion == nil, node.isRepeatable else { return false }
    return node.attributes.names.allSatisfy { name in
      if case .tensor? = node.attributes[name] { return false }
      return true
    }
  }
}
