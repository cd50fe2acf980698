/// Operators on quantised values, rewritten as the real operator between DequantizeLinear and QuantizeLinear, which is
/// their meaning and what the passes fuse; or as exact whole-number products where a scale is known only at run time.
extension ONNXImporter {
  /// Appends what `node` stands for, where it is such an operator.
  mutating func expandQuantised(_ node: Node, into block: inout Block) throws(InferenceError) -> Bool {
    switch node.kind {
    case "QLinearConv": try expandConvolution(node, &block)
    case "QLinearMatMul": try expandPair(node, .matMul, leftAxis: -2, rightAxis: -1, &block)
    case "com.microsoft:QLinearAdd": try expandPair(node, .add, &block)
    case "com.microsoft:QLinearMul": try expandPair(node, .mul, &block)
    case "com.microsoft:QLinearSigmoid": try expandSingle(node, .sigmoid, &block)
    case "com.microsoft:QLinearLeakyRelu": try expandSingle(node, "LeakyRelu", &block)
    case "com.microsoft:QLinearSoftmax": try expandSingle(node, .softmax, &block)
    case "com.microsoft:QLinearAveragePool": try expandSingle(node, .averagePool, &block)
    case "com.microsoft:QLinearGlobalAveragePool": try expandSingle(node, .globalAveragePool, &block)
    case "com.microsoft:QLinearReduceMean": try expandSingle(node, "ReduceMean", &block)
    case "com.microsoft:QLinearConcat": try expandConcat(node, &block)
    case "com.microsoft:QLinearWhere": try expandWhere(node, &block)
    case "com.microsoft:QGemm": try expandGemm(node, &block)
    case "com.microsoft:DynamicQuantizeMatMul": try expandDynamicProduct(node, &block)
    case "com.microsoft:MatMulIntegerToFloat": try expandIntegerProduct(node, &block)
    default: return false
    }
    return true
  }

  private func operand(_ node: Node, _ index: Int) throws(InferenceError) -> ValueID {
    guard let id = node.input(index) else { throw .invalid("input \(index) is missing") }
    return id
  }

  private mutating func temporary(_ node: Node, _ what: String) -> ValueID {
    graph.add(Value(name: "\(node.name) \(what)"))
  }

  /// One node with one result.
  private mutating func append(
    _ kind: OperatorKind, _ inputs: [ValueID?], _ node: Node, _ what: String, attributes: Attributes = Attributes(),
    _ block: inout Block
  ) -> ValueID {
    let result = temporary(node, what)
    block.nodes.append(Node(name: node.name, kind: kind, inputs: inputs, outputs: [result], attributes: attributes))
    return result
  }

  /// The real values of a stored operand, in single precision whatever its scale is given in.
  private mutating func dequantised(
    _ node: Node, _ value: Int, scale: Int, zeroPoint: Int, axis: Int? = nil, _ block: inout Block
  ) throws(InferenceError) -> ValueID {
    var attributes = Attributes()
    attributes["output_dtype"] = .int(1)
    if let axis { attributes["axis"] = .int(axis) }
    let (stored, scale) = (try operand(node, value), try operand(node, scale))
    let result = graph.add(Value(name: "\(graph[stored].name) real"))
    block.nodes.append(
      Node(
        name: "", kind: .dequantizeLinear, inputs: [stored, scale, node.input(zeroPoint)], outputs: [result],
        attributes: attributes))
    return result
  }

  /// Appends the real operator and the conversion of its result.
  private mutating func append(
    _ kind: OperatorKind, _ inputs: [ValueID?], _ attributes: Attributes, _ node: Node, scale: Int,
    _ block: inout Block
  ) throws(InferenceError) {
    let result = append(kind, inputs, node, "real", attributes: attributes, &block)
    try quantise(result, node, scale: scale, &block)
  }

  private mutating func quantise(
    _ value: ValueID, _ node: Node, scale: Int, _ block: inout Block
  ) throws(InferenceError) {
    var attributes = Attributes()
    attributes["precision"] = .int(1)
    block.nodes.append(
      Node(
        name: node.name, kind: .quantizeLinear,
        inputs: [value, try operand(node, scale), node.input(scale + 1)], outputs: node.outputs,
        attributes: attributes))
  }

  // MARK: - One operand

  private mutating func expandSingle(
    _ node: Node, _ kind: OperatorKind, _ block: inout Block
  ) throws(InferenceError) {
    var attributes = node.attributes
    let channelsLast = try attributes.int("channels_last", default: 0) != 0
    attributes["channels_last"] = nil
    if kind == .softmax {
      if try attributes.int("opset", default: 13) < 13 { attributes["flatten"] = .int(1) }
      attributes["opset"] = nil
    }
    var inputs: [ValueID?] = [try dequantised(node, 0, scale: 1, zeroPoint: 2, &block)]
    if kind == "ReduceMean", let axes = try attributes.ints("axes") {
      guard let tensor = Tensor(axes.map(Int64.init), shape: TensorShape([axes.count]) ?? .scalar) else {
        throw .limit("a constant does not fit the memory")
      }
      inputs.append(graph.addConstant(tensor, name: ""))
      attributes["axes"] = nil
    }
    guard channelsLast else {
      try append(kind, inputs, attributes, node, scale: 3, &block)
      return
    }
    let value = graph[try operand(node, 0)]
    let known = try attributes.ints("kernel_shape").map { $0.count + 2 }
    guard let rank = known ?? value.type?.shape.rank ?? value.declared?.dimensions.count, rank >= 3, rank <= 8 else {
      throw .unsupported("channels_last is set, and the rank is unknown")
    }
    let toFirst = transposition([0, rank - 1] + Array(1..<(rank - 1)))
    let toLast = transposition([0] + Array(2..<rank) + [1])
    let first = append(.transpose, inputs, node, "channels first", attributes: toFirst, &block)
    let result = append(kind, [first], node, "real", attributes: attributes, &block)
    try quantise(
      append(.transpose, [result], node, "channels last", attributes: toLast, &block), node, scale: 3, &block)
  }

  private func transposition(_ order: [Int]) -> Attributes {
    var attributes = Attributes()
    attributes["perm"] = .ints(order)
    return attributes
  }

  // MARK: - Several operands

  private mutating func expandPair(
    _ node: Node, _ kind: OperatorKind, leftAxis: Int? = nil, rightAxis: Int? = nil, _ block: inout Block
  ) throws(InferenceError) {
    let left = try dequantised(node, 0, scale: 1, zeroPoint: 2, axis: leftAxis, &block)
    let right = try dequantised(node, 3, scale: 4, zeroPoint: 5, axis: rightAxis, &block)
    try append(kind, [left, right], node.attributes, node, scale: 6, &block)
  }

  private mutating func expandConvolution(_ node: Node, _ block: inout Block) throws(InferenceError) {
    guard try node.attributes.int("channels_last", default: 0) == 0 else { throw .unsupported("channels_last is set") }
    var real: [ValueID?] = [
      try dequantised(node, 0, scale: 1, zeroPoint: 2, &block),
      try dequantised(node, 3, scale: 4, zeroPoint: 5, axis: 0, &block),
    ]
    if let bias = node.input(8) {
      let scale = append(.mul, [try operand(node, 1), try operand(node, 4)], node, "bias scale", &block)
      var attributes = Attributes()
      attributes["axis"] = .int(0)
      real.append(append(.dequantizeLinear, [bias, scale], node, "bias", attributes: attributes, &block))
    }
    try append(.conv, real, node.attributes, node, scale: 6, &block)
  }

  private mutating func expandConcat(_ node: Node, _ block: inout Block) throws(InferenceError) {
    guard node.inputs.count >= 5, (node.inputs.count - 2) % 3 == 0 else {
      throw .invalid("it has \(node.inputs.count) inputs, not two and three for each part")
    }
    var parts: [ValueID?] = []
    for index in stride(from: 2, to: node.inputs.count, by: 3) {
      parts.append(try dequantised(node, index, scale: index + 1, zeroPoint: index + 2, &block))
    }
    try append(.concat, parts, node.attributes, node, scale: 0, &block)
  }

  private mutating func expandWhere(_ node: Node, _ block: inout Block) throws(InferenceError) {
    let x = try dequantised(node, 1, scale: 2, zeroPoint: 3, &block)
    let y = try dequantised(node, 4, scale: 5, zeroPoint: 6, &block)
    try append("Where", [try operand(node, 0), x, y], Attributes(), node, scale: 7, &block)
  }

  private mutating func expandGemm(_ node: Node, _ block: inout Block) throws(InferenceError) {
    let attributes = node.attributes
    let transposed = try attributes.int("transB", default: 0) != 0
    var real: [ValueID?] = [
      try dequantised(node, 0, scale: 1, zeroPoint: 2, &block),
      try dequantised(node, 3, scale: 4, zeroPoint: 5, axis: transposed ? 0 : 1, &block),
    ]
    if let bias = node.input(6) {
      // Stored in steps of both scales and alpha, one for each column or for all.
      let alpha = try attributes.float("alpha", default: 1)
      guard let tensor = Tensor([alpha], shape: .scalar) else { throw .limit("a constant does not fit the memory") }
      let both = append(.mul, [try operand(node, 1), try operand(node, 4)], node, "scales", &block)
      let scale = append(.mul, [both, graph.addConstant(tensor, name: "")], node, "bias scale", &block)
      var conversion = Attributes()
      conversion["to"] = .int(1)
      let whole = append("Cast", [bias], node, "bias", attributes: conversion, &block)
      real.append(append(.mul, [whole, scale], node, "real bias", &block))
    }
    guard node.input(7) != nil else {
      block.nodes.append(
        Node(name: node.name, kind: .gemm, inputs: real, outputs: node.outputs, attributes: attributes))
      return
    }
    try append(.gemm, real, attributes, node, scale: 7, &block)
  }

  // MARK: - Scales known only at run time

  private mutating func expandDynamicProduct(_ node: Node, _ block: inout Block) throws(InferenceError) {
    let (stored, scale, zeroPoint) = (
      temporary(node, "stored"), temporary(node, "scale"), temporary(node, "zero point")
    )
    block.nodes.append(
      Node(
        name: node.name, kind: "DynamicQuantizeLinear", inputs: [try operand(node, 0)],
        outputs: [stored, scale, zeroPoint]))
    try appendProduct(
      [stored, try operand(node, 1), zeroPoint, node.input(3)], scale, try operand(node, 2), bias: node.input(4), node,
      &block)
  }

  private mutating func expandIntegerProduct(_ node: Node, _ block: inout Block) throws(InferenceError) {
    try appendProduct(
      [try operand(node, 0), try operand(node, 1), node.input(4), node.input(5)], try operand(node, 2),
      try operand(node, 3), bias: node.input(6), node, &block)
  }

  /// The product of stored matrices in whole numbers, times both scales, plus a bias.
  private mutating func appendProduct(
    _ operands: [ValueID?], _ left: ValueID, _ right: ValueID, bias: ValueID?, _ node: Node, _ block: inout Block
  ) throws(InferenceError) {
    let sums = append("MatMulInteger", operands, node, "sums", &block)
    var conversion = Attributes()
    conversion["to"] = .int(1)
    let real = append("Cast", [sums], node, "real sums", attributes: conversion, &block)
    let scale = append(.mul, [left, right], node, "scales", &block)
    guard let bias else {
      block.nodes.append(Node(name: node.name, kind: .mul, inputs: [real, scale], outputs: node.outputs))
      return
    }
    let product = append(.mul, [real, scale], node, "product", &block)
    block.nodes.append(Node(name: node.name, kind: .add, inputs: [product, bias], outputs: node.outputs))
  }
}
