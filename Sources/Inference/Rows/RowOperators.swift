/// Which nodes a row program can compute.
enum RowOperators {
  /// Operators that oneDNN does not have, or has slower.
  private static let own: Set<OperatorKind> = [
    "LayerNormalization", "Erf", "Gelu", "PRelu", "Pow", "Reciprocal", "Neg",
  ]
  private static let maps: Set<OperatorKind> = [
    "Relu", "LeakyRelu", "Clip", "Sqrt", "Reciprocal", "Abs", "Neg", "Exp", "Erf", "Sigmoid", "Tanh", "Gelu",
  ]
  private static let joins: Set<OperatorKind> = ["Add", "Sub", "Mul", "Div"]

  /// Whether one such operation is worth a step of its own.
  static func isOwn(_ kind: OperatorKind) -> Bool { own.contains(kind) }

  /// Whether `kind` needs whole rows along the last axis.
  static func needsRows(_ kind: OperatorKind) -> Bool { kind == .softmax || kind == "LayerNormalization" }

  /// Whether `node` turns stored whole numbers, which are computed, into real ones by one scale.
  static func isLoad(_ node: Node, in graph: Graph) -> Bool {
    guard node.kind == .dequantizeLinear, let stored = node.input(0), graph[stored].tensor == nil,
      let type = graph[stored].type, type.elementType.isQuantised, let output = node.outputs.first ?? nil,
      graph[output].type?.elementType == .float32
    else { return false }
    return Quantization(parametersOf: node, in: graph) != nil
  }

  /// Whether a row program computes `node` exactly.
  static func supports(_ node: Node, in graph: Graph) -> Bool {
    guard node.outputs.count == 1, let output = node.outputs[0], let result = graph[output].type,
      let first = node.input(0), let operand = graph[first].type, node.fusion == nil
    else { return false }
    if node.kind == .quantizeLinear {
      return operand.elementType == .float32 && result.elementType.isQuantised && graph[first].tensor == nil
        && Quantization(parametersOf: node, in: graph) != nil
    }
    guard result.elementType == .float32,
      node.inputs.allSatisfy({ $0.flatMap { graph[$0].type?.elementType } ?? .float32 == .float32 })
    else { return false }
    if maps.contains(node.kind) { return supportsMap(node, in: graph) }
    if joins.contains(node.kind) { return node.inputs.count == 2 && node.inputs[1] != nil }
    switch node.kind {
    case "Pow": return [0.5, 2, 3].contains(graph.scalar(node.input(1)))
    case "PRelu": return graph.scalar(node.input(1)) != nil
    case .softmax:
      // Short rows are better computed side by side.
      return (result.shape.dimensions.last ?? 0) >= 8 && isLast(node, result.shape, default: -1, isFlat: true)
    case "LayerNormalization":
      guard isLast(node, result.shape, default: -1, isFlat: false), node.inputs.count >= 2,
        let epsilon = try? node.attributes.float("epsilon", default: 1e-5), epsilon.isFinite
      else { return false }
      return node.inputs.dropFirst().allSatisfy { id in
        id.flatMap { graph[$0].type?.shape.dimensions } ?? [result.shape[result.shape.rank - 1]]
          == [result.shape[result.shape.rank - 1]]
      }
    default: return false
    }
  }

  private static func supportsMap(_ node: Node, in graph: Graph) -> Bool {
    switch node.kind {
    case .clip: clipBounds(node, in: graph) != nil
    case "Gelu": (try? node.attributes.string("approximate", default: "none")) == "none"
    default: node.inputs.count == 1
    }
  }

  /// Whether the only axis that `node` works along is the last.
  private static func isLast(_ node: Node, _ shape: TensorShape, default fallback: Int, isFlat: Bool) -> Bool {
    guard let axis = try? node.attributes.int("axis", default: fallback), shape.rank > 0, shape[shape.rank - 1] > 0,
      !isFlat || (try? node.attributes.int("flatten", default: 0)) == 0 || shape.normalise(axis: axis) == shape.rank - 1
    else { return false }
    return shape.normalise(axis: axis) == shape.rank - 1
  }

  /// The constant bounds of a `Clip`; nil where they are not, or lie the wrong way round.
  static func clipBounds(_ node: Node, in graph: Graph) -> (low: Float, high: Float)? {
    var bounds: [Float] = [-.infinity, .infinity]
    for position in 1..<3 {
      guard let id = node.input(position) else { continue }
      guard let value = graph.scalar(id) else { return nil }
      bounds[position - 1] = value
    }
    return bounds[0] <= bounds[1] ? (bounds[0], bounds[1]) : nil
  }
}

extension Graph {
  /// The one element of a constant `float32` tensor; nil for another count or type.
  func scalar(_ id: ValueID?) -> Float? {
    guard let id, let tensor = self[id].tensor, tensor.elementType == .float32, tensor.shape.elementCount == 1 else {
      return nil
    }
    return tensor.array(of: Float.self)[0]
  }
}
