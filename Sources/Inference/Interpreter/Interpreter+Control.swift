/// Operators that run blocks, which the interpreter runs by itself.
extension Interpreter {
  /// Whether no plan can hold the operator.
  static func runsAlone(_ kind: OperatorKind) -> Bool { alone.contains(kind) }

  private static let alone: Set<OperatorKind> = [
    "Loop", "Scan", "SequenceMap", "SequenceEmpty", "SequenceConstruct", "SequenceAt", "SequenceErase",
    "SequenceInsert", "SequenceLength", "SplitToSequence", "ConcatFromSequence", "Optional", "OptionalGetElement",
    "OptionalHasElement", "StringConcat", "StringSplit", "StringNormalizer", "RegexFullMatch",
    "ai.onnx.ml:LabelEncoder",
  ]

  func runAlone(_ item: InterpretedNode) throws(InferenceError) -> [ModelValue] {
    switch item.node.kind {
    case .if: try branch(item)
    case "Loop": try loop(item)
    case "Scan": try item.node.attributes.int("batched", default: 0) != 0 ? batchedScan(item) : scan(item)
    case "SequenceMap": try sequenceMap(item)
    case "StringConcat", "StringSplit", "StringNormalizer", "RegexFullMatch": try textResults(item.node)
    case "ai.onnx.ml:LabelEncoder":
      [.tensor(try LabelEncoding(item.node.attributes).encode(required(0, of: item.node)))]
    default: [try sequenceResult(item.node)]
    }
  }

  private func branch(_ item: InterpretedNode) throws(InferenceError) -> [ModelValue] {
    guard item.blocks.count == 2 else { throw .invalid("it has not two branches") }
    return try run(item.blocks[try condition(tensor(0, of: item.node)) ? 0 : 1], [])
  }

  /// The truth of a tensor of one boolean.
  private func condition(_ tensor: Tensor?) throws(InferenceError) -> Bool {
    guard let tensor, tensor.elementType == .bool, tensor.shape.elementCount == 1 else {
      throw .invalid("its condition is not one boolean")
    }
    return tensor.array(of: UInt8.self)[0] != 0
  }

  /// The only block of a node.
  private func body(_ item: InterpretedNode) throws(InferenceError) -> InterpretedBlock {
    guard item.blocks.count == 1 else { throw .invalid("it has \(item.blocks.count) bodies, not one") }
    return item.blocks[0]
  }

  // MARK: - Loop

  private func loop(_ item: InterpretedNode) throws(InferenceError) -> [ModelValue] {
    let (node, body) = (item.node, try body(item))
    var trips = Int.max
    if let limit = try tensor(0, of: node) {
      guard let values = limit.integers, values.count == 1 else { throw .invalid("its trip count is not one number") }
      trips = values[0]
    }
    var goesOn = try tensor(1, of: node).map { tensor throws(InferenceError) in try condition(tensor) } ?? true
    var carried: [ModelValue] = []
    for index in 2..<max(2, node.inputs.count) {
      guard let value = try operand(index, of: node) else { throw .invalid("input \(index) is missing") }
      carried.append(value)
    }
    let stacked = body.outputs.count - 1 - carried.count
    guard stacked >= 0, body.inputs.count == carried.count + 2 else {
      throw .invalid("its body has \(body.inputs.count) inputs and \(body.outputs.count) outputs")
    }
    var rows = [[Tensor]](repeating: [], count: stacked)
    var reserved = 0
    defer { release(reserved) }
    var pass = 0
    while goesOn, pass < trips {
      try step()
      let counter = try scalar(Int64(pass), like: body.inputs[0])
      let truth = try scalar(UInt8(1), like: body.inputs[1])
      let results = try run(body, [counter, truth] + carried)
      goesOn = try condition(results[0].tensor)
      carried = Array(results[1...carried.count].prefix(carried.count))
      for index in 0..<stacked {
        guard let tensor = results[1 + carried.count + index].tensor else { throw .invalid("it stacks no tensor") }
        reserved += try reserve(tensor.type.byteCount)
        rows[index].append(tensor)
      }
      pass += 1
    }
    var results = carried
    for (index, tensors) in rows.enumerated() {
      let id = body.outputs[1 + carried.count + index]
      results.append(.tensor(try stack(tensors, axis: 0, orEmptyLike: id)))
    }
    return results
  }

  /// One number, of the rank that value `id` is declared with.
  private func scalar<T: TensorElement>(_ number: T, like id: ValueID) throws(InferenceError) -> ModelValue {
    let shape = TensorShape(declared(id)?.dimensions.count == 1 ? [1] : []) ?? .scalar
    guard let tensor = Tensor([number], shape: shape) else { throw .limit("a number does not fit the memory") }
    return .tensor(T.elementType == .uint8 ? tensor.viewed(as: .bool) : tensor)
  }

  /// `tensors` along a new axis; without any, an empty tensor of what value `id` is declared as.
  private func stack(
    _ tensors: [Tensor], axis: Int, orEmptyLike id: ValueID
  ) throws(InferenceError) -> Tensor {
    if !tensors.isEmpty { return try Tensor.stacked(tensors, axis: axis, limits) }
    var dimensions = (declared(id)?.dimensions ?? []).map { dimension in
      if case .fixed(let size) = dimension { size } else { 0 }
    }
    dimensions.insert(0, at: min(axis, dimensions.count))
    guard let shape = TensorShape(dimensions) else { throw .shape("an output of no passes would be \(dimensions)") }
    return try Tensor(zeros: TensorType(elementType: declared(id)?.elementType ?? .float32, shape: shape))
  }

  // MARK: - Scan

  /// What `Scan` says of its operands.
  private struct Scanning {
    let inputs: Int
    var inputAxes: [Int]
    var inputsReversed: [Bool]
    var outputAxes: [Int]
    var outputsReversed: [Bool]

    init(_ attributes: Attributes, operands: Int, outputs: Int) throws(InferenceError) {
      inputs = try attributes.int("num_scan_inputs", default: 0)
      guard inputs >= 1, inputs <= operands, outputs >= operands - inputs else {
        throw .invalid("it scans \(inputs) of \(operands) operands and gives \(outputs) results")
      }
      let scanned = outputs - (operands - inputs)
      func list(_ name: String, _ count: Int) throws(InferenceError) -> [Int] {
        guard let values = try attributes.ints(name) else { return [Int](repeating: 0, count: count) }
        guard values.count == count else { throw .invalid("\(name) has \(values.count) entries, not \(count)") }
        return values
      }
      inputAxes = try list("scan_input_axes", inputs)
      inputsReversed = try list("scan_input_directions", inputs).map { $0 == 1 }
      outputAxes = try list("scan_output_axes", scanned)
      outputsReversed = try list("scan_output_directions", scanned).map { $0 == 1 }
    }
  }

  private func scan(_ item: InterpretedNode) throws(InferenceError) -> [ModelValue] {
    var operands: [ModelValue] = []
    for index in item.node.inputs.indices {
      guard let value = try operand(index, of: item.node) else { throw .invalid("input \(index) is missing") }
      operands.append(value)
    }
    let body = try body(item)
    let scanning = try Scanning(item.node.attributes, operands: operands.count, outputs: body.outputs.count)
    return try scan(body, operands, scanning)
  }

  private func scan(
    _ body: InterpretedBlock, _ operands: [ModelValue], _ scanning: Scanning
  ) throws(InferenceError) -> [ModelValue] {
    let states = operands.count - scanning.inputs
    var carried = Array(operands[..<states])
    var sources: [(tensor: Tensor, axis: Int)] = []
    for (index, operand) in operands[states...].enumerated() {
      guard let tensor = operand.tensor, let axis = tensor.shape.normalise(axis: scanning.inputAxes[index]) else {
        throw .invalid("scanned input \(index) has no axis \(scanning.inputAxes[index])")
      }
      sources.append((tensor, axis))
    }
    let length = sources[0].tensor.shape[sources[0].axis]
    guard sources.allSatisfy({ $0.tensor.shape[$0.axis] == length }) else {
      throw .shape("its scanned inputs differ in length")
    }
    var rows = [[Tensor]](repeating: [], count: body.outputs.count - states)
    var reserved = 0
    defer { release(reserved) }
    for pass in 0..<length {
      try step()
      var inputs = carried
      for (index, source) in sources.enumerated() {
        let place = scanning.inputsReversed[index] ? length - 1 - pass : pass
        inputs.append(.tensor(try source.tensor.part(place, axis: source.axis)))
      }
      let results = try run(body, inputs)
      carried = Array(results[..<states])
      for index in rows.indices {
        guard let tensor = results[states + index].tensor else { throw .invalid("it stacks no tensor") }
        reserved += try reserve(tensor.type.byteCount)
        rows[index].append(tensor)
      }
    }
    var results = carried
    for (index, tensors) in rows.enumerated() {
      let rank = (tensors.first?.shape.rank ?? declared(body.outputs[states + index])?.dimensions.count ?? 0) + 1
      let given = scanning.outputAxes[index]
      let axis = given < 0 ? given + rank : given
      guard axis >= 0, axis < rank else { throw .invalid("stacked output \(index) has no axis \(given)") }
      let ordered = scanning.outputsReversed[index] ? tensors.reversed() : tensors
      results.append(.tensor(try stack(ordered, axis: axis, orEmptyLike: body.outputs[states + index])))
    }
    return results
  }

  /// The first form of `Scan`: a batch of sequences along the outermost axis, scanned one after the other.
  private func batchedScan(_ item: InterpretedNode) throws(InferenceError) -> [ModelValue] {
    let (node, body) = (item.node, try body(item))
    guard node.input(0) == nil else { throw .unsupported("a Scan with lengths of sequences") }
    var operands: [Tensor] = []
    for index in node.inputs.indices.dropFirst() {
      guard let tensor = try tensor(index, of: node), tensor.shape.rank >= 1 else {
        throw .invalid("input \(index) has no batch")
      }
      operands.append(tensor)
    }
    var attributes = node.attributes
    attributes["scan_input_directions"] = attributes["directions"]
    let scanning = try Scanning(attributes, operands: operands.count, outputs: body.outputs.count)
    let batch = operands[0].shape[0]
    guard batch > 0, operands.allSatisfy({ $0.shape[0] == batch }) else {
      throw .shape("its batches differ or are empty")
    }
    var rows = [[Tensor]](repeating: [], count: body.outputs.count)
    for element in 0..<batch {
      var values: [ModelValue] = []
      for operand in operands { values.append(.tensor(try operand.part(element, axis: 0))) }
      for (index, value) in try scan(body, values, scanning).enumerated() {
        guard let tensor = value.tensor else { throw .invalid("it stacks no tensor") }
        rows[index].append(tensor)
      }
    }
    var results: [ModelValue] = []
    for tensors in rows { results.append(.tensor(try Tensor.stacked(tensors, axis: 0, limits))) }
    return results
  }

  // MARK: - SequenceMap

  private func sequenceMap(_ item: InterpretedNode) throws(InferenceError) -> [ModelValue] {
    let (node, body) = (item.node, try body(item))
    var operands: [ModelValue] = []
    for index in node.inputs.indices {
      guard let value = try operand(index, of: node) else { throw .invalid("input \(index) is missing") }
      operands.append(value)
    }
    guard case .sequence(let first)? = operands.first else { throw .invalid("input 0 is not a sequence") }
    var results = [[ModelValue]](repeating: [], count: body.outputs.count)
    var reserved = 0
    defer { release(reserved) }
    for place in first.indices {
      try step()
      var inputs: [ModelValue] = []
      for operand in operands {
        if case .sequence(let values) = operand {
          guard values.count == first.count else { throw .shape("its sequences differ in length") }
          inputs.append(values[place])
        } else {
          inputs.append(operand)
        }
      }
      for (index, value) in try run(body, inputs).enumerated() {
        reserved += try reserve(value.byteCount)
        results[index].append(value)
      }
    }
    return results.map { .sequence($0) }
  }
}
