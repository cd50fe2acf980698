/// Plans of single nodes, for operators whose plain implementation is slow.
///
/// A node whose operands have had the same types before gets a plan of its own; the first time it is computed plainly, so
/// that a loop whose shapes grow compiles nothing. Not Sendable: the interpreter that made it owns it.
final class NodePlans {
  private struct Key: Hashable {
    /// The node's result, which no other node of the graph computes.
    let result: ValueID
    let types: [TensorType?]
  }

  private enum Entry {
    /// Its operands came once.
    case seen
    /// A shape depends on what they hold.
    case unplannable
    case planned(InferenceSession)
  }

  private static let kinds: Set<OperatorKind> = [
    .conv, "ConvTranspose", .gemm, .matMul, .maxPool, .averagePool, .globalAveragePool, "Einsum", .resize,
    "ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul",
  ]
  /// Operands of fewer elements are as fast by themselves.
  private static let leastElements = 4096
  /// Sets of types that are kept, of all nodes together, planned and seen.
  private static let capacity = 1024

  private let limits: ModelLimits
  private let threads: Int
  private var entries: [Key: Entry] = [:]
  /// Plans that were made.
  private(set) var count = 0

  init(limits: ModelLimits, threads: Int) {
    self.limits = limits
    self.threads = threads
  }

  /// The result of `node`; nil where it is to be computed plainly. Operands that `isConstant` names are the same at every
  /// run.
  ///
  /// - Throws: what making a plan and running it throws.
  func result(
    of node: Node, _ operands: [Tensor?], isConstant: (ValueID) -> Bool
  ) throws(InferenceError) -> Tensor? {
    guard Self.kinds.contains(node.kind), node.outputs.count == 1, let result = node.outputs[0],
      operands.contains(where: { ($0?.shape.elementCount ?? 0) >= Self.leastElements })
    else { return nil }
    let key = Key(result: result, types: operands.map { $0?.type })
    let session: InferenceSession
    switch entries[key] {
    case nil:
      if entries.count >= Self.capacity { entries.removeAll(keepingCapacity: true) }
      entries[key] = .seen
      return nil
    case .unplannable: return nil
    case .seen:
      do throws(InferenceError) {
        session = try plan(node, operands, isConstant)
      } catch  where error.needsContents {
        entries[key] = .unplannable
        return nil
      }
      entries[key] = .planned(session)
    case .planned(let known): session = known
    }
    for (id, operand) in zip(node.inputs, operands) {
      guard let id, let operand, let index = session.inputIndex(Self.name(id)) else { continue }
      try session.write(operand, toInput: index)
    }
    try session.run()
    return try session.tensor(output: 0)
  }

  private static func name(_ id: ValueID) -> String { String(id.index) }

  private func plan(
    _ node: Node, _ operands: [Tensor?], _ isConstant: (ValueID) -> Bool
  ) throws(InferenceError) -> InferenceSession {
    var graph = Graph()
    var copy = node
    var known: [ValueID: ValueID] = [:]
    for (position, operand) in operands.enumerated() {
      guard let id = node.inputs[position], let operand else { continue }
      if known[id] == nil {
        if isConstant(id) {
          known[id] = graph.addConstant(operand, name: Self.name(id))
        } else {
          let info = TensorInfo(
            name: Self.name(id), elementType: operand.elementType,
            dimensions: operand.shape.dimensions.map(Dimension.fixed), quantization: nil)
          let input = graph.add(Value(name: info.name, declared: info))
          graph.body.inputs.append(input)
          known[id] = input
        }
      }
      copy.inputs[position] = known[id]
    }
    let output = graph.add(Value(name: "result"))
    copy.outputs = [output]
    graph.body.nodes = [copy]
    graph.body.outputs = [output]
    var options = SessionOptions()
    options.threads = threads
    count += 1
    return try InferenceSession(Plan(Model(graph: graph, name: node.location, limits: limits), options: options))
  }
}
