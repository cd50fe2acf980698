extension ConstantFolding {
  /// Computes what depends on no input in a graph that runs node by node, in its blocks too. A node that cannot be
  /// computed stays, and fails when it is run, if it ever is; so do all after the limit on bytes was reached.
  static func run(_ graph: Graph, limits: ModelLimits) -> Graph {
    var graph = graph
    var room = limits.totalBytes
    graph.body = folded(graph.body, &graph, limits, &room)
    return graph
  }

  private static func folded(_ block: Block, _ graph: inout Graph, _ limits: ModelLimits, _ room: inout Int) -> Block {
    var result = block
    result.nodes = []
    for var node in block.nodes {
      for index in node.blocks.indices { node.blocks[index] = folded(node.blocks[index], &graph, limits, &room) }
      let tensors = room > 0 ? results(node, graph, limits) : nil
      room -= (tensors ?? []).reduce(0) { $0 + $1.type.byteCount }
      guard let tensors, room >= 0 else {
        result.nodes.append(node)
        continue
      }
      for (id, tensor) in zip(node.outputs, tensors) {
        guard let id else { continue }
        graph[id].content = .constant(tensor)
      }
    }
    return result
  }

  /// The results of a node whose operands are constant; nil where they are not, or differ between runs.
  private static func results(_ node: Node, _ graph: Graph, _ limits: ModelLimits) -> [Tensor]? {
    guard node.blocks.isEmpty, !node.inputs.isEmpty, !Interpreter.runsAlone(node.kind), node.isRepeatable else {
      return nil
    }
    var operands: [Tensor?] = []
    for id in node.inputs {
      guard let id else {
        operands.append(nil)
        continue
      }
      guard let tensor = graph[id].tensor, tensor.elementType != .string else { return nil }
      operands.append(tensor)
    }
    guard let definition = try? OperatorRegistry.definition(of: node.kind),
      let results = try? NodeEvaluation(node, definition, limits).results(operands),
      results.count >= node.outputs.count, results.allSatisfy({ $0.elementType != .string })
    else { return nil }
    return results
  }
}

extension Node {
  /// Whether it gives the same results at every run.
  var isRepeatable: Bool {
    !kind.rawValue.hasPrefix("Random") && !["Bernoulli", "Multinomial", "Dropout"].contains(kind)
  }
}
