/// Older and composed forms of element-wise, softmax, product and random operators.
extension ONNXImporter {
  /// Appends what `node` stands for; false where it is none of these or already in its newest form.
  mutating func normaliseElementwise(_ node: Node, into block: inout Block) throws(InferenceError) -> Bool {
    switch node.kind {
    case "Dropout": block.nodes.append(dropout(node))
    case "Hardmax":
      guard opset < 13 else { return false }
      var node = node
      node.attributes["axis"] = .int(try node.attributes.int("axis", default: 1))
      node.attributes["flatten"] = .int(1)
      block.nodes.append(node)
    case "TopK":
      guard opset < 10 else { return false }
      var node = node
      let count = try node.attributes.int("k", default: -1)
      node.attributes["k"] = nil
      node.inputs = [node.input(0), try constant(Tensor([Int64(count)], shape: Self.one))]
      block.nodes.append(node)
    case "Einsum":
      guard node.inputs.count > 2 else { return false }
      try chainEinsum(node, into: &block)
    case "SwiGLU":
      let gate = append("Swish", [node.input(0)], of: node, to: &block, attributes: node.attributes)
      block.nodes.append(Node(name: node.name, kind: .mul, inputs: [gate, node.input(1)], outputs: node.outputs))
    case "com.microsoft:Gelu":
      block.nodes.append(Node(name: node.name, kind: "Gelu", inputs: node.inputs, outputs: node.outputs))
    case "com.microsoft:QuickGelu":
      var swish = Node(name: node.name, kind: "Swish", inputs: node.inputs, outputs: node.outputs)
      swish.attributes["alpha"] = .float(try node.attributes.float("alpha", default: 1.702))
      block.nodes.append(swish)
    case "com.microsoft:BiasGelu", "com.microsoft:FastGelu":
      var gelu = Node(name: node.name, kind: "Gelu", inputs: Array(node.inputs.prefix(1)), outputs: node.outputs)
      if node.kind == "com.microsoft:FastGelu" { gelu.attributes["approximate"] = .string("tanh") }
      if let bias = node.input(1) { gelu.inputs = [append(.add, [node.input(0), bias], of: node, to: &block)] }
      block.nodes.append(gelu)
    default: return false
    }
    return true
  }

  private static var one: TensorShape { TensorShape([1]) ?? .scalar }

  private mutating func constant(_ tensor: Tensor?) throws(InferenceError) -> ValueID {
    guard let tensor else { throw .limit("a constant does not fit the memory") }
    return graph.addConstant(tensor, name: "")
  }

  /// Appends an operation that is part of `node`, and returns its result.
  private mutating func append(
    _ kind: OperatorKind, _ inputs: [ValueID?], of node: Node, to block: inout Block, attributes: Attributes = .init()
  ) -> ValueID {
    let result = graph.add(Value(name: "\(node.name) \(kind.rawValue)"))
    block.nodes.append(
      Node(name: node.name, kind: kind, inputs: inputs, outputs: [result], attributes: attributes))
    return result
  }

  /// Dropout that cannot drop anything and whose mask nobody reads does nothing.
  private func dropout(_ node: Node) -> Node {
    var node = node
    if node.input(2) == nil, node.outputs.count < 2 || node.outputs[1] == nil {
      node.kind = .identity
      node.outputs = Array(node.outputs.prefix(1))
    }
    if node.input(2) == nil { node.inputs = Array(node.inputs.prefix(1)) }
    return node
  }

  /// Rewrites a summation of many operands as a chain of summations of two.
  private mutating func chainEinsum(_ node: Node, into block: inout Block) throws(InferenceError) {
    let equation = try node.attributes.string("equation", default: "").filter { $0 != " " }
    let arrow = equation.firstRange(of: "->")
    let left = arrow.map { String(equation[..<$0.lowerBound]) } ?? equation
    let terms = left.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard terms.count == node.inputs.count else {
      throw .invalid("equation \"\(equation)\" is of \(terms.count) operands, not \(node.inputs.count)")
    }
    let letters = left.filter(\.isLetter)
    let implicit = Set(letters).filter { letter in letters.count { $0 == letter } == 1 }.sorted()
    let result =
      arrow.map { String(equation[$0.upperBound...]) } ?? (left.contains("...") ? "..." : "") + String(implicit)
    var (term, value) = (terms[0], node.inputs[0])
    for index in 1..<terms.count {
      let isLast = index == terms.count - 1
      let later = terms[(index + 1)...].joined() + result
      let both = term + terms[index]
      var kept = ""
      for letter in both where letter.isLetter && later.contains(letter) && !kept.contains(letter) {
        kept.append(letter)
      }
      let next = isLast ? result : (both.contains("...") ? "..." : "") + kept
      var attributes = Attributes()
      attributes["equation"] = .string("\(term),\(terms[index])->\(next)")
      if isLast {
        block.nodes.append(
          Node(
            name: node.name, kind: node.kind, inputs: [value, node.inputs[index]], outputs: node.outputs,
            attributes: attributes))
      } else {
        value = append(node.kind, [value, node.inputs[index]], of: node, to: &block, attributes: attributes)
      }
      term = next
    }
  }
}
