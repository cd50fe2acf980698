/// Gives every value its shape, and computes at once what depends on no input.
///
/// Branches of an `If` whose condition is known are taken in line. What `Shape` and `Size` say of a known shape is
/// known, so the arithmetic on shapes that exporters leave in a graph folds away.
struct Specialisation {
  let limits: ModelLimits
  /// Leaves `DequantizeLinear` of constants in place, for the fusion of quantised operators to find, and half types
  /// that lie between two operators which compute in `float32` unrounded.
  let fused: Bool

  private var graph: Graph
  private var replacements: [ValueID: ValueID] = [:]
  private var foldedBytes = 0
  /// What half-type values are in `float32`, where that was computed.
  private var widened: [ValueID: ValueID] = [:]

  /// The graph with every shape known; `inputs` gives those of the outermost block's inputs.
  static func run(
    _ graph: Graph, inputs: [ValueID: TensorType], limits: ModelLimits, fused: Bool
  ) throws(InferenceError) -> Graph {
    var pass = Specialisation(limits: limits, fused: fused, graph: graph)
    for (id, type) in inputs { pass.graph[id].type = type }
    let body = graph.body
    pass.graph.body = try pass.block(body)
    return DeadCode.run(pass.graph)
  }

  private init(limits: ModelLimits, fused: Bool, graph: Graph) {
    self.limits = limits
    self.fused = fused
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

  /// Shapes of a node, between conversions where it does not take half types.
  private mutating func infer(_ node: Node, into block: inout Block) throws(InferenceError) {
    if Interpreter.runsAlone(node.kind) { throw .dependsOnData("\(node.kind.rawValue) is computed node by node") }
    let definition = try OperatorRegistry.definition(of: node.kind)
    var node = node
    var half: ElementType?
    if !definition.acceptsHalf {
      for (index, input) in node.inputs.enumerated() {
        guard let input, let type = graph[input].type?.elementType, type.isHalf else { continue }
        half = half ?? type
        node.inputs[index] = try widen(input, into: &block)
      }
    }
    let facts = try self.facts(node)
    let declared = try definition.infer(OperatorCall(node: node, inputs: facts, limits: limits))
    var narrowings: [(Node, ValueID, wide: ValueID)] = []
    for (index, output) in node.outputs.enumerated() where index < declared.count {
      guard let output, let type = definition.narrowedType(index, declared[index].elementType, half: half) else {
        continue
      }
      let wide = graph.add(Value(name: graph[output].name))
      node.outputs[index] = wide
      narrowings.append((Self.cast(wide, to: type, output), output, wide))
    }
    try infer(node, definition, facts, into: &block)
    for (cast, output, wide) in narrowings {
      try infer(cast, OperatorRegistry.definition(of: cast.kind), self.facts(cast), into: &block)
      if fused { widened[output] = wide }
    }
  }

  private func facts(_ node: Node) throws(InferenceError) -> [Fact?] {
    var facts: [Fact?] = []
    for input in node.inputs {
      guard let input else {
        facts.append(nil)
        continue
      }
      let fact = try fact(input)
      guard fact.elementType != .string else { throw .dependsOnData("texts are computed node by node") }
      facts.append(fact)
    }
    return facts
  }

  private static func cast(_ value: ValueID, to type: ElementType, _ result: ValueID) -> Node {
    var attributes = Attributes()
    attributes["to"] = .int(ONNXTensorDecoder.number(of: type))
    return Node(name: "", kind: .cast, inputs: [value], outputs: [result], attributes: attributes)
  }

  private mutating func widen(_ value: ValueID, into block: inout Block) throws(InferenceError) -> ValueID {
    if let known = widened[value] { return known }
    let wide = graph.add(Value(name: graph[value].name))
    let node = Self.cast(value, to: .float32, wide)
    try infer(node, OperatorRegistry.definition(of: .cast), facts(node), into: &block)
    if graph[wide].tensor != nil { widened[value] = wide }
    return wide
  }

  private mutating func infer(
    _ node: Node, _ definition: OperatorDefinition, _ facts: [Fact?], into block: inout Block
  ) throws(InferenceError) {
    let call = OperatorCall(node: node, inputs: facts, limits: limits)
    let types = try definition.computedTypes(call)
    guard node.outputs.count <= types.count else { throw .invalid("it has \(node.outputs.count) outputs") }
    for (output, type) in zip(node.outputs, types) {
      guard let output else { continue }
      graph[output].type = type
    }
    let isShape = node.kind == "Shape" || node.kind == "Size"
    let kept = fused && node.kind == .dequantizeLinear
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
    for branch in node.blocks {
      do throws(InferenceError) {
        blocks.append(try self.block(branch))
      } catch {
        throw error.inBranch
      }
    }
    node.blocks = blocks
    for (index, output) in node.outputs.enumerated() {
      let (then, otherwise) = (try fact(blocks[0].outputs[index]), try fact(blocks[1].outputs[index]))
      guard then.type == otherwise.type else {
        throw .dependsOnData(
          "result \(index) has shape \(then.shape) in one branch and \(otherwise.shape) in the other")
      }
      if let output { graph[output].type = then.type }
    }
    block.nodes.append(node)
  }
}
