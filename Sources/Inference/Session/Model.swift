import BraidONNXFormat
import Foundation
import SwiftProtobuf

/// A model as its file gives it: a graph whose shapes may be open. Immutable; share it freely.
public struct Model: Sendable {
  /// The file's name without its extension.
  public let name: String
  /// What the model takes, in its own order; parameters are left out even where the file lists them as inputs.
  public let inputs: [TensorInfo]
  /// What the model gives, in its own order.
  public internal(set) var outputs: [TensorInfo]
  /// What the file says about itself: its own entries, and `producer`, `opset`, `ir-version`, `description`.
  public let metadata: [String: String]
  /// The SHA-256 of the file, in lower-case hexadecimal digits.
  public let sha256: String
  /// How often each operator occurs, branches included; names carry the domain where it is not the standard's.
  public let operatorCounts: [String: Int]

  let graph: Graph
  let limits: ModelLimits

  /// Reads an ONNX file.
  ///
  /// Parameters lie inside the file, or in files of the same folder. Denormal parameters are kept as they are; plans flush them.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - limits: bounds on what the file may ask for.
  /// - Returns: the model; whether this engine runs its operators is found when a plan is made.
  /// - Throws: `unreadable`, `not-a-model`, `truncated`, `invalid-graph`, `unsupported-feature`, `limit-exceeded`.
  public static func load(path: String, limits: ModelLimits = .default) throws(InferenceError) -> Model {
    do throws(InferenceError) {
      let name = path.split(separator: "/").last.map(String.init) ?? path
      let stem = name.hasSuffix(".onnx") ? String(name.dropLast(5)) : name
      let bytes = try ModelFile.read(path, limit: limits.fileBytes)
      return try Model(
        bytes: bytes, sha256: SHA256.digest(bytes), name: stem, limits: limits,
        externalData: ExternalData(modelPath: path))
    } catch {
      throw error.within(path)
    }
  }

  /// Reads an ONNX model from memory.
  ///
  /// - Parameters:
  ///   - bytes: what an ONNX file holds.
  ///   - name: what to call the model.
  ///   - limits: bounds on what the model may ask for.
  /// - Throws: as `load(path:limits:)`, without `unreadable`; `unsupported-feature` where parameters lie in other files.
  public init(bytes: [UInt8], name: String, limits: ModelLimits = .default) throws(InferenceError) {
    try self.init(bytes: bytes, sha256: SHA256.digest(bytes), name: name, limits: limits, externalData: nil)
  }

  init(
    bytes: [UInt8], sha256: String, name: String, limits: ModelLimits, externalData: ExternalData?
  ) throws(InferenceError) {
    let message = try ModelFile.decode(bytes)
    let graph = try ONNXImporter.graph(of: message, limits: limits, externalData: externalData)
    self.name = name
    self.graph = graph
    self.limits = limits
    inputs = graph.body.inputs.compactMap { graph[$0].declared }
    outputs = graph.body.outputs.map { id in
      graph[id].declared
        ?? TensorInfo(name: graph[id].name, elementType: .float32, dimensions: [.symbolic("")], quantization: nil)
    }
    var metadata: [String: String] = [:]
    for entry in message.metadataProps { metadata[entry.key] = entry.value }
    metadata["producer"] = [message.producerName, message.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
    metadata["ir-version"] = String(message.irVersion)
    metadata["description"] = message.docString.isEmpty ? nil : message.docString
    for entry in message.opsetImport where entry.domain.isEmpty || entry.domain == "ai.onnx" {
      metadata["opset"] = String(entry.version)
    }
    self.metadata = metadata
    self.sha256 = sha256
    var counts: [String: Int] = [:]
    Self.count(graph.body, into: &counts)
    operatorCounts = counts
  }

  private static func count(_ block: Block, into counts: inout [String: Int]) {
    for node in block.nodes {
      counts[node.kind.rawValue, default: 0] += 1
      for block in node.blocks { count(block, into: &counts) }
    }
  }
}
