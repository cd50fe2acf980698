/// Joins element-wise operators between stored values into one look-up: whatever is computed from one byte alone, inner
/// conversions included, is a table of 256 results, one table for each channel where a constant differs between them.
/// Exact: the table holds what the operators give.
struct QuantisedTables {
  private static let elementwise: Set<OperatorKind> = [
    .add, .mul, "Sub", "Div", "Max", "Min", .relu, "LeakyRelu", "PRelu", .clip, .sigmoid, .tanh, "HardSigmoid",
    "HardSwish", "Elu", "Selu", "Celu", "Softplus", "Softsign", "Erf", "Gelu", "Mish", "Swish", "Exp", "Log", "Sqrt",
    "Reciprocal", "Abs", "Neg", "Pow", "Floor", "Ceil", "Round", "Sign", .identity, .batchNormalization,
    .quantizeLinear, .dequantizeLinear,
  ]

  /// What is rewritten; what it is computed from is read in the graph as it was.
  private var result: Graph
  private let graph: Graph
  private let index: GraphIndex
  private let limits: ModelLimits
  private var roots: [ValueID: Root] = [:]

  /// What a value is computed from.
  private enum Root: Equatable {
    case constant
    case stored(ValueID)
    case many
  }

  static func run(_ graph: Graph, limits: ModelLimits) throws(InferenceError) -> Graph {
    var pass = QuantisedTables(graph: graph, limits: limits)
    for place in graph.body.nodes.indices where graph.body.nodes[place].kind == .quantizeLinear {
      try pass.join(place)
    }
    return DeadCode.run(pass.result)
  }

  private init(graph: Graph, limits: ModelLimits) {
    self.graph = graph
    result = graph
    self.limits = limits
    index = GraphIndex(graph)
  }

  private mutating func join(_ place: Int) throws(InferenceError) {
    let node = graph.body.nodes[place]
    guard let output = node.outputs.first ?? nil, let type = graph[output].type, type.elementType.isQuantised,
      Quantization(parametersOf: node, in: graph) != nil, let operand = node.input(0),
      case .stored(let root) = root(of: operand), let rootType = graph[root].type, rootType.shape == type.shape
    else { return }
    var region: [Node] = []
    var channels = 1
    collect(output, root, &region, &channels)
    guard channels <= 4096, let table = try evaluate(region, root, output, channels) else { return }
    let isIdentity =
      channels == 1 && rootType.elementType == type.elementType
      && table.array(of: UInt8.self).enumerated().allSatisfy { $0.offset == Int($0.element) }
    result.body.nodes[place] =
      isIdentity
      ? Node(name: node.name, kind: .identity, inputs: [root], outputs: [output])
      : Node(
        name: node.name, kind: .fused, inputs: [root], outputs: [output],
        blocks: [Block(outputs: [output], nodes: region)],
        fusion: Fusion(
          operation: .table(table), outputQuantization: Quantization(parametersOf: node, in: graph)))
    if isIdentity, !index.kept.contains(output) { replace(output, by: root) }
  }

  /// The one stored value that `id` is computed from, element by element.
  private mutating func root(of id: ValueID) -> Root {
    if let known = roots[id] { return known }
    let found = trace(id)
    roots[id] = found
    return found
  }

  private mutating func trace(_ id: ValueID) -> Root {
    if let tensor = graph[id].tensor { return isLevel(tensor, id) ? .constant : .many }
    guard let node = graph.producer(id, index), Self.elementwise.contains(node.kind), node.outputs.count == 1,
      let shape = graph[id].type?.shape, !usesBatchStatistics(node)
    else { return .many }
    if node.kind == .quantizeLinear || node.kind == .dequantizeLinear {
      guard Quantization(parametersOf: node, in: graph) != nil, let operand = node.input(0) else { return .many }
      let above = root(of: operand)
      if node.kind == .quantizeLinear { return above }
      if case .stored = above { return above }
      guard let type = graph[operand].type, type.elementType.isQuantised, graph[operand].tensor == nil else {
        return .many
      }
      return .stored(operand)
    }
    var found = Root.constant
    for case .some(let operand) in node.inputs {
      let above = root(of: operand)
      if above == .constant { continue }
      guard case .stored(let root) = above, found == .constant || found == above, graph[root].type?.shape == shape
      else { return .many }
      found = above
    }
    return found == .constant ? .many : found
  }

  /// Whether `node` is a batch normalisation as in training, whose results depend on all elements.
  private func usesBatchStatistics(_ node: Node) -> Bool {
    node.kind == .batchNormalization && (try? node.attributes.int("training_mode", default: 0)) != 0
  }

  /// Whether a constant is one number, or one for each of the channels of what it meets.
  private func isLevel(_ tensor: Tensor, _ id: ValueID) -> Bool {
    if tensor.shape.elementCount == 1 { return true }
    return (index.readers[id] ?? []).allSatisfy { place in
      let node = graph.body.nodes[place]
      guard let output = node.outputs.first ?? nil, let rank = graph[output].type?.shape.rank, rank >= 2,
        let channels = graph[output].type?.shape[1], tensor.shape.elementCount == channels
      else { return false }
      if node.kind == .batchNormalization { return true }
      guard node.kind != .quantizeLinear, node.kind != .dequantizeLinear, tensor.shape.rank <= rank else {
        return false
      }
      let full = [Int](repeating: 1, count: rank - tensor.shape.rank) + tensor.shape.dimensions
      return full[1] == channels
    }
  }

  /// The nodes between `root` and `id`, in an order in which they can run.
  private func collect(_ id: ValueID, _ root: ValueID, _ region: inout [Node], _ channels: inout Int) {
    guard id != root else { return }
    if let tensor = graph[id].tensor {
      channels = max(channels, tensor.shape.elementCount)
      return
    }
    guard !region.contains(where: { $0.outputs.contains(id) }), let node = graph.producer(id, index) else { return }
    for case .some(let operand) in node.inputs { collect(operand, root, &region, &channels) }
    region.append(node)
  }

  /// The results for all bytes, [channels, 256]; nil where an operator does not give one number for each.
  private func evaluate(
    _ region: [Node], _ root: ValueID, _ output: ValueID, _ channels: Int
  ) throws(InferenceError) -> Tensor? {
    guard let shape = TensorShape([256, channels]), let type = graph[root].type?.elementType else { return nil }
    let bytes = (0..<256 * channels).map { UInt8($0 / channels) }
    guard let stored = Tensor(bytes, shape: shape) else { throw .limit("a table does not fit the memory") }
    var known: [ValueID: Tensor] = [
      root: Tensor(type: TensorType(elementType: type, shape: shape), storage: stored.storage)
    ]
    for node in region {
      var facts: [Fact?] = []
      for operand in node.inputs {
        guard let operand else {
          facts.append(nil)
          continue
        }
        var tensor = known[operand]
        if tensor == nil, let constant = graph[operand].tensor {
          let count = constant.shape.elementCount
          guard count == 1 || count == channels else { return nil }
          let isParameter = node.kind == .batchNormalization || count > 1
          guard let flat = TensorShape(isParameter ? [count] : []) else { return nil }
          tensor = constant.reshaped(flat)
        }
        guard let tensor else { return nil }
        facts.append(Fact(type: tensor.type, tensor: tensor))
      }
      if node.kind == .batchNormalization, channels > 1,
        facts.dropFirst().contains(where: { $0?.shape.elementCount != channels })
      {
        return nil
      }
      let definition = try OperatorRegistry.definition(of: node.kind)
      let call = OperatorCall(node: node, inputs: facts, limits: limits)
      let types = try definition.infer(call)
      guard types.allSatisfy({ !$0.elementType.isHalf }),
        let result = try ConstantFolding.evaluate(definition, call, types).first, result.shape == shape,
        let id = node.outputs.first ?? nil
      else { return nil }
      known[id] = result
    }
    guard let result = known[output], result.elementType.isQuantised else { return nil }
    let levels = Tensor(
      type: TensorType(elementType: .uint8, shape: shape), storage: result.storage
    ).array(of: UInt8.self)
    var table = [UInt8](repeating: 0, count: 256 * channels)
    for byte in 0..<256 {
      for channel in 0..<channels { table[channel * 256 + byte] = levels[byte * channels + channel] }
    }
    guard let transposed = TensorShape([channels, 256]) else { return nil }
    return Tensor(table, shape: transposed)
  }

  private mutating func replace(_ old: ValueID, by new: ValueID) {
    for place in result.body.nodes.indices {
      result.body.nodes[place].inputs = result.body.nodes[place].inputs.map { $0 == old ? new : $0 }
    }
  }
}
