/// Older and composed forms of convolutions, normalisations and attention.
extension ONNXImporter {
  /// Appends what `node` stands for; false where it is none of these or already in its newest form.
  mutating func normaliseLayers(_ node: Node, into block: inout Block) throws(InferenceError) -> Bool {
    switch node.kind {
    case .batchNormalization:
      guard opset < 14 else { return false }
      var node = node
      guard try node.attributes.int("spatial", default: 1) == 1 else { throw .unsupported("spatial is 0") }
      // Its further results exist in training alone.
      node.outputs = Array(node.outputs.prefix(1))
      node.attributes["training_mode"] = nil
      block.nodes.append(node)
    case "com.microsoft:FusedConv":
      var core = Node(name: node.name, kind: .conv, inputs: Array(node.inputs.prefix(3)), outputs: [])
      core.attributes = node.attributes
      let parameters: [Float]
      if case .floats(let values) = node.attributes["activation_params"] {
        parameters = values
      } else {
        parameters = []
      }
      let sum = try addend(node.input(3), behind: core, of: node, into: &block)
      try activate(sum, parameters, of: node, into: &block)
    case "com.microsoft:FusedGemm":
      var core = Node(name: node.name, kind: .gemm, inputs: node.inputs, outputs: [])
      core.attributes = node.attributes
      var parameters: [Float] = []
      for name in ["activation_alpha", "activation_beta", "activation_gamma"] where node.attributes[name] != nil {
        parameters.append(try node.attributes.float(name, default: 0))
      }
      let product = try addend(nil, behind: core, of: node, into: &block)
      try activate(product, parameters, of: node, into: &block)
    case "ai.onnx.preview:FlexAttention":
      try expandFlexAttention(node, into: &block)
    default: return false
    }
    return true
  }

  /// Appends `core` and, where there is one, the addition of `value` to its result; returns the sum.
  private mutating func addend(
    _ value: ValueID?, behind core: Node, of node: Node, into block: inout Block
  ) throws(InferenceError) -> ValueID {
    var core = core
    for name in ["activation", "activation_params", "activation_alpha", "activation_beta", "activation_gamma"] {
      core.attributes[name] = nil
    }
    let result = graph.add(Value(name: "\(node.name) sum"))
    core.outputs = [result]
    block.nodes.append(core)
    guard let value else { return result }
    let sum = graph.add(Value(name: "\(node.name) added"))
    block.nodes.append(Node(name: node.name, kind: .add, inputs: [result, value], outputs: [sum]))
    return sum
  }

  /// Appends the activation that the attributes of `node` name, from `value` to the results of `node`.
  private mutating func activate(
    _ value: ValueID, _ parameters: [Float], of node: Node, into block: inout Block
  ) throws(InferenceError) {
    let name = try node.attributes.string("activation", default: "")
    var activation = Node(name: node.name, kind: OperatorKind(name), inputs: [value], outputs: node.outputs)
    func parameter(_ index: Int, _ fallback: Float) -> AttributeValue {
      .float(index < parameters.count ? parameters[index] : fallback)
    }
    switch name {
    case "": activation.kind = .identity
    case "Relu", "Sigmoid", "Tanh", "HardSwish", "Softplus", "Softsign": break
    case "LeakyRelu": activation.attributes["alpha"] = parameter(0, 0.01)
    case "Elu": activation.attributes["alpha"] = parameter(0, 1)
    case "HardSigmoid":
      activation.attributes["alpha"] = parameter(0, 0.2)
      activation.attributes["beta"] = parameter(1, 0.5)
    case "Clip":
      for index in 0..<2 {
        guard index < parameters.count else { break }
        guard let bound = Tensor([parameters[index]], shape: .scalar) else {
          throw .limit("a constant does not fit the memory")
        }
        activation.inputs.append(graph.addConstant(bound, name: ""))
      }
    default: throw .unsupported("activation \(name)")
    }
    block.nodes.append(activation)
  }

  /// Rewrites attention whose scores and probabilities the model changes by graphs of its own.
  private mutating func expandFlexAttention(_ node: Node, into block: inout Block) throws(InferenceError) {
    guard node.inputs.count == 3 else { throw .invalid("it has \(node.inputs.count) operands, not three") }
    func append(
      _ kind: OperatorKind, _ inputs: [ValueID?], attributes: Attributes = .init(), to outputs: [ValueID?]? = nil
    ) -> ValueID {
      let result = graph.add(Value(name: "\(node.name) \(kind.rawValue)"))
      block.nodes.append(
        Node(name: node.name, kind: kind, inputs: inputs, outputs: outputs ?? [result], attributes: attributes))
      return result
    }
    /// Puts the graph that attribute `name` gives in place.
    func modified(_ value: ValueID, by name: String) throws(InferenceError) -> ValueID {
      guard node.attributes[name] != nil else { return value }
      let index = try node.attributes.int(name, default: 0)
      guard node.blocks.indices.contains(index), node.blocks[index].inputs.count == 1,
        let result = node.blocks[index].outputs.first, node.blocks[index].outputs.count == 1
      else { throw .invalid("\(name) does not make one value of one") }
      let inner = node.blocks[index]
      block.nodes.append(Node(name: node.name, kind: .identity, inputs: [value], outputs: [inner.inputs[0]]))
      block.nodes += inner.nodes
      return result
    }
    var attributes = Attributes()
    attributes["scale"] = node.attributes["scale"]
    let scores = append(.attentionScores, [node.input(0), node.input(1)], attributes: attributes)
    attributes = Attributes()
    attributes["axis"] = .int(-1)
    let probabilities = append(.softmax, [try modified(scores, by: "score_mod")], attributes: attributes)
    _ = append(
      .attentionValues, [try modified(probabilities, by: "prob_mod"), node.input(2)], to: node.outputs)
  }
}

extension OperatorKind {
  /// The scaled products of queries and keys, `[batch, heads, queries, keys]`; a part of `FlexAttention`.
  static let attentionScores: Self = "AttentionScores"
  /// The sums of values by probabilities, `[batch, heads, queries, size]`; a part of `FlexAttention`.
  static let attentionValues: Self = "AttentionValues"
}
