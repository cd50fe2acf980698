/// Joins element-wise operations, layer normalisation, softmax and the conversions from and to quantised values between
/// them into one step that works row by row. Every inner rounding stays.
struct RowFusion {
  /// Which chains are joined.
  enum Scope {
    /// Those with a normalisation or a function that oneDNN does not have.
    case normalisations
    /// All of two operations or more.
    case all
  }

  private var graph: Graph
  private let index: GraphIndex
  private let scope: Scope
  /// The nodes that belong to a chain.
  private var taken: Set<Int> = []

  static func run(_ graph: Graph, _ scope: Scope) -> Graph {
    var pass = RowFusion(graph: graph, index: GraphIndex(graph), scope: scope)
    var dropped: Set<Int> = []
    for place in graph.body.nodes.indices.reversed() where !pass.taken.contains(place) {
      guard let members = pass.chain(endingAt: place) else { continue }
      pass.replace(members, endingAt: place)
      dropped.formUnion(members.computing.subtracting([place]))
    }
    pass.graph.body.nodes = pass.graph.body.nodes.enumerated().filter { !dropped.contains($0.offset) }.map(\.element)
    return DeadCode.run(pass.graph)
  }

  private init(graph: Graph, index: GraphIndex, scope: Scope) {
    self.graph = graph
    self.index = index
    self.scope = scope
  }

  private struct Chain {
    /// The nodes that the chain computes.
    var computing: Set<Int>
    /// Conversions from stored values, which other chains may repeat.
    var loads: Set<Int> = []
  }

  private func result(_ place: Int) -> ValueID? {
    let outputs = graph.body.nodes[place].outputs
    return outputs.count == 1 ? outputs[0] : nil
  }

  private func canCompute(_ place: Int, _ shape: TensorShape) -> Bool {
    guard !taken.contains(place), let result = result(place), graph[result].type?.shape == shape else { return false }
    return RowOperators.supports(graph.body.nodes[place], in: graph)
  }

  /// The chain whose last node is at `place`; nil where it is not worth a step of its own.
  private func chain(endingAt place: Int) -> Chain? {
    guard let last = result(place), let shape = graph[last].type?.shape, shape.elementCount > 0, shape.rank > 0,
      canCompute(place, shape)
    else { return nil }
    var chain = Chain(computing: [place])
    var grew = true
    while grew {
      grew = false
      for member in chain.computing.union(chain.loads).sorted(by: >) {
        for case .some(let operand) in graph.body.nodes[member].inputs {
          guard let source = index.producers[operand], !chain.computing.contains(source),
            !chain.loads.contains(source)
          else { continue }
          if graph.body.nodes[source].kind == .dequantizeLinear {
            guard RowOperators.isLoad(graph.body.nodes[source], in: graph) else { continue }
            chain.loads.insert(source)
            grew = true
          } else if canCompute(source, shape), !index.kept.contains(operand),
            (index.readers[operand] ?? []).allSatisfy({ isInside($0, chain) })
          {
            chain.computing.insert(source)
            grew = true
          }
        }
      }
    }
    // What quantises the result for another reader.
    for reader in index.readers[last] ?? [] where graph.body.nodes[reader].kind == .quantizeLinear {
      if canCompute(reader, shape), graph.body.nodes[reader].input(0) == last { chain.computing.insert(reader) }
    }
    let nodes = chain.computing.map { graph.body.nodes[$0] }
    let special = nodes.contains { RowOperators.isOwn($0.kind) || ($0.kind == .softmax && nodes.count > 1) }
    switch scope {
    case .normalisations: return special ? chain : nil
    case .all:
      let isRecognised = nodes.contains { ![.quantizeLinear, .dequantizeLinear].contains($0.kind) }
      return special || (nodes.count > 1 && isRecognised) ? chain : nil
    }
  }

  /// Whether whatever a node computes is read by the chain alone.
  private func isInside(_ place: Int, _ chain: Chain) -> Bool {
    if chain.computing.contains(place) { return true }
    guard chain.loads.contains(place), let result = result(place), !index.kept.contains(result) else { return false }
    return (index.readers[result] ?? []).allSatisfy { chain.computing.contains($0) }
  }

  private mutating func replace(_ chain: Chain, endingAt place: Int) {
    let members = chain.computing.union(chain.loads).sorted()
    taken.formUnion(chain.computing)
    var body = members.map { graph.body.nodes[$0] }
    let computed = Set(body.flatMap { $0.outputs.compactMap(\.self) })
    // Conversions that others read as well are repeated under another name.
    var renamed: [ValueID: ValueID] = [:]
    for (position, member) in members.enumerated() where chain.loads.contains(member) {
      guard let old = body[position].outputs.first ?? nil else { continue }
      var value = graph[old]
      value.content = .computed
      let new = graph.add(value)
      renamed[old] = new
      body[position].outputs = [new]
    }
    for position in body.indices {
      body[position].inputs = body[position].inputs.map { $0.map { renamed[$0] ?? $0 } }
    }
    var inputs: [ValueID] = []
    let inner = computed.subtracting(renamed.keys).union(renamed.values)
    for node in body {
      for case .some(let id) in node.inputs where !inner.contains(id) && !inputs.contains(id) { inputs.append(id) }
    }
    var outputs: [ValueID] = []
    for member in chain.computing.sorted() {
      guard let result = result(member) else { continue }
      let outside = (index.readers[result] ?? []).contains { !isInside($0, chain) }
      if outside || index.kept.contains(result) { outputs.append(result) }
    }
    graph.body.nodes[place] = Node(
      name: graph.body.nodes[place].name, kind: .fused, inputs: inputs, outputs: outputs,
      blocks: [Block(outputs: outputs, nodes: body)], fusion: Fusion(operation: .rows))
  }
}
