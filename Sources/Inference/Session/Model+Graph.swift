extension Model {
  /// A model of a graph that was made in memory, every input declared.
  init(graph: Graph, name: String, limits: ModelLimits = .default) {
    self.name = name
    self.graph = graph
    self.limits = limits
    inputs = graph.body.inputs.compactMap { graph[$0].declared }
    outputs = graph.body.outputs.map { id in
      graph[id].declared
        ?? TensorInfo(name: graph[id].name, elementType: .float32, dimensions: [.symbolic("")], quantization: nil)
    }
    metadata = [:]
    sha256 = ""
    operatorCounts = [:]
  }
}
