/// Gives every value its shape, and computes at once what depends on no input.
///
/// Branches of an `If` whose condition is known are taken in line. What `Shape` and `Size` say of a known shape is
/// known, so the arithmetic on shapes that exporters leave in a graph folds away.
struct Specialisation {
  let limits: ModelLimits
  /// Leaves `DequantizeLinear` of constants in place, for the fusion of quantised operators to find.
  let keepsDequantizeLinear: Bool

  private var graph: Graph
  private var replacements: [ValueID: ValueID] = [:]
  private var foldedBytes = 0

  /// The graph with every shape known; `inputs` gives those of the outermost block's inputs.
  static func run(
    _ graph: Graph, inputs: [ValueID: TensorType], limits: ModelLimits, keepsDequantizeLinear: Bool
  ) throws(InferenceError) -> Graph {
    var pass = Specialisation(limits: limits, keepsDequantizeLinear: keepsDequantizeLinear, graph: graph)
    for (id, type) in inputs { pass.graph[id].type = type }
    let body = graph.body
    pass.graph.body = try pass.block(body)
    return DeadCode.run(pass.graph)
  }

  private init(limits: ModelLimits, keepsDequantizeLinear: Bool, graph: Graph) {
    self.limits = limits
    self.keepsDequantizeLinear = keepsDequantizeLinear
    self.graph = graph
  }

  private func resolve(_ id: ValueID) -> ValueID {
    var id = id
    while let next = replacements[id] { id = next }
    return id
  }

  private func fact(_ id: ValueID) throws(InferenceError) -> Fact {
    guard let type = graph[id].type else { throw .invalid("the shape of \(graph[id].name) is unknown") }
    return Fact(type: type, tensor: graph[id].tensor)
  }

  private mutating func block(_ block: Block) throws(InferenceError) -> Block {
    var result = Block(inputs: block.inputs)
    try walk(block.nodes, into: &result)
    result.outputs = block.outputs.map { resolve($0) }
    return result
  }

  private mutating func walk(_ nodes: [Node], into block: inout Block) throws(InferenceError) {
    for node in nodes {
      var node = node
      node.inputs = node.inputs.map { $0.map { resolve($0) } }
      do throws(InferenceError) {
        if node.kind == .if {
          try branch(node, into: &block)
        } else if node.fusion != nil {
          // Made by a pass, after shapes were known.
          block.nodes.append(node)
        } else {
          try infer(node, into: &block)
        }
      } catch {
        throw error.at(node.location)
      }
    }
  }

  private mutating func infer(_ node: Node, into block: inout Block) throws(InferenceError) {
    var facts: [Fact?] = []
    for input in node.inputs {
      guard let input else {
        facts.append(nil)
        continue
      }
      facts.append(try fact(input))
    }
    let definition = try OperatorRegistry.definition(of: node.kind)
    let call = OperatorCall(node: node, inputs: facts, limits: limits)
    let types = try definition.infer(call)
    guard node.outputs.count <= types.count else { throw .invalid("it has \(node.outputs.count) outputs") }
    for (output, type) in zip(node.outputs, types) {
      guard let output else { continue }
      graph[output].type = type
    }
    let isShape = node.kind == "Shape" || node.kind == "Size"
    let kept = keepsDequantizeLinear && node.kind == .dequantizeLinear
    guard isShape || (!kept && facts.allSatisfy { $0 == nil || $0?.tensor != nil }) else {
      block.nodes.append(node)
      return
    }
    foldedBytes += types.reduce(0) { $0 + $1.byteCount }
    guard foldedBytes <= limits.totalBytes else {
      throw .limit("its constants take more than \(limits.totalBytes) bytes")
    }
    let results = try ConstantFolding.evaluate(definition, call, types, readsInputs: !isShape)
    for (output, tensor) in zip(node.outputs, results) {
      guard let output else { continue }
      graph[output].content = .constant(tensor)
    }
  }

  private mutating func branch(_ node: Node, into block: inout Block) throws(InferenceError) {
    guard node.blocks.count == 2, let input = node.input(0) else {
      throw .invalid("it has not two branches and a condition")
    }
    let condition = try fact(input)
    guard condition.elementType == .bool, condition.shape.elementCount == 1 else {
      throw .invalid("its condition is not one boolean")
    }
    guard node.blocks.allSatisfy({ $0.outputs.count == node.outputs.count && $0.inputs.isEmpty }) else {
      throw .invalid("its branches do not give \(node.outputs.count) results")
    }
    if let known = condition.tensor {
      let taken = node.blocks[known.array(of: UInt8.self)[0] != 0 ? 0 : 1]
      try walk(taken.nodes, into: &block)
      for (output, result) in zip(node.outputs, taken.outputs) {
        if let output { replacements[output] = resolve(result) }
      }
      return
    }
    var node = node
    var blocks: [Block] = []
    for branch in node.blocks { blocks.append(try self.block(branch)) }
    node.blocks = blocks
    for (index, output) in node.outputs.enumerated() {
      let (then, otherwise) = (try fact(blocks[0].outputs[index]), try fact(blocks[1].outputs[index]))
      guard then.type == otherwise.type else {
        throw InferenceError(
          .unsupportedOperator,
          "result \(index) has shape \(then.shape) in one branch and \(otherwise.shape) in the other",
          remedy: "Give its condition as a constant input")
      }
      if let output { graph[output].type = then.type }
    }
    block.nodes.append(node)
  }
}
