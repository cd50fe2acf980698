/// Which values of a graph are stored as bytes, and in which steps.
///
/// Layers ask for their operands, and what is asked for asks on: what only moves elements for its own operands in the same
/// steps, a sum for both of its addends, an element-wise function for its argument. Nothing else is stored, so what leads
/// to no layer stays as precise as it was.
struct QuantisedPlacement {
  /// The layers that are computed on bytes.
  private(set) var layers: [QuantisableLayer] = []
  /// What each stored value means.
  private(set) var meanings: [ValueID: Quantization] = [:]
  /// For stored values that are computed of stored ones without a layer: of which.
  private(set) var operands: [ValueID: [ValueID]] = [:]

  private let graph: Graph
  private let index: GraphIndex
  private let ranges: [ValueID: ValueRange]
  private let ends: Set<ValueID>
  private var asked: Set<ValueID> = []
  private var order: [ValueID] = []
  /// Values that share their steps.
  private var shared = ValueGroups()

  /// - Parameters:
  ///   - graph: a prepared graph.
  ///   - layers: all its layers.
  ///   - kept: the labels of layers that stay real.
  ///   - ranges: of every real value that is computed.
  /// - Throws: `invalid-graph` for attributes of another type.
  init(
    _ graph: Graph, layers: [QuantisableLayer], kept: Set<String>, ranges: [ValueID: ValueRange]
  ) throws(InferenceError) {
    self.graph = graph
    self.ranges = ranges
    index = GraphIndex(graph)
    self.layers = layers.filter { !kept.contains($0.label) && ranges[$0.input] != nil }
    ends = Set(self.layers.map(\.end))
    for layer in self.layers { try ask(layer.input) }
    // Values in the same steps take the widest of their ranges.
    var widest: [ValueID: ValueRange] = [:]
    for value in order {
      widest[shared.root(value)] = (widest[shared.root(value)] ?? .zero).union(ranges[value] ?? .zero)
    }
    for value in order { meanings[value] = widest[shared.root(value)]?.quantization }
  }

  private mutating func ask(_ value: ValueID) throws(InferenceError) {
    guard ranges[value] != nil, asked.insert(value).inserted else { return }
    order.append(value)
    guard !ends.contains(value), let node = graph.producer(value, index) else { return }
    if let operands = try moved(node) {
      self.operands[value] = operands.filter { ranges[$0] != nil }
      for operand in operands where ranges[operand] != nil {
        try ask(operand)
        if node.kind != .concat || sharesSteps(operand, value) { shared.join(value, operand) }
      }
    } else if let addends = addends(of: value, node) {
      operands[value] = addends
      for addend in addends { try ask(addend) }
    } else if let argument = argument(of: value), isStored(argument) {
      operands[value] = [argument]
      try ask(argument)
    }
  }

  // MARK: - Movement

  private static let movements: Set<OperatorKind> = [
    .transpose, .reshape, .squeeze, .unsqueeze, .flatten, .identity, .maxPool, .slice, "Split", "Expand", "Tile",
    "DepthToSpace", "SpaceToDepth",
  ]

  /// The operands whose elements are all that a node gives; nil where it does more.
  private func moved(_ node: Node) throws(InferenceError) -> [ValueID]? {
    guard let first = node.input(0) else { return nil }
    switch node.kind {
    case .concat:
      let operands = node.inputs.compactMap(\.self)
      return operands.allSatisfy { ranges[$0] != nil } ? operands : nil
    case .maxPool: return node.outputs.count == 1 ? [first] : nil
    case .resize:
      let coordinates = try node.attributes.string("coordinate_transformation_mode", default: "half_pixel")
      let mode = try node.attributes.string("mode", default: "nearest")
      return mode == "nearest" && coordinates != "tf_crop_and_resize" ? [first] : nil
    case .pad:
      if let id = node.input(2) {
        guard let filling = graph[id].tensor?.floats, filling.allSatisfy({ $0 == 0 }) else { return nil }
      }
      return [first]
    case .averagePool, .globalAveragePool:
      // The mean keeps the steps of what it is of, where they are not much too coarse for it.
      guard let output = node.outputs.first ?? nil, let own = ranges[output], let operand = ranges[first],
        own.span >= operand.span * 0.5, try node.attributes.int("count_include_pad", default: 0) == 0
      else { return nil }
      return [first]
    default: return Self.movements.contains(node.kind) ? [first] : nil
    }
  }

  /// Whether a part of a concatenation takes the steps of the whole: where nobody else reads it, or they are about its own.
  private func sharesSteps(_ part: ValueID, _ whole: ValueID) -> Bool {
    if index.soleReader(part) != nil { return true }
    guard let own = ranges[part], let all = ranges[whole] else { return false }
    return own.span >= all.span * 0.6
  }

  // MARK: - Sums and functions

  /// The addends where `value` is the sum of two values, or the positive part of one.
  private func addends(of value: ValueID, _ node: Node) -> [ValueID]? {
    var sum = node
    if node.kind == .relu, let inner = node.input(0), index.soleReader(inner) != nil,
      let before = graph.producer(inner, index)
    {
      sum = before
    }
    guard sum.kind == .add, sum.inputs.count == 2, let one = sum.inputs[0], let other = sum.inputs[1], one != other,
      let shape = graph[value].type?.shape, graph[one].type?.shape == shape, graph[other].type?.shape == shape,
      isStored(one), isStored(other)
    else { return nil }
    return [one, other]
  }

  /// Whether a value may as well be stored: a layer's result, or made of such.
  private func isStored(_ value: ValueID) -> Bool {
    var value = value
    for _ in 0..<64 {
      guard ranges[value] != nil else { return false }
      if asked.contains(value) || ends.contains(value) { return true }
      guard let node = graph.producer(value, index) else { return false }
      if node.kind == .add || node.kind == .relu || node.kind == .concat || Self.movements.contains(node.kind)
        || Self.functions.contains(node.kind),
        let operand = node.inputs.compactMap(\.self).first(where: { ranges[$0] != nil })
      {
        value = operand
      } else {
        return false
      }
    }
    return false
  }

  static let functions: Set<OperatorKind> = [
    .add, .mul, "Sub", "Div", .relu, "LeakyRelu", "PRelu", .clip, .sigmoid, .tanh, "HardSigmoid", "HardSwish", "Elu",
    "Selu", "Celu", "Softplus", "Softsign", "Gelu", "Mish", "Swish", .batchNormalization,
  ]

  /// The one value of which `value` is an element-wise function, which a table can hold.
  private func argument(of value: ValueID) -> ValueID? {
    guard let shape = graph[value].type?.shape else { return nil }
    var inner: Set<ValueID> = [value]
    var open = [value]
    var roots: Set<ValueID> = []
    while let next = open.popLast() {
      guard let node = graph.producer(next, index), Self.functions.contains(node.kind),
        !ends.contains(next) || next == value,
        node.outputs.count == 1, graph[next].type?.shape == shape
      else {
        roots.insert(next)
        continue
      }
      for case .some(let operand) in node.inputs where graph[operand].tensor == nil {
        guard ranges[operand] != nil else { return nil }
        if ends.contains(operand) {
          roots.insert(operand)
        } else if inner.insert(operand).inserted {
          open.append(operand)
        }
      }
    }
    guard roots.count == 1, let root = roots.first, root != value, graph[root].type?.shape == shape else { return nil }
    return root
  }
}
