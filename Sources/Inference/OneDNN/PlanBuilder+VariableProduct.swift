internal import CKernels
internal import COneDNN

/// Matrix products whose both operands are computed.
extension PlanBuilder {
  /// Lowers such a product, real or quantised, reading transposed operands where they lie; false where oneDNN does not
  /// have it.
  mutating func lowerVariableProduct(_ node: Node, _ core: Node, _ fusion: Fusion?) throws(InferenceError) -> Bool {
    guard core.kind == .matMul, let a = node.input(0), let b = node.input(1), let output = node.outputs.first ?? nil
    else { return false }
    let (left, right, result) = (try type(a), try type(b), try type(output))
    let rank = result.shape.rank
    guard rank >= 2, left.shape.rank >= 2, right.shape.rank >= 2, result.shape.elementCount > 0,
      left.shape.elementCount > 0, fusion != nil || left.elementType == .float32
    else { return false }
    if fusion != nil, !InferenceLibraries.current.int8IsExact { return false }
    guard let source = try strided(a, rank: rank), var weights = try strided(b, rank: rank),
      let target = productLayout(output, result)
    else { return false }
    let attributes = try PrimitiveAttributes()
    if let fusion, fusion.inputQuantizations.count == 2 {
      let (x, y) = (fusion.inputQuantizations[0], fusion.inputQuantizations[1])
      try attributes.setScales([x.scale * y.scale / (fusion.outputQuantization?.scale ?? 1)], axis: 0)
      try attributes.setZeroPoint(x.zeroPoint, argument: DNNL_ARG_SRC)
      let isUnsigned = right.elementType == .uint8
      try attributes.setZeroPoint(isUnsigned ? y.zeroPoint - 128 : y.zeroPoint, argument: DNNL_ARG_WEIGHTS)
      if let output = fusion.outputQuantization {
        try attributes.setZeroPoint(output.zeroPoint, argument: DNNL_ARG_DST)
      }
      if isUnsigned {
        guard let signed = MemoryDescriptor(.int8, weights.layout.dimensions, strides: weights.layout.strides ?? [])
        else { return false }
        weights.layout = signed
      }
    }
    try attributes.finish()
    var operation = dnnl_matmul_desc_t()
    var (sourceRaw, weightsRaw, targetRaw) = (source.layout.raw, weights.layout.raw, target.raw)
    guard unsafe dnnl_matmul_desc_init(&operation, &sourceRaw, &weightsRaw, nil, &targetRaw) == dnnl_success,
      let descriptor = try unsafe PrimitiveDescriptor(operation: &operation, attributes),
      !descriptor.implementation.hasPrefix("ref")
    else { return false }
    if right.elementType == .uint8 { weights.slot = signed(weights.slot, right) }
    let slot = addSlot(target.byteCount)
    try addPrimitive(
      core.kind.rawValue, descriptor,
      [
        PrimitiveArgument(DNNL_ARG_SRC, source.slot, source.layout),
        PrimitiveArgument(DNNL_ARG_WEIGHTS, weights.slot, weights.layout),
        PrimitiveArgument(DNNL_ARG_DST, slot, target),
      ])
    try place(output, slot, target)
    return true
  }

  /// Where `id` lies, axes of size 1 in front up to `rank`, without a copy where its layout is nothing but distances.
  private mutating func strided(
    _ id: ValueID, rank: Int
  ) throws(InferenceError) -> (slot: Int, layout: MemoryDescriptor)? {
    let type = try type(id)
    guard let home = try located(id) else { return nil }
    var (slot, strides) = (home.slot, type.shape.strides)
    if let own = home.layout.strides, own.count == type.shape.rank { strides = own } else { slot = try plain(id) }
    let missing = [Int](repeating: 1, count: rank - type.shape.rank)
    let outer = type.shape.elementCount
    guard
      let layout = MemoryDescriptor(
        type.elementType, missing + type.shape.dimensions, strides: missing.map { _ in outer } + strides)
    else { return nil }
    return (slot, layout)
  }

  /// The layout in which a product is written: such that a transposition that follows finds it plain.
  private func productLayout(_ output: ValueID, _ type: TensorType) -> MemoryDescriptor? {
    let readers = graph.body.nodes.filter { $0.inputs.contains(output) }
    if readers.count == 1, readers[0].kind == .transpose, !graph.body.outputs.contains(output),
      let order = try? readers[0].attributes.ints("perm"), order.sorted() == Array(type.shape.dimensions.indices),
      order.last == type.shape.rank - 1
    {
      return MemoryDescriptor.dense(type.elementType, type.shape.dimensions, nesting: order)
    }
    return MemoryDescriptor(plain: type)
  }

  /// A copy of unsigned values as signed ones with the zero point moved by 128.
  private mutating func signed(_ slot: Int, _ type: TensorType) -> Int {
    let result = addSlot(type.byteCount)
    addNative(
      "Sign",
      Kernel { arguments in
        let (x, y) = (arguments.input(0), arguments.output)
        unsafe braid_flip_sign(
          x.pointer.assumingMemoryBound(to: UInt8.self), y.pointer.assumingMemoryBound(to: UInt8.self), x.count)
      }, [Place(slot: slot, type: type)],
      [Place(slot: result, type: TensorType(elementType: .int8, shape: type.shape))])
    return result
  }
}
