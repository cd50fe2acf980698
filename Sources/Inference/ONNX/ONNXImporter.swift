import BraidONNXFormat
import SwiftProtobuf

/// Builds a graph from the format's messages: names become numbers, attributes become typed, older forms of an operator
/// become the newest. What follows needs to know nothing of the format.
struct ONNXImporter {
  let limits: ModelLimits
  /// The version of the standard's operators that the model, or the function at work, asks for.
  private(set) var opset: Int
  var graph = Graph()
  private let decoder: ONNXTensorDecoder
  private var nodeCount = 0
  private var totalBytes = 0
  /// The values in reach by name, the innermost graph's last; nil for those that a function's caller left out.
  private var scopes: [[String: ValueID?]] = []
  private let functions: ONNXFunctions
  /// The functions at work, the innermost last.
  private var calls: [ONNXFunctions.Call] = []

  init(limits: ModelLimits, opset: Int, functions: ONNXFunctions, externalData: ExternalData?) {
    self.functions = functions
    self.limits = limits
    decoder = ONNXTensorDecoder(limits: limits, externalData: externalData)
    self.opset = opset
  }

  /// The graph of a whole model.
  static func graph(
    of model: ONNXModel, limits: ModelLimits, externalData: ExternalData? = nil
  ) throws(InferenceError) -> Graph {
    guard model.hasGraph else { throw InferenceError(.notAModel, "it holds no graph") }
    let functions = try ONNXFunctions(model.functions)
    guard let version = functions.version(model.opsetImport, orAnyOf: model.functions) else {
      throw .invalid("it does not say which version of the operators it uses")
    }
    var importer = ONNXImporter(limits: limits, opset: version, functions: functions, externalData: externalData)
    importer.graph.name = model.graph.name
    importer.graph.body = try importer.block(model.graph, depth: 0)
    return importer.graph
  }

  private mutating func block(_ message: ONNXGraph, depth: Int) throws(InferenceError) -> Block {
    guard depth <= limits.depth else { throw .limit("branches nest deeper than \(limits.depth)") }
    nodeCount += message.node.count
    guard nodeCount <= limits.nodes else { throw .limit("it has more than \(limits.nodes) nodes") }
    scopes.append([:])
    defer { scopes.removeLast() }
    var block = Block()
    for initializer in message.initializer {
      try addParameter(initializer.name, try decoder.tensor(initializer))
    }
    for initializer in message.sparseInitializer {
      try addParameter(initializer.values.name, try decoder.tensor(initializer))
    }
    for input in message.input where scopes[scopes.count - 1][input.name] == nil {
      let info = try info(input, required: depth == 0)
      block.inputs.append(try declare(Value(name: input.name, declared: info), unique: true))
    }
    for node in message.node {
      for name in node.output where !name.isEmpty { try declare(Value(name: name), unique: true) }
    }
    try append(message.node, to: &block, depth: depth)
    block.nodes = try Self.sorted(block.nodes, in: graph)
    for output in message.output {
      guard let id = try resolve(output.name) else { throw .invalid("output \(output.name) is absent") }
      if graph[id].declared == nil { graph[id].declared = try info(output, required: false) }
      block.outputs.append(id)
    }
    guard !block.outputs.isEmpty else { throw .invalid("a graph has no outputs") }
    return block
  }

  private mutating func addParameter(_ name: String, _ tensor: Tensor) throws(InferenceError) {
    totalBytes += tensor.type.byteCount
    guard totalBytes <= limits.totalBytes else {
      throw .limit("its parameters take more than \(limits.totalBytes) bytes")
    }
    try declare(Value(name: name, declared: nil, type: tensor.type, content: .parameter(tensor)), unique: true)
  }

  @discardableResult
  private mutating func declare(_ value: Value, unique: Bool) throws(InferenceError) -> ValueID {
    guard !value.name.isEmpty else { throw .invalid("a value has no name") }
    guard scopes[scopes.count - 1][value.name] == nil else { throw .invalid("the name \(value.name) is given twice") }
    let id = graph.add(value)
    scopes[scopes.count - 1][value.name] = id
    return id
  }

  /// The value of this name; nil for one that a function's caller left out.
  private func resolve(_ name: String) throws(InferenceError) -> ValueID? {
    for scope in scopes.reversed() {
      if let id = scope[name] { return id }
    }
    throw .invalid("it reads \"\(name)\", which nothing computes")
  }

  private func info(_ message: ONNXValueInfo, required: Bool) throws(InferenceError) -> TensorInfo? {
    let kinds = message.type
    guard kinds.hasTensorType || kinds.hasSequenceType || kinds.hasOptionalType else {
      guard required else { return nil }
      throw InferenceError(
        message.hasType ? .unsupportedFeature : .invalidGraph,
        "\(message.name) is not declared as a tensor, a sequence or an option")
    }
    do throws(InferenceError) {
      let (form, tensor) = try Self.form(message.type, depth: 0)
      guard required || tensor.elemType != 0 else { return nil }
      var dimensions: [Dimension] = []
      for dimension in tensor.shape.dim {
        if dimension.hasDimValue, dimension.dimValue > 0 {
          dimensions.append(.fixed(Int(dimension.dimValue)))
        } else if dimension.hasDimValue, dimension.dimValue < 0 {
          throw .invalid("a dimension is \(dimension.dimValue)")
        } else {
          dimensions.append(.symbolic(dimension.dimParam))
        }
      }
      return TensorInfo(
        name: message.name, elementType: try ONNXTensorDecoder.elementType(tensor.elemType), dimensions: dimensions,
        quantization: nil, form: form, isRankKnown: tensor.hasShape)
    } catch {
      throw error.at(message.name)
    }
  }

  /// What a value of this type is made of, and the type of the innermost tensor.
  private static func form(_ type: ONNXType, depth: Int) throws(InferenceError) -> (ValueForm, ONNXTensorType) {
    guard depth <= 8 else { throw .limit("its type nests deeper than 8") }
    if type.hasTensorType { return (.tensor, type.tensorType) }
    if type.hasSequenceType {
      let (form, tensor) = try form(type.sequenceType.elemType, depth: depth + 1)
      return (.sequence(form), tensor)
    }
    if type.hasOptionalType {
      let (form, tensor) = try form(type.optionalType.elemType, depth: depth + 1)
      return (.optional(form), tensor)
    }
    throw InferenceError(.unsupportedFeature, "it is declared as a map, a sparse tensor or nothing known")
  }

  private mutating func append(
    _ messages: [ONNXNode], to block: inout Block, depth: Int
  ) throws(InferenceError) {
    for node in messages {
      do throws(InferenceError) {
        try append(node, to: &block, depth: depth)
      } catch {
        throw error.at(node.name.isEmpty ? "a node of type \(node.opType)" : "\(node.name) (\(node.opType))")
      }
    }
  }

  private mutating func append(_ message: ONNXNode, to block: inout Block, depth: Int) throws(InferenceError) {
    guard !message.opType.isEmpty else { throw .invalid("a node names no operator") }
    if let function = functions[message] {
      try inline(function, message, into: &block, depth: depth)
      return
    }
    let standard = message.domain.isEmpty || message.domain == "ai.onnx"
    var node = Node(
      name: message.name, kind: OperatorKind(standard ? message.opType : "\(message.domain):\(message.opType)"),
      inputs: [], outputs: [])
    for name in message.input { node.inputs.append(name.isEmpty ? nil : try resolve(name)) }
    for name in message.output { node.outputs.append(name.isEmpty ? nil : try resolve(name)) }
    for attribute in message.attribute {
      guard let attribute = try bound(attribute) else { continue }
      try read(attribute, into: &node, depth: depth)
    }
    if node.kind == "Scan", opset < 9 { node.attributes["batched"] = .int(1) }
    try normalise(node, into: &block)
  }

  /// The attribute itself, or what a function's caller gave for it; nil where it gave nothing.
  private func bound(_ attribute: ONNXAttribute) throws(InferenceError) -> ONNXAttribute? {
    guard !attribute.refAttrName.isEmpty else { return attribute }
    guard let call = calls.last else { throw .invalid("attribute \(attribute.name) refers to a function's") }
    guard var given = call.attributes[attribute.refAttrName] else { return nil }
    given.name = attribute.name
    return given
  }

  /// Puts the nodes of `function` in place of the node that calls it.
  private mutating func inline(
    _ function: ONNXFunction, _ message: ONNXNode, into block: inout Block, depth: Int
  ) throws(InferenceError) {
    let key = ONNXFunctions.Key(message)
    guard !calls.contains(where: { $0.key == key }) else { throw .invalid("function \(function.name) calls itself") }
    guard calls.count < limits.depth else { throw .limit("functions nest deeper than \(limits.depth)") }
    nodeCount += function.node.count
    guard nodeCount <= limits.nodes else { throw .limit("it has more than \(limits.nodes) nodes") }
    guard message.input.count <= function.input.count, message.output.count <= function.output.count else {
      throw .invalid("function \(function.name) is called with too many inputs or outputs")
    }
    var call = ONNXFunctions.Call(key: key)
    for attribute in function.attributeProto { call.attributes[attribute.name] = attribute }
    for attribute in message.attribute {
      guard attribute.type != 5 else { throw .unsupportedFeature("a function with a graph as attribute") }
      if let given = try bound(attribute) { call.attributes[given.name] = given }
    }
    var scope: [String: ValueID?] = [:]
    for (index, name) in function.input.enumerated() {
      let given = index < message.input.count && !message.input[index].isEmpty ? message.input[index] : nil
      let id = try given.flatMap { name throws(InferenceError) in try resolve(name) }
      guard scope.updateValue(id, forKey: name) == nil else { throw .invalid("the name \(name) is given twice") }
    }
    var results: [(inner: String, outer: ValueID)] = []
    for (inner, outer) in zip(function.output, message.output) where !outer.isEmpty {
      if let id = try resolve(outer) { results.append((inner, id)) }
    }
    let outside = (scopes: scopes, opset: opset)
    scopes = [scope]
    calls.append(call)
    if let version = functions.version(function.opsetImport, orAnyOf: []) { opset = version }
    defer {
      (scopes, opset) = outside
      calls.removeLast()
    }
    for node in function.node {
      for name in node.output where !name.isEmpty { try declare(Value(name: name), unique: true) }
    }
    try append(function.node, to: &block, depth: depth)
    for (inner, outer) in results {
      guard let id = try resolve(inner) else {
        throw .invalid("output \(inner) of function \(function.name) is absent")
      }
      block.nodes.append(Node(name: message.name, kind: .identity, inputs: [id], outputs: [outer]))
    }
  }

  private mutating func read(_ message: ONNXAttribute, into node: inout Node, depth: Int) throws(InferenceError) {
    switch message.type {
    case 1: node.attributes[message.name] = .float(message.f)
    case 2: node.attributes[message.name] = .int(Int(message.i))
    case 3: node.attributes[message.name] = .string(String(decoding: message.s, as: UTF8.self))
    case 4: node.attributes[message.name] = .tensor(try decoder.tensor(message.t))
    case 5: node.blocks.append(try block(message.g, depth: depth + 1))
    case 6: node.attributes[message.name] = .floats(message.floats)
    case 7: node.attributes[message.name] = .ints(message.ints.map(Int.init))
    case 8: node.attributes[message.name] = .strings(message.strings.map { String(decoding: $0, as: UTF8.self) })
    case 11: node.attributes[message.name] = .tensor(try decoder.tensor(message.sparseTensor))
    // A type, which only an absent optional value has: it is none whatever its type.
    case 13: break
    default:
      throw InferenceError(.unsupportedFeature, "attribute \(message.name) is of type number \(message.type)")
    }
    if message.type == 5 {
      // The branches of an If are kept in the order then, else.
      if node.blocks.count == 2, message.name == "then_branch" { node.blocks.swapAt(0, 1) }
      // Those that may be absent are found by name.
      if message.name.hasSuffix("_mod") { node.attributes[message.name] = .int(node.blocks.count - 1) }
    }
  }

  /// The nodes in an order in which each comes after those that it reads.
  private static func sorted(_ nodes: [Node], in graph: Graph) throws(InferenceError) -> [Node] {
    var producer: [ValueID: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for case .some(let id) in node.outputs { producer[id] = index }
    }
    var waiting = [Int](repeating: 0, count: nodes.count)
    var readers = [[Int]](repeating: [], count: nodes.count)
    for (index, node) in nodes.enumerated() {
      var sources: Set<Int> = []
      Block(nodes: [node]).forEachUse { id in
        if let source = producer[id] { sources.insert(source) }
      }
      waiting[index] = sources.count
      for source in sources { readers[source].append(index) }
    }
    var ready = waiting.indices.filter { waiting[$0] == 0 }
    var order: [Int] = []
    var next = 0
    while next < ready.count {
      let index = ready[next]
      next += 1
      order.append(index)
      for reader in readers[index] {
        waiting[reader] -= 1
        if waiting[reader] == 0 { ready.append(reader) }
      }
    }
    guard order.count == nodes.count else {
      let stuck = nodes.indices.first { waiting[$0] > 0 } ?? 0
      throw InferenceError(.invalidGraph, "the graph has a cycle", location: nodes[stuck].location)
    }
    // Nodes that could already run in file order keep it.
    return zip(order, order.dropFirst()).allSatisfy(<) || isOrdered(nodes, producer) ? nodes : order.map { nodes[$0] }
  }

  private static func isOrdered(_ nodes: [Node], _ producer: [ValueID: Int]) -> Bool {
    var ordered = true
    for (index, node) in nodes.enumerated() {
      Block(nodes: [node]).forEachUse { id in
        if let source = producer[id], source >= index { ordered = false }
      }
    }
    return ordered
  }
}
