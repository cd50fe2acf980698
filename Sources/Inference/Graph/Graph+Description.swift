/// A graph as text, one line a node, for tests of passes and for whoever looks into one.
///
///     in x: float32[1, 3, 8, 8]
///     y: float32[1, 4, 6, 6] = Conv(x, w) {group=1, pads=[0, 0, 0, 0]}
///     out y
///
/// Values go by their names; one whose name another value of the text has too, or that has none, is `%` and its number.
/// Attributes come sorted by name. A node with blocks is followed by them, indented.
extension Graph: CustomStringConvertible {
  var description: String {
    var lines: [String] = []
    for id in body.inputs { lines.append("in \(label(id)): \(typeText(id))") }
    lines += text(of: body.nodes, indent: "")
    lines += body.outputs.map { "out \(label($0))" }
    return lines.joined(separator: "\n")
  }

  /// What `description` calls a value.
  private func label(_ id: ValueID) -> String {
    let name = self[id].name
    if name.isEmpty { return "%\(id.index)" }
    let isShared = values.indices.contains { $0 != id.index && values[$0].name == name }
    return isShared ? "\(name)%\(id.index)" : name
  }

  private func typeText(_ id: ValueID) -> String {
    if let type = self[id].type { return "\(type.elementType)\(type.shape)" }
    if let info = self[id].declared { return "\(info.elementType)\(info.dimensions)" }
    return "?"
  }

  private func text(of nodes: [Node], indent: String) -> [String] {
    var lines: [String] = []
    for node in nodes {
      let results = node.outputs.map { $0.map { "\(label($0)): \(typeText($0))" } ?? "_" }.joined(separator: ", ")
      let operands = node.inputs.map { $0.map(label) ?? "_" }.joined(separator: ", ")
      let what = node.fusion.map { "\($0)" } ?? node.kind.rawValue
      let attributes = node.attributes.description
      lines.append("\(indent)\(results) = \(what)(\(operands))\(attributes.isEmpty ? "" : " {\(attributes)}")")
      for block in node.blocks where node.fusion == nil {
        lines.append("\(indent)  {")
        lines += text(of: block.nodes, indent: indent + "    ")
        lines += block.outputs.map { "\(indent)    out \(label($0))" }
        lines.append("\(indent)  }")
      }
    }
    return lines
  }
}

extension Attributes: CustomStringConvertible {
  /// `name=value`, sorted by name.
  var description: String {
    names.sorted().map { name in
      let value: String
      switch self[name] {
      case .int(let number)?: value = "\(number)"
      case .float(let number)?: value = "\(number)"
      case .string(let text)?: value = "\"\(text)\""
      case .ints(let list)?: value = "\(list)"
      case .floats(let list)?: value = "\(list)"
      case .strings(let list)?: value = "\(list)"
      case .tensor(let tensor)?: value = "\(tensor.elementType)\(tensor.shape)"
      case nil: value = ""
      }
      return "\(name)=\(value)"
    }.joined(separator: ", ")
  }
}

extension Fusion: CustomStringConvertible {
  /// What is computed at once, in order: `u8 Conv+relu>u8`.
  var description: String {
    let core: String
    switch operation {
    case .contraction(let node): core = node.kind.rawValue
    case .pooling(let node): core = node.kind.rawValue
    case .concat(let axis): core = "Concat(axis \(axis))"
    case .add: core = "Add"
    case .table(let table): core = "Table\(table.shape)"
    case .product(let node): core = node.kind.rawValue
    case .dynamicProduct: core = "MatMulInteger"
    case .rows: core = "Rows"
    }
    let sources = inputQuantizations.isEmpty ? "" : "quantised "
    let steps = following.map { step in
      switch step {
      case .relu: "+Relu"
      case .leakyRelu(let alpha): "+LeakyRelu(\(alpha))"
      case .clip(let low, let high): "+Clip(\(low), \(high))"
      case .sigmoid: "+Sigmoid"
      case .tanh: "+Tanh"
      case .swish: "+Swish"
      case .hardSwish: "+HardSwish"
      case .add(let operand): "+Add(\(operand))"
      case .stored(_, let type): "+Stored(\(type))"
      case .addQuantised(let operand, _): "+AddQuantised(\(operand))"
      }
    }
    return sources + core + steps.joined() + (outputQuantization == nil ? "" : "+Quantise")
  }
}
