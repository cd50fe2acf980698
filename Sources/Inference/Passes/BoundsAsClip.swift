/// Makes the larger or smaller of a real tensor and one constant a `Clip`, which convolutions and oneDNN take.
enum BoundsAsClip {
  static func run(_ graph: Graph) -> Graph {
    var graph = graph
    for place in graph.body.nodes.indices {
      let node = graph.body.nodes[place]
      guard node.kind == "Max" || node.kind == "Min", node.inputs.count == 2 else { continue }
      for (x, bound) in [(0, 1), (1, 0)] {
        guard let value = node.inputs[x], let limit = node.inputs[bound], let type = graph[value].type,
          type.elementType == .float32, graph[value].tensor == nil,
          let tensor = graph[limit].tensor, tensor.shape.elementCount == 1, tensor.shape.rank <= type.shape.rank,
          let number = tensor.floats?.first, number.isFinite
        else { continue }
        let scalar = graph.addConstant(tensor.reshaped(.scalar), name: graph[limit].name)
        graph.body.nodes[place].kind = .clip
        graph.body.nodes[place].inputs = node.kind == "Max" ? [value, scalar] : [value, nil, scalar]
        break
      }
    }
    return graph
  }
}
