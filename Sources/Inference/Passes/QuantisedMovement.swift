/// Lets operators that only move or select elements work on stored values: DequantizeLinear, the operator,
/// QuantizeLinear with the same scale become the operator alone. Exact.
enum QuantisedMovement {
  private static let kinds: Set<OperatorKind> = [
    .transpose, .reshape, .squeeze, .unsqueeze, .flatten, .identity, .maxPool, .concat, .slice,
  ]

  static func run(_ graph: Graph) -> Graph {
    var graph = graph
    let index = GraphIndex(graph)
    for place in graph.body.nodes.indices where kinds.contains(graph.body.nodes[place].kind) {
      var node = graph.body.nodes[place]
      guard let output = node.outputs.first ?? nil, node.outputs.count == 1, let next = index.soleReader(output),
        graph.body.nodes[next].kind == .quantizeLinear, graph.body.nodes[next].input(0) == output,
        let target = Quantization(parametersOf: graph.body.nodes[next], in: graph),
        let result = graph.body.nodes[next].outputs.first ?? nil
      else { continue }
      let type = graph[result].type?.elementType
      let operands = node.kind == .concat ? node.inputs.count : 1
      var stored: [ValueID] = []
      for operand in node.inputs.prefix(operands) {
        guard let source = graph.producer(operand, index), source.kind == .dequantizeLinear, let id = source.input(0),
          graph[id].type?.elementType == type, Quantization(parametersOf: source, in: graph) == target
        else { break }
        stored.append(id)
      }
      guard stored.count == operands else { continue }
      for (position, id) in stored.enumerated() { node.inputs[position] = id }
      node.outputs = [result]
      graph.body.nodes[place] = node
      // The quantisation stays as a node without a result, which dead code removal takes out.
      graph.body.nodes[next].outputs = []
    }
    return DeadCode.run(graph)
  }
}
