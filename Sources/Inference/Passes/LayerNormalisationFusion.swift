/// Finds layer normalisation along the last axis in the elementary operators that exporters write it in, and makes it one
/// node.
///
/// Two forms: `(x - mean) / sqrt(variance + e) * scale + shift`, the last two left out or not, and
/// `x * m + (shift - mean * m)` with `m = 1 / sqrt(variance + e) * scale`.
struct LayerNormalisationFusion {
  private var graph: Graph
  private let index: GraphIndex

  static func run(_ graph: Graph) throws(InferenceError) -> Graph {
    var pass = LayerNormalisationFusion(graph: graph, index: GraphIndex(graph))
    for place in graph.body.nodes.indices where graph.body.nodes[place].kind == "Sqrt" { try pass.fuse(place) }
    return DeadCode.run(pass.graph)
  }

  private init(graph: Graph, index: GraphIndex) {
    self.graph = graph
    self.index = index
  }

  /// What is normalised, and how.
  private struct Deviation {
    let x: ValueID
    let mean: ValueID
    let difference: ValueID
    let epsilon: Float
    let width: Int
  }

  private mutating func fuse(_ place: Int) throws(InferenceError) {
    guard let root = graph.body.nodes[place].outputs.first ?? nil, let next = index.soleReader(root),
      let found = try deviation(graph.body.nodes[place]), let result = graph.body.nodes[next].outputs.first ?? nil
    else { return }
    let node = graph.body.nodes[next]
    if node.kind == "Div", node.input(0) == found.difference, node.input(1) == root {
      var (last, scale, shift) = (next, ValueID?.none, ValueID?.none)
      if let (place, operand) = follower(of: result, .mul, found.width) {
        (last, scale) = (place, operand)
        if let output = graph.body.nodes[place].outputs.first ?? nil,
          let (place, operand) = follower(of: output, .add, found.width)
        {
          (last, shift) = (place, operand)
        }
      }
      try replace(last, found, scale, shift)
    } else if node.kind == "Reciprocal", let (place, scale) = follower(of: result, .mul, found.width),
      let factor = graph.body.nodes[place].outputs.first ?? nil
    {
      try fuseAffine(found, factor: factor, scale: scale)
    }
  }

  /// The second form, from its common factor on.
  private mutating func fuseAffine(_ found: Deviation, factor: ValueID, scale: ValueID) throws(InferenceError) {
    guard let readers = index.readers[factor], readers.count == 2, !index.kept.contains(factor) else { return }
    let products = readers.filter { graph.body.nodes[$0].kind == .mul }
    guard products.count == 2,
      let scaled = products.first(where: { graph.body.nodes[$0].inputs.contains(found.x) }),
      let centre = products.first(where: { graph.body.nodes[$0].inputs.contains(found.mean) }),
      let moved = graph.body.nodes[centre].outputs.first ?? nil, let difference = index.soleReader(moved),
      graph.body.nodes[difference].kind == "Sub", graph.body.nodes[difference].input(1) == moved,
      let shift = graph.body.nodes[difference].input(0), isRow(shift, found.width),
      let offset = graph.body.nodes[difference].outputs.first ?? nil, let sum = index.soleReader(offset),
      graph.body.nodes[sum].kind == .add, let product = graph.body.nodes[scaled].outputs.first ?? nil,
      graph.body.nodes[sum].inputs.contains(product), index.soleReader(product) == sum
    else { return }
    try replace(sum, found, scale, shift)
  }

  private mutating func replace(
    _ place: Int, _ found: Deviation, _ scale: ValueID?, _ shift: ValueID?
  ) throws(InferenceError) {
    var inputs: [ValueID?] = [found.x]
    if let scale {
      inputs.append(scale)
    } else {
      guard let shape = TensorShape([found.width]),
        let ones = Tensor([Float](repeating: 1, count: found.width), shape: shape)
      else { throw .limit("the scale of a normalisation does not fit the memory") }
      inputs.append(graph.addConstant(ones, name: "one"))
    }
    if let shift { inputs.append(shift) }
    var node = Node(
      name: graph.body.nodes[place].name, kind: "LayerNormalization", inputs: inputs,
      outputs: graph.body.nodes[place].outputs)
    node.attributes["axis"] = .int(-1)
    node.attributes["epsilon"] = .float(found.epsilon)
    graph.body.nodes[place] = node
  }

  /// The only reader of `id`, where it is of `kind` and its other operand a constant row.
  private func follower(of id: ValueID, _ kind: OperatorKind, _ width: Int) -> (place: Int, operand: ValueID)? {
    guard let place = index.soleReader(id), graph.body.nodes[place].kind == kind,
      let other = graph.body.nodes[place].inputs.first(where: { $0 != id }) ?? nil, isRow(other, width)
    else { return nil }
    return (place, other)
  }

  private func isRow(_ id: ValueID, _ width: Int) -> Bool {
    guard let tensor = graph[id].tensor, tensor.elementType == .float32 else { return false }
    return tensor.shape.dimensions == [width]
  }

  /// What the square root `node` is the standard deviation of.
  private func deviation(_ node: Node) throws(InferenceError) -> Deviation? {
    guard let sum = graph.producer(node.input(0), index), sum.kind == .add, sum.inputs.count == 2,
      let place = sum.inputs.firstIndex(where: { graph.scalar($0) != nil }),
      let epsilon = graph.scalar(sum.inputs[place]),
      epsilon >= 0, let variance = graph.producer(sum.inputs[1 - place], index), try isMean(variance),
      let square = graph.producer(variance.input(0), index), let difference = square.input(0),
      square.kind == "Pow" && graph.scalar(square.input(1)) == 2
        || square.kind == .mul && square.input(1) == difference,
      let subtraction = graph.producer(difference, index), subtraction.kind == "Sub", let x = subtraction.input(0),
      let mean = subtraction.input(1), let average = graph.producer(mean, index), try isMean(average),
      average.input(0) == x, let type = graph[x].type, type.elementType == .float32,
      let width = type.shape.dimensions.last,
      // An epsilon or exponent of more axes would give the result more.
      let deviation = node.outputs.first ?? nil, graph[deviation].type?.shape.rank == type.shape.rank
    else { return nil }
    return Deviation(x: x, mean: mean, difference: difference, epsilon: epsilon, width: width)
  }

  /// Whether `node` is the mean along the last axis, that axis kept.
  private func isMean(_ node: Node) throws(InferenceError) -> Bool {
    guard node.kind == "ReduceMean", let x = node.input(0), let rank = graph[x].type?.shape.rank, rank > 0,
      try node.attributes.int("keepdims", default: 1) != 0
    else { return false }
    let given = try node.attributes.ints("axes") ?? node.input(1).flatMap { graph[$0].tensor?.integers }
    return given == [-1] || given == [rank - 1]
  }
}
