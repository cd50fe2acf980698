/// Moves conversions from and to quantised values across what only moves elements, so that those that undo each other
/// meet and go, and those that repeat each other become one.
struct QuantisedPropagation {
  private var graph: Graph
  private let index: GraphIndex
  private var nodes: [Node] = []
  private var producers: [ValueID: Node] = [:]
  private var replacements: [ValueID: ValueID] = [:]
  private var known: [Conversion: ValueID] = [:]

  private struct Conversion: Hashable {
    let kind: OperatorKind
    let input: ValueID
    let quantization: Quantization?
    let type: ElementType?
  }

  private static let movements: Set<OperatorKind> = OperatorKind.views.union([.transpose])

  static func run(_ graph: Graph) -> Graph {
    var pass = QuantisedPropagation(graph: graph, index: GraphIndex(graph))
    for node in graph.body.nodes { pass.append(node) }
    pass.graph.body.nodes = pass.nodes
    return DeadCode.run(pass.graph)
  }

  private init(graph: Graph, index: GraphIndex) {
    self.graph = graph
    self.index = index
  }

  private mutating func add(_ node: Node) {
    for case .some(let id) in node.outputs { producers[id] = node }
    nodes.append(node)
  }

  private mutating func append(_ node: Node) {
    var node = node
    node.inputs = node.inputs.map { $0.map { replacements[$0] ?? $0 } }
    guard let output = node.outputs.first ?? nil, node.outputs.count == 1 || node.kind == "DynamicQuantizeLinear",
      node.fusion == nil
    else { return add(node) }
    switch node.kind {
    case .quantizeLinear: quantise(node, output)
    case .dequantizeLinear: share(node, output)
    case "DynamicQuantizeLinear": quantiseDynamically(node)
    default:
      guard Self.movements.contains(node.kind), let first = node.input(0), let load = producers[first],
        RowOperators.isLoad(load, in: graph), let stored = load.input(0), let type = graph[stored].type?.elementType
      else { return add(node) }
      // Move what is stored, convert behind.
      let moved = graph.add(value(like: output, type))
      node.inputs[0] = stored
      node.outputs = [moved]
      add(node)
      var conversion = load
      conversion.inputs[0] = moved
      conversion.outputs = [output]
      share(conversion, output)
    }
  }

  /// A value of the shape of `id` and another element type.
  private func value(like id: ValueID, _ type: ElementType) -> Value {
    var value = Value(name: graph[id].name)
    value.type = graph[id].type.map { TensorType(elementType: type, shape: $0.shape) }
    return value
  }

  /// Adds a conversion, or uses one that does the same.
  private mutating func share(_ node: Node, _ output: ValueID) {
    guard let input = node.input(0), graph[input].tensor == nil,
      let quantization = Quantization(parametersOf: node, in: graph)
    else { return add(node) }
    let conversion = Conversion(
      kind: node.kind, input: input, quantization: quantization, type: graph[output].type?.elementType)
    if let same = known[conversion], !index.kept.contains(output) {
      replacements[output] = same
      return
    }
    known[conversion] = output
    add(node)
  }

  /// The movements from which `id` comes, the first one first, and what they move.
  private func moves(to id: ValueID) -> (source: ValueID, moves: [Node]) {
    var (source, moves) = (id, [Node]())
    while let node = producers[source], Self.movements.contains(node.kind), node.fusion == nil,
      node.kind != .transpose || index.soleReader(source) != nil, let input = node.input(0)
    {
      moves.insert(node, at: 0)
      source = input
    }
    return (source, moves)
  }

  private mutating func quantise(_ node: Node, _ output: ValueID) {
    guard let input = node.input(0), let quantization = Quantization(parametersOf: node, in: graph),
      let type = graph[output].type?.elementType
    else { return add(node) }
    if let load = producers[input], load.kind == .dequantizeLinear, let stored = load.input(0),
      graph[stored].type?.elementType == type, Quantization(parametersOf: load, in: graph) == quantization
    {
      if index.kept.contains(output) {
        add(Node(name: node.name, kind: .identity, inputs: [stored], outputs: [output]))
      } else {
        replacements[output] = stored
      }
      return
    }
    let (source, moves) = moves(to: input)
    guard !moves.isEmpty, graph[source].type?.elementType == .float32, graph[source].tensor == nil else {
      return share(node, output)
    }
    var conversion = node
    let first = graph.add(value(like: source, type))
    conversion.inputs[0] = source
    conversion.outputs = [first]
    share(conversion, first)
    repeatMoves(moves, of: replacements[first] ?? first, type, to: output)
  }

  /// Adds the movements `moves` of `source`, the last of which gives `output`.
  private mutating func repeatMoves(_ moves: [Node], of source: ValueID, _ type: ElementType, to output: ValueID) {
    var current = source
    for (place, move) in moves.enumerated() {
      var copy = move
      copy.inputs[0] = current
      if place == moves.count - 1 {
        copy.outputs = [output]
        current = output
      } else if let old = move.outputs.first ?? nil {
        current = graph.add(value(like: old, type))
        copy.outputs = [current]
      }
      add(copy)
    }
  }

  private mutating func quantiseDynamically(_ node: Node) {
    guard let input = node.input(0), node.outputs.count == 3, let output = node.outputs[0],
      node.outputs.allSatisfy({ $0.map { !index.kept.contains($0) } ?? true })
    else { return add(node) }
    let (source, moves) = moves(to: input)
    let conversion = Conversion(kind: node.kind, input: source, quantization: nil, type: nil)
    var first = output
    if let same = known[conversion], let earlier = producers[same], earlier.outputs.count == 3 {
      for place in 1..<3 {
        if let mine = node.outputs[place], let its = earlier.outputs[place] { replacements[mine] = its }
      }
      first = same
    } else {
      var copy = node
      if !moves.isEmpty {
        first = graph.add(value(like: source, .uint8))
        copy.inputs[0] = source
        copy.outputs[0] = first
      }
      // Others may read what this one leaves out.
      for place in 1..<3 where copy.outputs[place] == nil {
        copy.outputs[place] = graph.add(Value(name: graph[output].name))
        if let id = copy.outputs[place] {
          graph[id].type = TensorType(elementType: place == 1 ? .float32 : .uint8, shape: .scalar)
        }
      }
      known[conversion] = first
      add(copy)
    }
    if moves.isEmpty {
      if first != output { replacements[output] = first }
    } else {
      repeatMoves(moves, of: first, .uint8, to: output)
    }
  }
}
