extension ONNXImporter {
  /// Appends `node` in the newest form of its operator; literal constants become values, not nodes.
  mutating func normalise(_ node: Node, into block: inout Block) throws(InferenceError) {
    if try normaliseElementwise(node, into: &block) { return }
    var node = node
    switch node.kind {
    case .constant:
      try addLiteral(node)
      return
    case .squeeze, .unsqueeze: try moveInts("axes", toInput: 1, of: &node)
    case .reshape: try moveInts("shape", toInput: 1, of: &node)
    case "Split": try moveInts("split", toInput: 1, of: &node)
    case .slice:
      if opset < 10 {
        try moveInts("starts", toInput: 1, of: &node)
        try moveInts("ends", toInput: 2, of: &node)
        try moveInts("axes", toInput: 3, of: &node)
      }
    case .pad:
      if opset < 11 {
        if let paddings = node.attributes["paddings"] { node.attributes["pads"] = paddings }
        try moveInts("pads", toInput: 1, of: &node)
        try moveFloat("value", default: 0, toInput: 2, of: &node)
      }
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
    case .resize:
      if opset < 11 {
        node.inputs.insert(nil, at: min(1, node.inputs.count))
        node.attributes["coordinate_transformation_mode"] = .string("asymmetric")
        node.attributes["nearest_mode"] = .string("floor")
      }
    case "com.microsoft:QLinearAdd", "com.microsoft:QLinearAveragePool", "com.microsoft:QLinearSoftmax",
      "QLinearConv", "QLinearMatMul":
      try expandQLinear(node, into: &block)
      return
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

  private mutating func setInput(_ index: Int, of node: inout Node, to tensor: Tensor?) throws(InferenceError) {
    guard let tensor else { throw .limit("a constant does not fit the memory") }
    while node.inputs.count <= index { node.inputs.append(nil) }
    node.inputs[index] = graph.addConstant(tensor, name: "")
  }

  private mutating func moveInts(_ name: String, toInput index: Int, of node: inout Node) throws(InferenceError) {
    guard let values = try node.attributes.ints(name) else { return }
    guard node.input(index) == nil else { throw .invalid("\(name) is given both as attribute and as input") }
    try setInput(index, of: &node, to: Tensor(values.map(Int64.init), shape: TensorShape([values.count]) ?? .scalar))
    node.attributes[name] = nil
  }

  private mutating func moveFloat(
    _ name: String, default fallback: Float, toInput index: Int, of node: inout Node
  ) throws(InferenceError) {
    let value = try node.attributes.float(name, default: fallback)
    try setInput(index, of: &node, to: Tensor([value], shape: .scalar))
    node.attributes[name] = nil
  }

  // MARK: - Operators on quantised values

  /// Rewrites an operator of the QLinear family as the float operator between DequantizeLinear and QuantizeLinear.
  private mutating func expandQLinear(_ node: Node, into block: inout Block) throws(InferenceError) {
    func operand(_ index: Int) throws(InferenceError) -> ValueID {
      guard let id = node.input(index) else { throw .invalid("input \(index) is missing") }
      return id
    }
    var real: [ValueID?] = []
    let outputIndex: Int
    var kind: OperatorKind
    var attributes = node.attributes
    switch node.kind {
    case "com.microsoft:QLinearAveragePool", "com.microsoft:QLinearSoftmax":
      kind = node.kind == "com.microsoft:QLinearSoftmax" ? .softmax : .averagePool
      guard try attributes.int("channels_last", default: 0) == 0 else { throw .unsupported("channels_last is set") }
      if kind == .softmax, try attributes.int("opset", default: 13) < 13 { attributes["flatten"] = .int(1) }
      attributes["opset"] = nil
      real = [dequantised(try operand(0), try operand(1), node.input(2), axis: nil, &block)]
      outputIndex = 3
    case "QLinearConv":
      kind = .conv
      let (x, w) = (try operand(1), try operand(4))
      real = [
        dequantised(try operand(0), x, node.input(2), axis: nil, &block),
        dequantised(try operand(3), w, node.input(5), axis: 0, &block),
      ]
      if let bias = node.input(8) {
        let scale = graph.add(Value(name: "\(node.name) bias scale"))
        block.nodes.append(Node(name: node.name, kind: .mul, inputs: [x, w], outputs: [scale]))
        real.append(dequantised(bias, scale, nil, axis: 0, &block))
      }
      outputIndex = 6
    default:
      kind = node.kind == "QLinearMatMul" ? .matMul : .add
      real = [
        dequantised(try operand(0), try operand(1), node.input(2), axis: nil, &block),
        dequantised(try operand(3), try operand(4), node.input(5), axis: kind == .matMul ? 1 : nil, &block),
      ]
      outputIndex = 6
    }
    let result = graph.add(Value(name: "\(node.name) real"))
    block.nodes.append(Node(name: node.name, kind: kind, inputs: real, outputs: [result], attributes: attributes))
    block.nodes.append(
      Node(
        name: node.name, kind: .quantizeLinear,
        inputs: [result, try operand(outputIndex), node.input(outputIndex + 1)], outputs: node.outputs))
  }

  private mutating func dequantised(
    _ value: ValueID, _ scale: ValueID, _ zeroPoint: ValueID?, axis: Int?, _ block: inout Block
  ) -> ValueID {
    let result = graph.add(Value(name: "\(graph[value].name) real"))
    var attributes = Attributes()
    if let axis { attributes["axis"] = .int(axis) }
    block.nodes.append(
      Node(
        name: "", kind: .dequantizeLinear, inputs: [value, scale, zeroPoint], outputs: [result], attributes: attributes)
    )
    return result
  }
}
