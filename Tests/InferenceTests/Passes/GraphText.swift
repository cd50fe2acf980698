import Testing

@testable import BraidInference

/// Reads graphs in the form in which they are printed, for tests of passes; results without types, and with constants:
///
///     in x: float32[2, 2]
///     let c: int8[2] = 1 -2
///     y = Add(x, c) {axis=1, perm=[1, 0], mode="edge"}
///     out y
struct GraphText {
  private var graph = Graph()
  private var ids: [String: ValueID] = [:]

  /// The graph of `text`, shapes known, conversions of constants left in place.
  static func graph(_ text: String) throws -> Graph {
    var reader = GraphText()
    for line in text.split(separator: "\n").map({ $0.trimming }) where !line.isEmpty { try reader.read(line) }
    var types: [ValueID: TensorType] = [:]
    for id in reader.graph.body.inputs { types[id] = reader.graph[id].type }
    return try Specialisation.run(reader.graph, inputs: types, limits: .default, fused: true)
  }

  private mutating func read(_ line: Substring) throws {
    if line.hasPrefix("in ") {
      let (name, type) = try Self.declaration(line.dropFirst(3))
      let info = TensorInfo(
        name: name, elementType: type.elementType, dimensions: type.shape.dimensions.map(Dimension.fixed),
        quantization: nil)
      ids[name] = graph.add(Value(name: name, declared: info, type: type))
      graph.body.inputs.append(try id(name[...]))
    } else if line.hasPrefix("let ") {
      let (head, values) = try Self.halves(line.dropFirst(4), at: " = ")
      let (name, type) = try Self.declaration(head)
      ids[name] = graph.addConstant(try Self.tensor(type, values.split(separator: " ")), name: name)
    } else if line.hasPrefix("out ") {
      graph.body.outputs.append(try id(line.dropFirst(4)))
    } else {
      try readNode(line)
    }
  }

  private mutating func readNode(_ line: Substring) throws {
    let (results, rest) = try Self.halves(line, at: " = ")
    let (kind, operands) = try Self.halves(rest, at: "(")
    let (inputs, attributes) = try Self.halves(operands, at: ")")
    var node = Node(name: "", kind: OperatorKind(rawValue: String(kind)), inputs: [], outputs: [])
    for name in Self.list(inputs) { node.inputs.append(name == "_" ? nil : try id(name)) }
    for name in Self.list(results) {
      let result = graph.add(Value(name: String(name)))
      ids[String(name)] = result
      node.outputs.append(result)
    }
    for attribute in Self.list(attributes.trimming.dropFirst().dropLast()) {
      let (name, value) = try Self.halves(attribute, at: "=")
      node.attributes[String(name)] = try Self.attribute(value)
    }
    graph.body.nodes.append(node)
  }

  private func id(_ name: Substring) throws -> ValueID {
    try #require(ids[String(name)], "\(name) is not computed before")
  }

  private static func halves(_ text: Substring, at mark: String) throws -> (Substring, Substring) {
    let range = try #require(text.firstRange(of: mark), "no \(mark) in \(text)")
    return (text[..<range.lowerBound], text[range.upperBound...])
  }

  /// The parts between commas, those within brackets left whole.
  private static func list(_ text: Substring) -> [Substring] {
    var (parts, depth, start) = ([Substring](), 0, text.startIndex)
    for place in text.indices {
      if text[place] == "[" { depth += 1 }
      if text[place] == "]" { depth -= 1 }
      if text[place] == ",", depth == 0 {
        parts.append(text[start..<place].trimming)
        start = text.index(after: place)
      }
    }
    let last = text[start...].trimming
    return last.isEmpty ? parts : parts + [last]
  }

  private static func declaration(_ text: Substring) throws -> (name: String, type: TensorType) {
    let (name, form) = try halves(text, at: ": ")
    let (element, sizes) = try halves(form, at: "[")
    let dimensions = try list(sizes.dropLast()).map { try #require(Int($0)) }
    return (
      String(name),
      TensorType(
        elementType: try #require(ElementType(rawValue: String(element))), shape: try #require(TensorShape(dimensions)))
    )
  }

  /// A constant; a single number fills it.
  private static func tensor(_ type: TensorType, _ words: [Substring]) throws -> Tensor {
    func numbers<T: LosslessStringConvertible>(_: T.Type) throws -> [T] {
      let values = try words.map { try #require(T(String($0))) }
      return values.count == 1 ? Array(repeating: values[0], count: type.shape.elementCount) : values
    }
    let tensor: Tensor?
    switch type.elementType {
    case .float32: tensor = Tensor(try numbers(Float.self), shape: type.shape)
    case .int8: tensor = Tensor(try numbers(Int8.self), shape: type.shape)
    case .uint8: tensor = Tensor(try numbers(UInt8.self), shape: type.shape)
    case .int32: tensor = Tensor(try numbers(Int32.self), shape: type.shape)
    default: tensor = Tensor(try numbers(Int64.self), shape: type.shape)
    }
    return try #require(tensor)
  }

  private static func attribute(_ text: Substring) throws -> AttributeValue {
    if text.hasPrefix("[") { return .ints(try list(text.dropFirst().dropLast()).map { try #require(Int($0)) }) }
    if text.hasPrefix("\"") { return .string(String(text.dropFirst().dropLast())) }
    if let number = Int(text) { return .int(number) }
    return .float(try #require(Float(text)))
  }
}

extension Substring {
  /// Without the spaces at both ends.
  fileprivate var trimming: Substring {
    var rest = self
    while rest.first == " " { rest.removeFirst() }
    while rest.last == " " { rest.removeLast() }
    return rest
  }
}

/// Expects `pass` to make of the graph `before` what `after` prints.
func expect(
  _ before: String, becomes after: String, sourceLocation: SourceLocation = #_sourceLocation,
  _ pass: (Graph) throws -> Graph
) throws {
  let found = try pass(try GraphText.graph(before)).description
  #expect(found == after, sourceLocation: sourceLocation)
}

/// Expects `pass` to leave the graph `text` as it is.
func expectUnchanged(
  _ text: String, sourceLocation: SourceLocation = #_sourceLocation, _ pass: (Graph) throws -> Graph
) throws {
  let graph = try GraphText.graph(text)
  #expect(try pass(graph).description == graph.description, sourceLocation: sourceLocation)
}
