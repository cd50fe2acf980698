/// A floating-point model as it is quantised: constants computed, what only scales and shifts folded into the layer before,
/// so that ranges are those of what runs; the shape of every value known for the samples' shapes.
struct PreparedModel {
  let model: Model
  /// The shapes and constant inputs that samples have.
  let options: SessionOptions
  var graph: Graph
  /// The real values of the outermost graph that are computed at run time.
  var activations: Set<ValueID>
  /// Whether constant inputs decided choices of the model.
  private(set) var hasDecidedChoices: Bool

  /// - Throws: `invalid-option` for a model that is quantised already or has no real values, and what planning throws
  ///   where shapes depend on the data.
  init(_ model: Model, options: SessionOptions) throws(InferenceError) {
    self.model = model
    self.options = options
    let quantised: Set<OperatorKind> = [.quantizeLinear, "DynamicQuantizeLinear", "MatMulInteger", "ConvInteger"]
    guard !model.graph.body.nodes.contains(where: { quantised.contains($0.kind) }) else {
      throw InferenceError(
        .invalidOption, "the model is quantised already", remedy: "Give the floating-point model it was made from")
    }
    graph = model.graph
    activations = []
    hasDecidedChoices = false
    if graph.body.nodes.contains(where: { !$0.blocks.isEmpty }), !options.constantInputs.isEmpty {
      graph = try Self.decided(model, options)
      hasDecidedChoices = true
    }
    graph = ConstantFolding.run(graph, limits: model.limits)
    for index in graph.values.indices where graph.values[index].type == nil {
      graph.values[index].type = graph.values[index].tensor?.type
    }
    try findTypes()
    graph = BoundsAsClip.run(graph)
    graph = try AffineFolding.run(graph)
    try findTypes()
  }

  /// The graph with the choices made that constant inputs decide, which stay inputs that nothing reads.
  private static func decided(_ model: Model, _ options: SessionOptions) throws(InferenceError) -> Graph {
    var graph = model.graph
    var types: [ValueID: TensorType] = [:]
    let inputs = graph.body.inputs
    for id in inputs {
      guard let info = graph[id].declared else { continue }
      let type = try PlanBuilder.type(of: info, options, model.limits)
      if let value = options.constantInputs[info.name] {
        graph[id].content = .constant(try PlanBuilder.constant(value, type, info.name))
        graph[id].type = type
      } else {
        types[id] = type
      }
    }
    graph.body.inputs = inputs.filter { types[$0] != nil }
    graph = try Specialisation.run(graph, inputs: types, limits: model.limits, fused: false)
    for id in inputs where types[id] == nil {
      // Its readers have the number; the input itself is another value of the same name.
      graph.body.inputs.append(graph.add(Value(name: graph[id].name, declared: graph[id].declared)))
    }
    return graph
  }

  /// Finds the shapes of all values.
  private mutating func findTypes() throws(InferenceError) {
    var types: [ValueID: TensorType] = [:]
    var copy = graph
    for id in graph.body.inputs {
      guard let info = graph[id].declared else { continue }
      types[id] = try PlanBuilder.type(of: info, options, model.limits)
    }
    copy = try Specialisation.run(copy, inputs: types, limits: model.limits, fused: false)
    activations = []
    for index in graph.values.indices {
      let found = copy.values[index]
      if graph.values[index].type == nil { graph.values[index].type = found.type }
      if found.type?.elementType == .float32, found.tensor == nil { activations.insert(ValueID(index: index)) }
    }
    activations.formIntersection(graph.body.nodes.flatMap { $0.outputs.compactMap(\.self) } + graph.body.inputs)
  }

  /// A session of `graph`, which has the inputs of the model.
  func session(_ graph: Graph) throws(InferenceError) -> InferenceSession {
    var options = options
    let names = graph.body.inputs.compactMap { graph[$0].declared?.name }
    options.constantInputs = options.constantInputs.filter { names.contains($0.key) }
    return try InferenceSession(
      Plan(Model(graph: graph, name: model.name, limits: model.limits), options: options))
  }

  /// What a node is called: by its name, or its first output's where it has none.
  func label(_ node: Node) -> String {
    node.name.isEmpty ? node.outputs.first.flatMap { $0.map { graph[$0].name } } ?? node.kind.rawValue : node.name
  }
}
