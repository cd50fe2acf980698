internal import CKernels
internal import COneDNN

/// Products of values that are quantised at run time.
extension PlanBuilder {
  /// Lowers DynamicQuantizeLinear; false for what is not `float32`.
  mutating func lowerDynamicQuantisation(_ node: Node) throws(InferenceError) -> Bool {
    guard let x = node.input(0), try type(x).elementType == .float32, node.outputs.count == 3 else { return false }
    let shape = try type(x).shape
    let types = [
      TensorType(elementType: .uint8, shape: shape), TensorType(elementType: .float32, shape: .scalar),
      TensorType(elementType: .uint8, shape: .scalar),
    ]
    var outputs: [Place] = []
    for (output, type) in zip(node.outputs, types) {
      let slot = addSlot(type.byteCount)
      outputs.append(Place(slot: slot, type: type))
      if let output { placements[output] = Placement(slot: slot) }
    }
    addNative(
      node.kind.rawValue,
      Kernel { arguments in
        let x = arguments.input(0)
        unsafe braid_dynamic_quantise(
          x.pointer.assumingMemoryBound(to: Float.self),
          arguments.outputs[0].pointer.assumingMemoryBound(to: UInt8.self), x.count,
          arguments.outputs[1].pointer.assumingMemoryBound(to: Float.self),
          arguments.outputs[2].pointer.assumingMemoryBound(to: UInt8.self))
      }, [Place(slot: try plain(x), type: try type(x))], outputs)
    return true
  }

  /// Lowers a product of dynamically quantised values with constant weights; false where oneDNN does not have it, or not
  /// exactly.
  mutating func lowerDynamicProduct(_ node: Node, _ fusion: Fusion) throws(InferenceError) -> Bool {
    guard let x = node.input(0), let scale = node.input(1), let zero = node.input(2), let w = node.input(3),
      let weights = graph[w].tensor, let output = node.outputs.first ?? nil, InferenceLibraries.current.int8IsExact
    else { return false }
    let inputType = try type(x)
    let (k, n) = (weights.shape[0], weights.shape[1])
    let m = inputType.shape.elementCount / max(1, k)
    guard k > 0, n > 0, m > 0, inputType.shape.dimensions.last == k, inputType.elementType == .uint8,
      try type(zero).elementType == .uint8,
      let source = MemoryDescriptor(.uint8, [m, k], strides: [k, 1]),
      let any = MemoryDescriptor(anyLayout: .int8, [k, n]),
      let given = MemoryDescriptor(.int8, [k, n], strides: [n, 1]),
      let target = MemoryDescriptor(.float32, [m, n], strides: [n, 1]),
      let one = MemoryDescriptor(.float32, [1, 1], strides: [1, 1]),
      let zeroLayout = MemoryDescriptor(.int32, [1], strides: [1]),
      let row = MemoryDescriptor(.float32, [1, n], strides: [n, 1])
    else { return false }
    let attributes = try PrimitiveAttributes()
    try attributes.setScales(fusion.weightScales, axis: 1)
    // Found at run time.
    try attributes.setZeroPoint(Int32.min, argument: DNNL_ARG_SRC)
    try attributes.append(dnnl_binary_mul, operand: one)
    let bias = node.input(4)
    if bias != nil { try attributes.append(dnnl_binary_add, operand: row) }
    try attributes.finish()
    var operation = dnnl_matmul_desc_t()
    var (sourceRaw, anyRaw, targetRaw) = (source.raw, any.raw, target.raw)
    guard unsafe dnnl_matmul_desc_init(&operation, &sourceRaw, &anyRaw, nil, &targetRaw) == dnnl_success,
      let descriptor = try unsafe PrimitiveDescriptor(operation: &operation, attributes),
      !descriptor.implementation.hasPrefix("ref"), let layout = descriptor.descriptor(dnnl_query_weights_md),
      let packedSlot = try packed(weights, given, as: layout)
    else { return false }
    let slot = addSlot(target.byteCount)
    var arguments = [
      PrimitiveArgument(DNNL_ARG_SRC, try plain(x), source), PrimitiveArgument(DNNL_ARG_WEIGHTS, packedSlot, layout),
      PrimitiveArgument(DNNL_ARG_DST, slot, target),
      PrimitiveArgument(DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_SRC, widened(try plain(zero)), zeroLayout),
      PrimitiveArgument(PrimitiveAttributes.operand(0), try plain(scale), one),
    ]
    if let bias { arguments.append(PrimitiveArgument(PrimitiveAttributes.operand(1), try plain(bias), row)) }
    try addPrimitive("MatMulInteger", descriptor, arguments)
    placements[output] = Placement(slot: slot)
    return true
  }

  /// A copy of one unsigned value as `int32`.
  private mutating func widened(_ slot: Int) -> Int {
    let result = addSlot(MemoryLayout<Int32>.size)
    addNative(
      "Cast", Kernel { Elements<Int32>($0.output)[0] = Int32(Elements<UInt8>($0.input(0))[0]) },
      [Place(slot: slot, type: TensorType(elementType: .uint8, shape: .scalar))],
      [Place(slot: result, type: TensorType(elementType: .int32, shape: .scalar))])
    return result
  }
}
