/// Computes DequantizeLinear of constants at once where no convolution or product wants the stored values.
enum ParameterConversion {
  private static let keeping: Set<OperatorKind> = [.conv, .gemm, .matMul, "ConvTranspose"]

  static func run(_ graph: Graph, limits: ModelLimits) throws(InferenceError) -> Graph {
    var graph = graph
    let index = GraphIndex(graph)
    for place in graph.body.nodes.indices where graph.body.nodes[place].kind == .dequantizeLinear {
      let node = graph.body.nodes[place]
      guard let output = node.outputs.first ?? nil, let readers = index.readers[output],
        readers.allSatisfy({ !keeping.contains(graph.body.nodes[$0].kind) }),
        let tensor = try graph.realConstant(output, index, limits)
      else { continue }
      graph[output].content = .constant(tensor)
      graph[output].type = tensor.type
      graph.body.nodes[place].outputs = []
    }
    return DeadCode.run(graph)
  }
}
