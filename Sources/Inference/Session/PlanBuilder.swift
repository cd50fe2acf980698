/// Turns a graph into steps on slots.
struct PlanBuilder {
  let options: SessionOptions
  let limits: ModelLimits
  var graph: Graph
  var slots: [Slot] = []
  var steps: [Step] = []
  var inputInfo: [TensorInfo] = []
  var outputInfo: [TensorInfo] = []
  var inputPlaces: [Place] = []
  var outputPlaces: [Place] = []
  /// Working memory that all steps share.
  var scratchSlot: Int?
  var scratchBytes = 0
  /// Where each value lies, and in what layout.
  var placements: [ValueID: Placement] = [:]
  /// What inputs stand for that are taken as bytes in place of real numbers.
  private var storedInputs: [ValueID: Quantization] = [:]
  /// Slots that outlive a run: inputs and outputs.
  var pinned: Set<Int> = []
  /// What was measured of oneDNN's implementations; nil where they are chosen by rule.
  let kernels: KernelCache?
  /// What the outputs' values stand for, by the model's own operators: fusions may hide them.
  private let outputQuantizations: [Quantization?]
  /// The node at work, for errors.
  var location = ""
  /// The threads of the steps of the node at work; primitives are compiled for as many as they will find.
  var stepThreads = 1 {
    didSet { OneDNN.setThreads(stepThreads) }
  }

  init(_ model: Model, _ options: SessionOptions) throws(InferenceError) {
    self.options = options
    limits = model.limits
    graph = model.graph
    if case .measured(let folder) = options.kernels, options.optimisation == .fused {
      kernels = KernelCache(folder: folder)
    } else {
      kernels = nil
    }
    try Self.check(options, model)
    var types: [ValueID: TensorType] = [:]
    var kept: [ValueID] = []
    for id in graph.body.inputs {
      guard let info = graph[id].declared else { continue }
      guard info.form == .tensor, info.elementType != .string else {
        throw .dependsOnData("input \(info.name) is no tensor of numbers")
      }
      let type = try Self.type(of: info, options, limits)
      if let value = options.constantInputs[info.name] {
        graph[id].content = .constant(try Self.constant(value, type, info.name))
        graph[id].type = type
      } else {
        types[id] = type
        kept.append(id)
      }
    }
    graph.body.inputs = kept
    let fused = options.optimisation == .fused
    graph = try Specialisation.run(graph, inputs: types, limits: limits, fused: fused)
    let specialised = graph
    outputQuantizations = specialised.body.outputs.map { Quantization(ofOutput: $0, in: specialised) }
    guard fused else { return }
    (graph, storedInputs) = StoredInputs.run(graph, options.storedInputs, &types)
    graph = try Self.optimised(graph, types, limits)
  }

  private static func optimised(
    _ graph: Graph, _ types: [ValueID: TensorType], _ limits: ModelLimits
  ) throws(InferenceError) -> Graph {
    var result = CommonSubexpressions.run(graph)
    result = try ParameterConversion.run(result, limits: limits)
    result = BoundsAsClip.run(result)
    result = try LayerNormalisationFusion.run(result)
    result = QuantisedPropagation.run(result)
    result = QuantisedMovement.run(result)
    result = try QuantisationHoisting.run(result)
    result = try QuantisedTables.run(result, limits: limits)
    result = try AffineFolding.run(result)
    result = try ContractionFusion.run(result, limits: limits)
    result = VariableProductFusion.run(result)
    result = DynamicProductFusion.run(result)
    result = RowFusion.run(result, .normalisations)
    result = try QuantisedArithmeticFusion.run(result)
    result = RowFusion.run(result, .all)
    // What no fusion took of the weights' conversions is computed here.
    return try Specialisation.run(result, inputs: types, limits: limits, fused: false)
  }

  // MARK: - Steps

  mutating func build() throws(InferenceError) {
    for id in graph.body.inputs {
      guard let type = graph[id].type, let declared = graph[id].declared else { continue }
      let slot = addSlot(type.byteCount)
      pinned.insert(slot)
      placements[id] = Placement(slot: slot)
      inputPlaces.append(Place(slot: slot, type: type))
      inputInfo.append(
        TensorInfo(
          name: declared.name, elementType: type.elementType, dimensions: type.shape.dimensions.map(Dimension.fixed),
          quantization: storedInputs[id] ?? Quantization(ofInput: id, in: graph)))
    }
    try lower(graph.body.nodes)
    for (number, id) in graph.body.outputs.enumerated() {
      let known = number < outputQuantizations.count ? outputQuantizations[number] : nil
      guard let type = graph[id].type else { throw .invalid("the shape of \(graph[id].name) is unknown") }
      guard type.elementType != .string else { throw .dependsOnData("output \(graph[id].name) is of texts") }
      let place = Place(slot: try plain(id), type: type)
      pinned.insert(place.slot)
      outputPlaces.append(place)
      outputInfo.append(
        TensorInfo(
          name: graph[id].declared?.name ?? graph[id].name, elementType: type.elementType,
          dimensions: type.shape.dimensions.map(Dimension.fixed),
          quantization: known ?? Quantization(ofOutput: id, in: graph)))
    }
    if scratchBytes > 0 {
      let slot = addSlot(scratchBytes)
      pinned.insert(slot)
      scratchSlot = slot
    }
  }

  mutating func lower(_ nodes: [Node]) throws(InferenceError) {
    let assignment = ThreadAssignment(nodes.map { WorkEstimate($0, in: graph) }, threads: options.threads)
    for (node, isDivided) in zip(nodes, assignment.isDivided) {
      stepThreads = isDivided ? options.threads : 1
      defer { stepThreads = 1 }
      do throws(InferenceError) {
        location = node.location
        if node.kind == .if {
          try lowerBranch(node)
        } else if options.optimisation == .fused, try lowerOneDNN(node) {
          continue
        } else if node.fusion != nil {
          try lowerMeaning(node)
        } else {
          try lowerReference(node)
        }
      } catch {
        throw error.at(node.location)
      }
    }
  }

  /// A slot of a session's memory.
  mutating func addSlot(_ byteCount: Int) -> Int {
    slots.append(Slot(byteCount: byteCount))
    return slots.count - 1
  }

  func type(_ id: ValueID) throws(InferenceError) -> TensorType {
    guard let type = graph[id].type else { throw .invalid("the shape of \(graph[id].name) is unknown") }
    return type
  }

  func fact(_ id: ValueID) throws(InferenceError) -> Fact {
    Fact(type: try type(id), tensor: graph[id].tensor)
  }

  func call(_ node: Node) throws(InferenceError) -> OperatorCall {
    var facts: [Fact?] = []
    for input in node.inputs {
      guard let input else {
        facts.append(nil)
        continue
      }
      facts.append(try fact(input))
    }
    return OperatorCall(node: node, inputs: facts, limits: limits)
  }

  /// Lowers the nodes that a fused node stands for, one by one.
  private mutating func lowerMeaning(_ node: Node) throws(InferenceError) {
    for block in node.blocks {
      var block = block
      // Weights are converted here, not at every run.
      for index in block.nodes.indices {
        let inner = block.nodes[index]
        guard inner.kind == .dequantizeLinear, inner.inputs.allSatisfy({ $0.map { graph[$0].tensor != nil } ?? true }),
          let output = inner.outputs.first ?? nil
        else { continue }
        let call = try call(inner)
        let definition = try OperatorRegistry.definition(of: inner.kind)
        let results = try ConstantFolding.evaluate(definition, call, definition.computedTypes(call))
        graph[output].content = .constant(results[0])
        block.nodes[index].outputs = []
      }
      try lower(block.nodes.filter { !$0.outputs.isEmpty })
    }
  }

  mutating func lowerReference(_ node: Node) throws(InferenceError) {
    if OperatorKind.views.contains(node.kind), let input = node.input(0), let output = node.outputs.first ?? nil {
      placements[output] = Placement(slot: try plain(input))
      return
    }
    let definition = try OperatorRegistry.definition(of: node.kind)
    let call = try call(node)
    let types = try definition.computedTypes(call)
    let kernel = try definition.kernel(call, types)
    scratchBytes = max(scratchBytes, kernel.scratchBytes)
    var inputs: [Place?] = []
    for input in node.inputs {
      guard let input else {
        inputs.append(nil)
        continue
      }
      inputs.append(Place(slot: try plain(input), type: try type(input)))
    }
    var outputs: [Place] = []
    for (index, type) in types.enumerated() {
      let slot = addSlot(type.byteCount)
      outputs.append(Place(slot: slot, type: type))
      if index < node.outputs.count, let output = node.outputs[index] { placements[output] = Placement(slot: slot) }
    }
    steps.append(
      .kernel(
        KernelStep(
          operation: node.kind.rawValue, location: node.location, kernel: kernel, inputs: inputs, outputs: outputs)))
  }

  private mutating func lowerBranch(_ node: Node) throws(InferenceError) {
    guard let input = node.input(0) else { throw .invalid("it has no condition") }
    let condition = Place(slot: try plain(input), type: try type(input))
    var results: [Place] = []
    for output in node.outputs {
      let type = try type(output ?? node.blocks[0].outputs[results.count])
      results.append(Place(slot: addSlot(type.byteCount), type: type))
    }
    // What lies outside must lie there in plain layout whichever branch runs first.
    for block in node.blocks {
      var captured: Set<ValueID> = []
      block.forEachUse { captured.insert($0) }
      for id in captured.union(block.outputs) where placements[id] != nil { _ = try plain(id) }
    }
    var lists: [[Step]] = []
    for block in node.blocks {
      let (outer, before) = (steps, placements)
      steps = []
      do throws(InferenceError) {
        try lower(block.nodes)
      } catch {
        throw error.inBranch
      }
      for (result, id) in zip(results, block.outputs) {
        steps.append(
          .kernel(
            KernelStep(
              operation: "Identity", location: node.location, kernel: Kernel { $0.output.copy(from: $0.input(0)) },
              inputs: [Place(slot: try plain(id), type: result.type)], outputs: [result])))
      }
      lists.append(steps)
      (steps, placements) = (outer, before)
    }
    for (output, result) in zip(node.outputs, results) {
      if let output { placements[output] = Placement(slot: result.slot) }
    }
    steps.append(.branch(BranchStep(condition: condition, then: lists[0], otherwise: lists[1])))
  }
}
