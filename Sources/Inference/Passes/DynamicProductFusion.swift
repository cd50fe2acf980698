/// Joins MatMulInteger of dynamically quantised values with what turns its sums into real numbers: the conversion, the
/// two scales, the bias.
struct DynamicProductFusion {
  private var graph: Graph
  private let index: GraphIndex
  private var dropped: Set<Int> = []

  static func run(_ graph: Graph) -> Graph {
    var pass = DynamicProductFusion(graph: graph, index: GraphIndex(graph))
    for place in graph.body.nodes.indices where graph.body.nodes[place].kind == "MatMulInteger" { pass.fuse(place) }
    pass.graph.body.nodes = pass.graph.body.nodes.enumerated().filter { !pass.dropped.contains($0.offset) }.map(
      \.element)
    return DeadCode.run(pass.graph)
  }

  private init(graph: Graph, index: GraphIndex) {
    self.graph = graph
    self.index = index
  }

  private mutating func fuse(_ place: Int) {
    let node = graph.body.nodes[place]
    guard let x = node.input(0), let w = node.input(1), let zero = node.input(2), let sums = node.outputs.first ?? nil,
      let weights = graph[w].tensor, weights.elementType == .int8,
      weights.shape.rank == 2, graph.producer(zero, index)?.kind == "DynamicQuantizeLinear"
    else { return }
    if let id = node.input(3) {
      guard let zeros = graph[id].tensor?.integers, zeros.allSatisfy({ $0 == 0 }) else { return }
    }
    guard let cast = index.soleReader(sums), graph.body.nodes[cast].kind == "Cast",
      let real = graph.body.nodes[cast].outputs.first ?? nil, graph[real].type?.elementType == .float32,
      let scaling = index.soleReader(real), graph.body.nodes[scaling].kind == .mul,
      var result = graph.body.nodes[scaling].outputs.first ?? nil,
      graph[result].type?.shape == graph[sums].type?.shape,
      let factor = graph.body.nodes[scaling].inputs.first(where: { $0 != real }) ?? nil,
      let (scale, scales) = factors(of: factor, columns: weights.shape[1])
    else { return }
    var fusion = Fusion(operation: .dynamicProduct)
    fusion.weightScales = scales
    var body = [node, graph.body.nodes[cast]]
    if let product = graph.producer(factor, index), factor != scale { body.append(product) }
    body.append(graph.body.nodes[scaling])
    var absorbed = [place, cast, scaling]
    var inputs: [ValueID?] = [x, scale, zero, w]
    if let next = index.soleReader(result), graph.body.nodes[next].kind == .add,
      let other = graph.body.nodes[next].inputs.first(where: { $0 != result }) ?? nil,
      let bias = graph[other].tensor, bias.elementType == .float32, bias.shape.elementCount == weights.shape[1],
      bias.shape.dimensions.last == weights.shape[1], let output = graph.body.nodes[next].outputs.first ?? nil,
      graph[output].type == graph[result].type
    {
      inputs.append(other)
      body.append(graph.body.nodes[next])
      absorbed.append(next)
      result = output
    }
    let last = absorbed[absorbed.count - 1]
    graph.body.nodes[last] = Node(
      name: node.name, kind: .fused, inputs: inputs, outputs: [result],
      blocks: [Block(outputs: [result], nodes: body)], fusion: fusion)
    dropped.formUnion(absorbed.dropLast())
  }

  /// What `id` is the product of: the scale found at run time, and the constant scales of the weights.
  private func factors(of id: ValueID, columns: Int) -> (scale: ValueID, weights: [Float])? {
    func isDynamic(_ id: ValueID?) -> Bool { graph.producer(id, index)?.kind == "DynamicQuantizeLinear" }
    if isDynamic(id) { return (id, [1]) }
    guard let product = graph.producer(id, index), product.kind == .mul,
      let scale = product.inputs.first(where: { isDynamic($0) }) ?? nil,
      let other = product.inputs.first(where: { $0 != scale }) ?? nil, let tensor = graph[other].tensor,
      let values = tensor.floats,
      values.count == 1 || (values.count == columns && tensor.shape.dimensions.last == columns),
      values.allSatisfy(\.isFinite)
    else { return nil }
    return (scale, values)
  }
}
