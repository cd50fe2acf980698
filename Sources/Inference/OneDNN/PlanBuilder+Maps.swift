internal import COneDNN

/// Functions of single elements that go through loops of our own, in whatever order their operand lies, and slopes.
///
/// oneDNN 2.6 makes infinity of what is not a number in `exp`, gives numbers below 0 for `soft_relu` and loses a
/// thousandth in `mish`: functions made of exponentials and logarithms are left to it only inside a convolution, and its
/// logistic function and `tanh`, which are sound. Its `relu` and `clip` give their bound for what is not a number.
extension PlanBuilder {
  private static let maps: Set<OperatorKind> = [
    "Exp", "Log", "Elu", "Celu", "Selu", "Softplus", "Mish", "Swish", "Erf", "Gelu",
  ]

  /// Lowers a function that has a vector loop; false for all others.
  mutating func lowerMap(_ node: Node) throws(InferenceError) -> Bool {
    guard Self.maps.contains(node.kind), node.inputs.count == 1, let x = node.input(0),
      let output = node.outputs.first ?? nil, try type(x).elementType == .float32, try type(output) == type(x),
      let home = try dense(x)
    else { return false }
    let type = try type(x)
    let kernel = try OperatorRegistry.definition(of: node.kind).kernel(call(node), [type])
    guard kernel.scratchBytes == 0 else { return false }
    let slot = addSlot(home.layout.byteCount)
    addNative(node.kind.rawValue, kernel, [Place(slot: home.slot, type: type)], [Place(slot: slot, type: type)])
    try place(output, slot, home.layout)
    return true
  }

  /// Lowers a PRelu; false where oneDNN does not have it.
  mutating func lowerSlopes(_ node: Node) throws(InferenceError) -> Bool {
    guard let x = node.input(0), let slope = node.input(1), let output = node.outputs.first ?? nil,
      try type(x).elementType == .float32, let home = try located(x)
    else { return false }
    let (shape, slopes) = (try type(x).shape, try type(slope).shape)
    guard shape.rank > 0, slopes.rank <= shape.rank,
      let full = TensorShape([Int](repeating: 1, count: shape.rank - slopes.rank) + slopes.dimensions),
      let weights = MemoryDescriptor(plain: TensorType(elementType: .float32, shape: full))
    else { return false }
    let attributes = try PrimitiveAttributes()
    var (operation, source, slopeLayout) = (dnnl_prelu_desc_t(), home.layout.raw, weights.raw)
    guard
      unsafe dnnl_prelu_forward_desc_init(&operation, dnnl_forward_inference, &source, &slopeLayout) == dnnl_success,
      let descriptor = try unsafe PrimitiveDescriptor(operation: &operation, attributes),
      !descriptor.implementation.hasPrefix("ref")
    else { return false }
    let slot = addSlot(home.layout.byteCount)
    try addPrimitive(
      "PRelu", descriptor,
      [
        PrimitiveArgument(DNNL_ARG_SRC, home.slot, home.layout),
        PrimitiveArgument(DNNL_ARG_WEIGHTS, try plain(slope), weights),
        PrimitiveArgument(DNNL_ARG_DST, slot, home.layout),
      ])
    try place(output, slot, home.layout)
    return true
  }
}
