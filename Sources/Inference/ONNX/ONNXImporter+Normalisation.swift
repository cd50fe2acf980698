extension ONNXImporter {
  /// Appends `node` in the newest form of its operator; literal constants become values, not nodes.
  mutating func normalise(_ node: Node, into block: inout Block) throws(InferenceError) {
    if try normaliseElementwise(node, into: &block) { return }
    if try expandQuantised(node, into: &block) { return }
    if try normaliseLayers(node, into: &block) { return }
    var node = node
    try normaliseMovement(&node)
    switch node.kind {
    case .constant:
      try addLiteral(node)
      return
    case .clip:
      if opset < 11 {
        try moveFloat("min", default: -Float.greatestFiniteMagnitude, toInput: 1, of: &node)
        try moveFloat("max", default: Float.greatestFiniteMagnitude, toInput: 2, of: &node)
      }
    case .softmax, .logSoftmax:
      if opset < 13 {
        node.attributes["axis"] = .int(try node.attributes.int("axis", default: 1))
        node.attributes["flatten"] = .int(1)
      }
    case "com.microsoft:QuantizeLinear", "com.microsoft:DequantizeLinear":
      node.kind = OperatorKind(String(node.kind.rawValue.dropFirst("com.microsoft:".count)))
    default:
      if node.kind.rawValue.hasPrefix("Reduce") { try moveInts("axes", toInput: 1, of: &node) }
    }
    block.nodes.append(node)
  }

  private mutating func addLiteral(_ node: Node) throws(InferenceError) {
    guard let output = node.outputs.first ?? nil else { throw .invalid("a constant without an output") }
    let tensor: Tensor?
    if let value = try node.attributes.tensor("value") {
      tensor = value
    } else if let value = try node.attributes.tensor("sparse_value") {
      tensor = value
    } else if case .string(let value) = node.attributes["value_string"] {
      tensor = Tensor(strings: [value], shape: .scalar)
    } else if case .strings(let values) = node.attributes["value_strings"], let shape = TensorShape([values.count]) {
      tensor = Tensor(strings: values, shape: shape)
    } else if case .float(let value) = node.attributes["value_float"] {
      tensor = Tensor([value], shape: .scalar)
    } else if case .int(let value) = node.attributes["value_int"] {
      tensor = Tensor([Int64(value)], shape: .scalar)
    } else if case .ints(let values) = node.attributes["value_ints"], let shape = TensorShape([values.count]) {
      tensor = Tensor(values.map(Int64.init), shape: shape)
    } else if case .floats(let values) = node.attributes["value_floats"], let shape = TensorShape([values.count]) {
      tensor = Tensor(values, shape: shape)
    } else {
      throw InferenceError(.unsupportedFeature, "a constant that is not a plain tensor")
    }
    guard let tensor else { throw .limit("a constant does not fit the memory") }
    graph[output].content = .constant(tensor)
    graph[output].type = tensor.type
  }

  mutating func setInput(_ index: Int, of node: inout Node, to tensor: Tensor?) throws(InferenceError) {
    guard let tensor else { throw .limit("a constant does not fit the memory") }
    while node.inputs.count <= index { node.inputs.append(nil) }
    node.inputs[index] = graph.addConstant(tensor, name: "")
  }

  mutating func moveInts(_ name: String, toInput index: Int, of node: inout Node) throws(InferenceError) {
    guard let values = try node.attributes.ints(name) else { return }
    guard node.input(index) == nil else { throw .invalid("\(name) is given both as attribute and as input") }
    try setInput(index, of: &node, to: Tensor(values.map(Int64.init), shape: TensorShape([values.count]) ?? .scalar))
    node.attributes[name] = nil
  }

  mutating func moveFloat(
    _ name: String, default fallback: Float, toInput index: Int, of node: inout Node
  ) throws(InferenceError) {
    let value = try node.attributes.float(name, default: fallback)
    try setInput(index, of: &node, to: Tensor([value], shape: .scalar))
    node.attributes[name] = nil
  }
}
