import BraidONNXFormat
import Foundation
import SwiftProtobuf

/// Writes a graph as the format's messages, with the standard's operators of version 18 or newer.
///
/// The importer brings every operator into its newest form; this is the way back, and so what raises a model's version.
/// Values keep their names where these are theirs alone. What has no form in the standard is refused by name.
struct ONNXExporter {
  private let graph: Graph
  private var names: [ValueID: String] = [:]
  private var taken: Set<String> = []
  private var domains: Set<String> = []
  private var version = 18
  private var nodeNames: Set<String> = []

  /// A whole model.
  ///
  /// - Parameters:
  ///   - model: what to write.
  ///   - graph: the graph to write in place of the model's own, with its inputs and outputs.
  ///   - producer: what the file says made it.
  /// - Returns: the message of a file.
  /// - Throws: `unsupported-feature` for what the standard cannot say.
  static func message(
    of model: Model, graph: Graph, producer: String = "braid"
  ) throws(InferenceError) -> ONNXModel {
    var exporter = ONNXExporter(graph)
    if let opset = model.metadata["opset"].flatMap({ Int($0) }) { exporter.version = max(exporter.version, opset) }
    var message = ONNXModel()
    message.graph = try exporter.outermost(model)
    message.irVersion = exporter.version < 19 ? 8 : exporter.version < 21 ? 9 : 10
    if let own = model.metadata["ir-version"].flatMap({ Int64($0) }) { message.irVersion = max(message.irVersion, own) }
    message.producerName = producer
    for (key, value) in model.metadata.sorted(by: { $0.key < $1.key })
    where !["producer", "ir-version", "opset", "description"].contains(key) {
      var entry = ONNXStringEntry()
      (entry.key, entry.value) = (key, value)
      message.metadataProps.append(entry)
    }
    if let text = model.metadata["description"] { message.docString = text }
    var standard = ONNXOperatorSetId()
    standard.version = Int64(exporter.version)
    message.opsetImport.append(standard)
    for domain in exporter.domains.sorted() {
      var entry = ONNXOperatorSetId()
      (entry.domain, entry.version) = (domain, domain == "ai.onnx.ml" ? 3 : 1)
      message.opsetImport.append(entry)
    }
    return message
  }

  /// The bytes of a file.
  ///
  /// - Throws: as ``message(of:graph:producer:)``, and `limit-exceeded` for more than the format can hold.
  static func bytes(of model: Model, graph: Graph) throws(InferenceError) -> [UInt8] {
    let message = try message(of: model, graph: graph)
    do {
      return try message.serializedBytes()
    } catch {
      throw InferenceError(
        .limitExceeded, "the model is too large for one ONNX file", remedy: "Quantise a smaller model",
        cause: "\(error)")
    }
  }

  private init(_ graph: Graph) { self.graph = graph }

  // MARK: - Graphs

  private mutating func outermost(_ model: Model) throws(InferenceError) -> ONNXGraph {
    // Inputs and outputs are known to others by name: theirs come first.
    for id in graph.body.inputs { claim(graph[id].declared?.name ?? graph[id].name, for: id) }
    var results: [(id: ValueID, name: String)] = []
    var direct: Set<ValueID> = Set(graph.body.inputs)
    for id in graph.body.outputs {
      let name = graph[id].declared?.name ?? graph[id].name
      results.append((id, name))
      if graph[id].tensor == nil, direct.insert(id).inserted { claim(name, for: id) } else { taken.insert(name) }
    }
    var message = ONNXGraph()
    message.name = graph.name.isEmpty ? model.name : graph.name
    message.input = try graph.body.inputs.map { id throws(InferenceError) in try info(id, name: name(id)) }
    message.node = try nodes(graph.body)
    for (id, name) in results {
      message.output.append(try info(id, name: name))
      guard self.name(id) != name else { continue }
      // A result that is an input, a constant or another result as well needs a node to make it.
      message.node.append(node("Identity", [self.name(id)], [name]))
    }
    message.initializer = try constants()
    return message
  }

  private mutating func block(_ block: Block) throws(InferenceError) -> ONNXGraph {
    var message = ONNXGraph()
    message.name = unique("block")
    for id in block.inputs {
      var info = ONNXValueInfo()
      info.name = name(id)
      if let declared = graph[id].declared { info.type = try Self.type(declared) }
      message.input.append(info)
    }
    message.node = try nodes(block)
    let own = Set(block.inputs + block.nodes.flatMap { $0.outputs.compactMap(\.self) })
    var given: Set<ValueID> = []
    for id in block.outputs {
      var info = ONNXValueInfo()
      if own.contains(id), !block.inputs.contains(id), given.insert(id).inserted {
        info.name = name(id)
      } else {
        info.name = unique(name(id))
        message.node.append(node("Identity", [name(id)], [info.name]))
      }
      message.output.append(info)
    }
    return message
  }

  /// Every constant that something reads, blocks inside nodes included: they see the outermost graph's.
  private mutating func constants() throws(InferenceError) -> [ONNXTensor] {
    var read = Set(graph.body.outputs)
    graph.body.forEachUse { read.insert($0) }
    var all: [ONNXTensor] = []
    for id in read.sorted(by: { $0.index < $1.index }) {
      guard let tensor = graph[id].tensor else { continue }
      all.append(try ONNXTensor(tensor, name: name(id)))
    }
    return all
  }

  private func info(_ id: ValueID, name: String) throws(InferenceError) -> ONNXValueInfo {
    var message = ONNXValueInfo()
    message.name = name
    if let declared = graph[id].declared {
      message.type = try Self.type(declared)
    } else if let type = graph[id].type {
      message.type = try Self.type(
        TensorInfo(
          name: name, elementType: type.elementType, dimensions: type.shape.dimensions.map(Dimension.fixed),
          quantization: nil))
    }
    return message
  }

  private static func type(_ info: TensorInfo) throws(InferenceError) -> ONNXType {
    guard info.form == .tensor else { throw .unsupportedFeature("\(info.name) is no tensor: it cannot be written") }
    var message = ONNXType()
    message.tensorType.elemType = Int32(ONNXTensorDecoder.number(of: info.elementType))
    guard info.isRankKnown else { return message }
    message.tensorType.shape = ONNXShape()
    for dimension in info.dimensions {
      var one = ONNXDimension()
      switch dimension {
      case .fixed(let size): one.dimValue = Int64(size)
      case .symbolic(let name): if !name.isEmpty { one.dimParam = name }
      }
      message.tensorType.shape.dim.append(one)
    }
    return message
  }

  // MARK: - Names

  private mutating func claim(_ name: String, for id: ValueID) {
    guard names[id] == nil else { return }
    names[id] = taken.contains(name) || name.isEmpty ? unique(name) : name
    taken.insert(names[id] ?? name)
  }

  private mutating func name(_ id: ValueID) -> String {
    claim(graph[id].name, for: id)
    return names[id] ?? ""
  }

  private mutating func unique(_ stem: String) -> String {
    let stem = stem.isEmpty ? "value" : stem
    var number = 1
    var name = stem
    while !taken.insert(name).inserted {
      number += 1
      name = "\(stem)_\(number)"
    }
    return name
  }

  // MARK: - Nodes

  private func node(_ type: String, _ inputs: [String], _ outputs: [String]) -> ONNXNode {
    var message = ONNXNode()
    (message.opType, message.input, message.output) = (type, inputs, outputs)
    return message
  }

  private mutating func nodes(_ block: Block) throws(InferenceError) -> [ONNXNode] {
    var messages: [ONNXNode] = []
    for node in block.nodes {
      do throws(InferenceError) {
        try append(node, to: &messages)
      } catch {
        throw error.at(node.location)
      }
    }
    return messages
  }

  private mutating func append(_ node: Node, to messages: inout [ONNXNode]) throws(InferenceError) {
    guard node.fusion == nil, !Self.unnamed.contains(node.kind) else {
      throw .unsupportedFeature("it has no form in the standard")
    }
    var node = node
    for name in Self.legacy { node.attributes[name] = nil }
    for name in Self.unraised where node.attributes[name] != nil {
      throw .unsupportedFeature("its version of attribute \(name) cannot be raised to operators of version \(version)")
    }
    if node.kind == "Split", node.input(1) == nil { node.attributes["num_outputs"] = .int(node.outputs.count) }
    version = max(version, Self.versions[node.kind] ?? 18)
    let flattens = try node.attributes.int("flatten", default: 0) != 0
    let axis = try node.attributes.int("axis", default: -1)
    node.attributes["flatten"] = nil
    let rank = node.input(0).flatMap { graph[$0].type?.shape.rank }
    guard flattens, axis != -1, rank.map({ axis != $0 - 1 }) ?? true else {
      messages.append(try message(node))
      return
    }
    // Softmax over all axes from one on: the operand as a matrix, the operator along its rows, the shape again.
    let operand = node.input(0).map { name($0) } ?? ""
    let (shape, flat, result) = (unique("shape"), unique("flat"), unique("flat result"))
    var flatten = self.node("Flatten", [operand], [flat])
    flatten.attribute = [try ONNXAttribute("axis", .int(axis))]
    node.attributes["axis"] = .int(1)
    var inner = try message(node)
    let output = inner.output
    (inner.input, inner.output) = ([flat], [result])
    messages += [
      self.node("Shape", [operand], [shape]), flatten, inner, self.node("Reshape", [result, shape], output),
    ]
  }

  private mutating func message(_ node: Node) throws(InferenceError) -> ONNXNode {
    var message = ONNXNode()
    let parts = node.kind.rawValue.split(separator: ":", maxSplits: 1)
    if parts.count == 2 {
      message.domain = String(parts[0])
      domains.insert(message.domain)
    }
    message.opType = parts.last.map(String.init) ?? ""
    if !node.name.isEmpty {
      // Names of nodes that were made of one are told apart.
      message.name = nodeNames.contains(node.name) ? "\(node.name) \(node.kind.rawValue)" : node.name
      nodeNames.insert(message.name)
    }
    message.input = node.inputs.map { $0.map { name($0) } ?? "" }
    while message.input.last == "" { message.input.removeLast() }
    message.output = node.outputs.map { $0.map { name($0) } ?? "" }
    for name in node.attributes.names.sorted() {
      guard let value = node.attributes[name] else { continue }
      message.attribute.append(try ONNXAttribute(name, value))
    }
    guard !node.blocks.isEmpty else { return message }
    let labels: [String]
    switch node.kind {
    case .if: labels = ["then_branch", "else_branch"]
    case "Loop", "Scan", "SequenceMap": labels = ["body"]
    default: labels = []
    }
    guard labels.count == node.blocks.count else { throw .unsupportedFeature("its inner graphs cannot be written") }
    for (label, inner) in zip(labels, node.blocks) {
      var attribute = ONNXAttribute()
      (attribute.name, attribute.type) = (label, 5)
      attribute.g = try block(inner)
      message.attribute.append(attribute)
    }
    return message
  }

  /// Attributes of the oldest versions that mean nothing when a model is run.
  private static let legacy = ["consumed_inputs", "spatial", "is_test", "paddings", "output_sequence"]
  /// Attributes of the oldest versions that change what an operator does.
  private static let unraised = ["broadcast", "batched"]
  /// The importer's own operators.
  private static let unnamed: Set<OperatorKind> = [.attentionScores, .attentionValues]
  /// The versions in which operators came, or took their present form, after 18.
  private static let versions: [OperatorKind: Int] = [
    "DFT": 20, "Gelu": 20, "AffineGrid": 20, "ImageDecoder": 20, "RegexFullMatch": 20, "StringConcat": 20,
    "StringSplit": 20, "Attention": 23, "RMSNormalization": 23, "RotaryEmbedding": 23, "Swish": 24, "TensorScatter": 24,
  ]
}
