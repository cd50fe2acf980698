/// Joins a product of two quantised operands that are both computed with the conversions around it.
enum VariableProductFusion {
  static func run(_ graph: Graph) -> Graph {
    var graph = graph
    let index = GraphIndex(graph)
    var dropped: Set<Int> = []
    for place in graph.body.nodes.indices where graph.body.nodes[place].kind == .matMul {
      let node = graph.body.nodes[place]
      guard node.inputs.count == 2, let result = node.outputs.first ?? nil else { continue }
      let loads = node.inputs.compactMap { graph.producer($0, index) }
      guard loads.count == 2, loads.allSatisfy({ RowOperators.isLoad($0, in: graph) }) else { continue }
      var fusion = Fusion(operation: .product(node))
      fusion.inputQuantizations = loads.compactMap { Quantization(parametersOf: $0, in: graph) }
      var body = loads[0].outputs == loads[1].outputs ? [loads[0], node] : loads + [node]
      var (last, output) = (place, result)
      if let next = index.soleReader(result), graph.body.nodes[next].kind == .quantizeLinear,
        graph.body.nodes[next].input(0) == result, let stored = graph.body.nodes[next].outputs.first ?? nil,
        graph[stored].type?.elementType.isQuantised ?? false,
        let quantization = Quantization(parametersOf: graph.body.nodes[next], in: graph)
      {
        fusion.outputQuantization = quantization
        body.append(graph.body.nodes[next])
        dropped.insert(place)
        (last, output) = (next, stored)
      }
      graph.body.nodes[last] = Node(
        name: node.name, kind: .fused, inputs: loads.map { $0.input(0) }, outputs: [output],
        blocks: [Block(outputs: [output], nodes: body)], fusion: fusion)
    }
    graph.body.nodes = graph.body.nodes.enumerated().filter { !dropped.contains($0.offset) }.map(\.element)
    return DeadCode.run(graph)
  }
}
