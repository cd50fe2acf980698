/// Runs a graph node by node, every operand's contents known when the shapes of the results are asked for.
///
/// What depends on no input is computed once; slow operators whose operands' shapes come again have plans of their own
/// (``NodePlans``). Slower than a plan of the whole, and able to run what no plan can hold: shapes that depend on data,
/// loops, sequences, options and texts. Not Sendable: one thread owns it.
final class Interpreter {
  private let graph: Graph
  private let body: InterpretedBlock
  let limits: ModelLimits
  private var values: [ModelValue?]
  private var liveBytes = 0
  private var steps = 0
  private let plans: NodePlans

  /// Makes `graph` ready to be run; nodes that have plans of their own may use `threads`.
  ///
  /// - Throws: `unsupported-operator` for an operator that the engine does not have.
  init(_ graph: Graph, limits: ModelLimits, threads: Int = 1) throws(InferenceError) {
    let graph = ConstantFolding.run(graph, limits: limits)
    self.graph = graph
    self.limits = limits
    plans = NodePlans(limits: limits, threads: threads)
    body = try InterpretedBlock(graph.body)
    values = [ModelValue?](repeating: nil, count: graph.values.count)
  }

  /// Computes the outputs for `inputs`, one for each input of the graph.
  ///
  /// - Throws: what a node throws, and `limit-exceeded`. It can be run again.
  func run(_ inputs: [ModelValue]) throws(InferenceError) -> [ModelValue] {
    (liveBytes, steps) = (0, 0)
    defer {
      for index in values.indices { values[index] = nil }
    }
    return try run(body, inputs)
  }

  // MARK: - Values

  /// The value of `id`, which was computed before or is constant.
  func value(_ id: ValueID) throws(InferenceError) -> ModelValue {
    if let value = values[id.index] { return value }
    guard let tensor = graph[id].tensor else { throw .invalid("\(graph[id].name) is read before it is computed") }
    return .tensor(tensor)
  }

  /// The value of operand `index`; nil where it is absent.
  func operand(_ index: Int, of node: Node) throws(InferenceError) -> ModelValue? {
    guard let id = node.input(index) else { return nil }
    return try value(id)
  }

  /// The tensor that is operand `index`; nil where it is absent.
  func tensor(_ index: Int, of node: Node) throws(InferenceError) -> Tensor? {
    guard let value = try operand(index, of: node) else { return nil }
    guard let tensor = value.tensor else { throw .invalid("input \(index) is not a tensor") }
    return tensor
  }

  /// Keeps `value` as the value of `id`.
  func set(_ id: ValueID, _ value: ModelValue) throws(InferenceError) {
    free(id)
    let size = value.byteCount
    guard size <= limits.totalBytes - liveBytes else {
      throw .limit("the values alive at once take more than \(limits.totalBytes) bytes")
    }
    liveBytes += size
    values[id.index] = value
  }

  private func free(_ id: ValueID) {
    guard let old = values[id.index] else { return }
    liveBytes -= old.byteCount
    values[id.index] = nil
  }

  /// Counts bytes that are kept beside the values, until `release`.
  func reserve(_ byteCount: Int) throws(InferenceError) -> Int {
    let size = max(1, byteCount)
    guard size <= limits.totalBytes - liveBytes else {
      throw .limit("the values alive at once take more than \(limits.totalBytes) bytes")
    }
    liveBytes += size
    return size
  }

  func release(_ byteCount: Int) { liveBytes -= byteCount }

  /// What the model declares value `id` to be, where it does.
  func declared(_ id: ValueID) -> TensorInfo? { graph[id].declared }

  /// How many plans of single nodes were made.
  var nodePlanCount: Int { plans.count }

  /// Counts one more thing done.
  func step() throws(InferenceError) {
    steps += 1
    guard steps <= limits.steps else {
      throw InferenceError(
        .limitExceeded, "the run takes more than \(limits.steps) steps",
        remedy: "Raise the limit on steps, if the model's loops do end")
    }
  }

  // MARK: - Blocks and nodes

  /// Computes the outputs of `block` for `inputs`, one for each of its own.
  func run(_ block: InterpretedBlock, _ inputs: [ModelValue]) throws(InferenceError) -> [ModelValue] {
    guard inputs.count == block.inputs.count else {
      throw .invalid("\(inputs.count) values for a graph with \(block.inputs.count) inputs")
    }
    for (id, value) in zip(block.inputs, inputs) { try set(id, value) }
    for node in block.nodes {
      do throws(InferenceError) {
        try step()
        try run(node)
      } catch {
        throw error.at(node.node.location)
      }
      for id in node.freed { free(id) }
    }
    var outputs: [ModelValue] = []
    for id in block.outputs { outputs.append(try value(id)) }
    for id in block.outputs where block.own.contains(id) { free(id) }
    for id in block.inputs { free(id) }
    return outputs
  }

  private func run(_ item: InterpretedNode) throws(InferenceError) {
    let node = item.node
    let results = try results(item)
    guard node.outputs.count <= results.count else { throw .invalid("it has \(node.outputs.count) outputs") }
    for (id, value) in zip(node.outputs, results) {
      if let id { try set(id, value) }
    }
  }

  private func results(_ item: InterpretedNode) throws(InferenceError) -> [ModelValue] {
    guard let definition = item.definition else { return try runAlone(item) }
    if item.node.kind == .identity, let value = try operand(0, of: item.node) { return [value] }
    var operands: [Tensor?] = []
    for index in item.node.inputs.indices { operands.append(try tensor(index, of: item.node)) }
    if operands.contains(where: { $0?.elementType == .string }) {
      return try movedTexts(item.node, definition, operands).map { .tensor($0) }
    }
    if item.node.kind == .cast, try item.node.attributes.int("to", default: 0) == 8 {
      return [.tensor(try printed(required(0, of: item.node)))]
    }
    if let planned = try plans.result(of: item.node, operands, isConstant: { values[$0.index] == nil }) {
      return [.tensor(planned)]
    }
    return try NodeEvaluation(item.node, definition, limits).results(operands).map { .tensor($0) }
  }
}
