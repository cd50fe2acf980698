internal import CKernels

/// Chains of row operations as one step.
extension PlanBuilder {
  /// Lowers a chain; false where it needs more registers than there are.
  mutating func lowerRows(_ node: Node) throws(InferenceError) -> Bool {
    guard let block = node.blocks.first, let program = RowProgram(block, in: graph), let first = node.outputs.first,
      let first
    else { return false }
    let shape = try type(first).shape
    let common = try commonLayout(program, shape)
    var inputs: [Place?] = []
    for operand in program.operands {
      // In a common layout, or repeated: either way the bytes are read as they lie.
      let isHome = common != nil && operand.type.shape == shape
      var slot = isHome ? placements[operand.value]?.slot : nil
      if slot == nil { slot = try plain(operand.value) }
      guard let slot else { return false }
      inputs.append(Place(slot: slot, type: operand.type))
    }
    var outputs: [Place] = []
    for case .some(let output) in node.outputs {
      let type = try type(output)
      let slot = addSlot(type.byteCount)
      outputs.append(Place(slot: slot, type: type))
      if let common, let layout = MemoryDescriptor(type.elementType, shape.dimensions, strides: common) {
        try place(output, slot, layout)
      } else {
        placements[output] = Placement(slot: slot)
      }
    }
    let kernel = try RowKernel(program, shape, outputs: outputs.count)
    let operation = block.nodes.filter { $0.kind != .dequantizeLinear }.map(\.kind.rawValue).joined(separator: "+")
    addNative(
      operation, Kernel(scratchBytes: kernel.scratchBytes) { kernel.run($0, part: $1, of: $2) }, inputs, outputs)
    return true
  }

  /// Adds a step of our own vectorised kernels.
  mutating func addNative(_ operation: String, _ kernel: Kernel, _ inputs: [Place?], _ outputs: [Place]) {
    let threads = kernel.part == nil ? 1 : stepThreads
    scratchBytes = max(scratchBytes, kernel.scratchBytes * threads)
    steps.append(
      .kernel(
        KernelStep(
          operation: operation, location: location, kernel: kernel, inputs: inputs, outputs: outputs,
          provider: "native", threads: threads)))
  }

  /// The distances between neighbours in which all operands of the result's shape lie, where that is not plain and
  /// nothing else has to be read in order.
  private mutating func commonLayout(_ program: RowProgram, _ shape: TensorShape) throws(InferenceError) -> [Int]? {
    guard !program.needsRows else { return nil }
    var common: [Int]?
    for operand in program.operands where operand.type.shape.elementCount > 1 {
      guard operand.type.shape == shape, let layout = placements[operand.value]?.layout, let strides = layout.strides,
        common == nil || common == strides
      else { return nil }
      common = strides
    }
    guard let common else { return nil }
    // Dense: the farthest element is the last of as many as there are.
    let reach = zip(shape.dimensions, common).reduce(0) { $0 + ($1.0 - 1) * $1.1 }
    return reach == shape.elementCount - 1 ? common : nil
  }
}
