/// Joins average pooling, concatenation and addition with the conversions from and to quantised values around them.
enum QuantisedArithmeticFusion {
  static func run(_ graph: Graph) throws(InferenceError) -> Graph {
    var graph = graph
    let index = GraphIndex(graph)
    var dropped: Set<Int> = []
    for place in graph.body.nodes.indices {
      let node = graph.body.nodes[place]
      guard [.averagePool, .globalAveragePool, .concat, .add].contains(node.kind),
        var result = node.outputs.first ?? nil
      else { continue }
      var stored: [ValueID] = []
      var quantizations: [Quantization] = []
      var body: [Node] = []
      for operand in node.inputs {
        guard let source = graph.producer(operand, index), source.kind == .dequantizeLinear, let id = source.input(0),
          graph[id].type?.elementType.isQuantised ?? false, graph[id].tensor == nil,
          let quantization = Quantization(parametersOf: source, in: graph)
        else { break }
        stored.append(id)
        quantizations.append(quantization)
        body.append(source)
      }
      guard stored.count == node.inputs.count, !stored.isEmpty else { continue }
      var fusion = Fusion(operation: .add, inputQuantizations: quantizations)
      body.append(node)
      var absorbed = [place]
      if node.kind == .add, let next = index.soleReader(result), graph.body.nodes[next].kind == .relu,
        let output = graph.body.nodes[next].outputs.first ?? nil
      {
        fusion.following = [.relu]
        body.append(graph.body.nodes[next])
        absorbed.append(next)
        result = output
      }
      guard let next = index.soleReader(result), graph.body.nodes[next].kind == .quantizeLinear,
        graph.body.nodes[next].input(0) == result, let output = graph.body.nodes[next].outputs.first ?? nil,
        let target = Quantization(parametersOf: graph.body.nodes[next], in: graph)
      else { continue }
      switch node.kind {
      case .concat:
        guard let rank = graph[stored[0]].type?.shape.rank else { continue }
        let axis = try node.attributes.int("axis", default: 0)
        fusion.operation = .concat(axis: axis < 0 ? axis + rank : axis)
      case .add:
        guard stored.count == 2, stored[0] != stored[1], graph[stored[0]].type?.shape == graph[stored[1]].type?.shape
        else { continue }
      default:
        // The mean of stored values is the stored mean where nothing is padded with another zero.
        guard quantizations[0] == target, graph[stored[0]].type?.elementType == graph[output].type?.elementType,
          try node.attributes.int("count_include_pad", default: 0) == 0
        else { continue }
        fusion.operation = .pooling(node)
      }
      fusion.outputQuantization = target
      body.append(graph.body.nodes[next])
      graph.body.nodes[next] = Node(
        name: node.name, kind: .fused, inputs: stored, outputs: [output],
        blocks: [Block(outputs: [output], nodes: body)], fusion: fusion)
      dropped.formUnion(absorbed)
    }
    graph.body.nodes = graph.body.nodes.enumerated().filter { !dropped.contains($0.offset) }.map(\.element)
    return DeadCode.run(graph)
  }
}
