internal import CKernels
internal import COneDNN

/// Kernels of our own, in the layouts that oneDNN's convolutions use.
extension PlanBuilder {
  /// Lowers what a kernel of our own does faster than oneDNN's primitives; false for everything else.
  mutating func lowerNative(_ node: Node) throws(InferenceError) -> Bool {
    if case .table(let table)? = node.fusion?.operation { return try lowerTable(node, table) }
    switch node.kind {
    case .maxPool: return try lowerBytePooling(node)
    case .resize: return try lowerNearest(node)
    case .softmax: return try lowerShortSoftmax(node)
    case .concat: return try lowerCopies(node)
    case .slice: return try lowerPart(node)
    case "Split": return try lowerSplit(node)
    case .pad: return try lowerPadding(node)
    default: return false
    }
  }

  /// Adds a kernel of our own as a step: `run` gets the operands and the result as they lie in memory.
  mutating func addNative(
    _ operation: String, scratchBytes: Int = 0, _ inputs: [(slot: Int, type: TensorType)],
    _ output: (slot: Int, type: TensorType),
    _ run: @escaping @Sendable (KernelArguments) throws(InferenceError) -> Void
  ) {
    self.scratchBytes = max(self.scratchBytes, scratchBytes)
    steps.append(
      .kernel(
        KernelStep(
          operation: operation, location: location, kernel: Kernel(scratchBytes: scratchBytes, run: run),
          inputs: inputs.map { Place(slot: $0.slot, type: $0.type) },
          outputs: [Place(slot: output.slot, type: output.type)], provider: "native")))
  }

  /// Where `id` lies without gaps or blocks, channels innermost where it does not yet.
  mutating func dense(_ id: ValueID) throws(InferenceError) -> (slot: Int, layout: MemoryDescriptor)? {
    guard let home = try located(id) else { return nil }
    if home.layout.strides != nil, home.layout.isDense { return home }
    let type = try type(id)
    guard let wanted = MemoryDescriptor.channelsLast(type.elementType, type.shape.dimensions) else { return nil }
    return (try located(id, as: wanted), wanted)
  }

  /// Where the pictures of `id`, [batch, channels, rows, columns], lie with their channels innermost.
  mutating func pixels(_ id: ValueID) throws(InferenceError) -> (slot: Int, layout: MemoryDescriptor)? {
    let type = try type(id)
    guard type.shape.rank == 4,
      let wanted = MemoryDescriptor.channelsLast(type.elementType, type.shape.dimensions)
    else { return nil }
    return (try located(id, as: wanted), wanted)
  }

  /// Lowers a look-up of bytes.
  private mutating func lowerTable(_ node: Node, _ table: Tensor) throws(InferenceError) -> Bool {
    guard let x = node.input(0), let output = node.outputs.first ?? nil, let home = try dense(x) else { return false }
    let (from, to) = (try type(x), try type(output))
    guard let layout = home.layout.nestedAlike(to.elementType, to.shape.dimensions.isEmpty ? [1] : to.shape.dimensions)
    else { return false }
    let channels = table.shape[0]
    var runs = (outer: 1, inner: 1)
    if channels > 1 {
      guard let found = home.layout.runs(along: 1) else { return false }
      runs = found
    }
    let slot = addSlot(layout.byteCount)
    let count = from.shape.elementCount
    addNative("Table", [(home.slot, from)], (slot, to)) { [runs] arguments throws(InferenceError) in
      let (source, target) = unsafe (arguments.input(0).pointer, arguments.output.pointer)
      if channels == 1 {
        unsafe braid_look_up(source, target, count, table.storage.pointer)
      } else {
        unsafe braid_look_up_channels(source, target, runs.outer, channels, runs.inner, table.storage.pointer)
      }
    }
    try place(output, slot, layout)
    return true
  }

  /// Lowers a maximum over windows of bytes.
  private mutating func lowerBytePooling(_ node: Node) throws(InferenceError) -> Bool {
    guard let x = node.input(0), let output = node.outputs.first ?? nil, node.outputs.count == 1,
      try type(x).elementType.isQuantised, try type(x).shape.rank == 4, try type(x).shape.elementCount > 0
    else { return false }
    let (from, to) = (try type(x), try type(output))
    let geometry = try OperatorRegistry.pooling(
      OperatorCall(node: node, inputs: [Fact(type: from)], limits: limits))
    guard let home = try pixels(x),
      let layout = MemoryDescriptor.channelsLast(to.elementType, to.shape.dimensions)
    else { return false }
    let (batch, channels) = (from.shape[0], from.shape[1])
    let (inputStep, outputStep) = (from.byteCount / batch, to.byteCount / batch)
    let slot = addSlot(layout.byteCount)
    let isSigned: Int32 = from.elementType == .int8 ? 1 : 0
    let line = from.shape[3] * channels
    let description = geometry.threeAxes
    addNative("MaxPool", scratchBytes: line, [(home.slot, from)], (slot, to)) { arguments throws(InferenceError) in
      var window = description
      guard let scratch = arguments.scratch else { return }
      for picture in 0..<batch {
        unsafe braid_maximum_pool(
          arguments.input(0).pointer + picture * inputStep, arguments.output.pointer + picture * outputStep, channels,
          &window, isSigned, scratch.pointer)
      }
    }
    try place(output, slot, layout)
    return true
  }

  /// Lowers an enlargement that repeats or leaves out whole pixels.
  private mutating func lowerNearest(_ node: Node) throws(InferenceError) -> Bool {
    guard let x = node.input(0), let output = node.outputs.first ?? nil,
      try node.attributes.string("mode", default: "nearest") == "nearest"
    else { return false }
    let (from, to) = (try type(x), try type(output))
    guard from.shape.rank == 4, to.shape.rank == 4, from.shape.elementCount > 0, to.shape.elementCount > 0,
      from.shape[0] == to.shape[0], from.shape[1] == to.shape[1], from.shape[2] * from.shape[3] < 1 << 22,
      let places = try sources(node, from, to), let home = try pixels(x),
      let layout = MemoryDescriptor.channelsLast(to.elementType, to.shape.dimensions)
    else { return false }
    let pixelBytes = from.shape[1] * from.elementType.byteCount
    let (batch, width) = (from.shape[0], from.shape[3])
    let (inputStep, outputStep) = (from.byteCount / batch, to.byteCount / batch)
    let slot = addSlot(layout.byteCount)
    addNative("Resize", [(home.slot, from)], (slot, to)) { arguments throws(InferenceError) in
      for picture in 0..<batch {
        unsafe braid_pick_pixels(
          arguments.input(0).pointer + picture * inputStep, arguments.output.pointer + picture * outputStep,
          pixelBytes, width, places.rows.count, places.rows, places.columns.count, places.columns)
      }
    }
    try place(output, slot, layout)
    return true
  }

  /// The row and column that each row and column of the result comes from, as the operator's plain implementation has
  /// them: it is run on a picture whose pixels are their own numbers. Nil where it does not pick whole pixels.
  private func sources(
    _ node: Node, _ from: TensorType, _ to: TensorType
  ) throws(InferenceError) -> (rows: [Int32], columns: [Int32])? {
    let (height, width) = (from.shape[2], from.shape[3])
    guard let shape = TensorShape([from.shape[0], from.shape[1], height, width]),
      let small = TensorShape([1, 1, height, width])
    else { return nil }
    var call = try call(node)
    guard shape == from.shape, let numbers = Tensor((0..<height * width).map { Float($0) }, shape: small) else {
      return nil
    }
    var inputs = call.inputs
    inputs[0] = Fact(type: numbers.type, tensor: numbers)
    // Target sizes and scales speak of all axes; batch and channels keep theirs.
    if inputs.count > 3, let sizes = inputs[3]?.tensor?.integers, sizes.count == 4 {
      guard let changed = Tensor([1, 1, Int64(to.shape[2]), Int64(to.shape[3])], shape: TensorShape([4]) ?? .scalar)
      else { return nil }
      inputs[3] = Fact(type: changed.type, tensor: changed)
    }
    call = OperatorCall(node: node, inputs: inputs, limits: limits)
    let definition = try OperatorRegistry.definition(of: node.kind)
    guard let result = try ConstantFolding.evaluate(definition, call, definition.infer(call)).first,
      let values = result.floats, values.count == to.shape[2] * to.shape[3],
      result.shape.dimensions == [1, 1, to.shape[2], to.shape[3]]
    else { return nil }
    let columns = (0..<to.shape[3]).map { Int32(values[$0]) % Int32(width) }
    let rows = (0..<to.shape[2]).map { Int32(values[$0 * to.shape[3]]) / Int32(width) }
    for row in rows.indices {
      for column in columns.indices
      where values[row * columns.count + column] != Float(rows[row] * Int32(width) + columns[column]) { return nil }
    }
    return (rows, columns)
  }
}
