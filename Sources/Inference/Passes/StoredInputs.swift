/// Makes the bytes that a real input is quantised to the input in its place, where nothing else reads the input.
enum StoredInputs {
  /// - Parameters:
  ///   - graph: the graph, specialised.
  ///   - names: the inputs that may be taken so.
  ///   - types: of the graph's inputs, which are changed with them.
  /// - Returns: the graph, and what the new inputs stand for.
  static func run(
    _ graph: Graph, _ names: Set<String>, _ types: inout [ValueID: TensorType]
  ) -> (graph: Graph, meanings: [ValueID: Quantization]) {
    var graph = graph
    var meanings: [ValueID: Quantization] = [:]
    let index = GraphIndex(graph)
    for (place, input) in graph.body.inputs.enumerated() {
      guard let declared = graph[input].declared, names.contains(declared.name), let real = types[input],
        real.elementType == .float32, let reader = index.soleReader(input)
      else { continue }
      let node = graph.body.nodes[reader]
      guard node.kind == .quantizeLinear, node.input(0) == input, let result = node.outputs.first ?? nil,
        !graph.body.outputs.contains(result), let type = graph[result].type, type.elementType.isQuantised,
        let quantization = Quantization(parametersOf: node, in: graph)
      else { continue }
      graph[result].declared = TensorInfo(
        name: declared.name, elementType: type.elementType, dimensions: declared.dimensions, quantization: quantization)
      graph.body.inputs[place] = result
      // The conversion stays as a node without a result, which dead code removal takes out.
      graph.body.nodes[reader].outputs = []
      types[input] = nil
      types[result] = type
      meanings[result] = quantization
    }
    return (DeadCode.run(graph), meanings)
  }
}
