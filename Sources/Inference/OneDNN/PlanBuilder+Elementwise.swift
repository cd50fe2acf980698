internal import COneDNN

/// Element-wise operators, softmax and conversions through oneDNN.
extension PlanBuilder {
  /// Lowers a map of each element; false where oneDNN does not have it.
  mutating func lowerElementwise(_ node: Node) throws(InferenceError) -> Bool {
    guard let x = node.input(0), let output = node.outputs.first ?? nil, try type(x).elementType == .float32 else {
      return false
    }
    var (alpha, beta): (Float, Float) = (0, 0)
    let kind: dnnl_alg_kind_t
    switch node.kind.rawValue {
    case "Relu": kind = dnnl_eltwise_relu
    case "LeakyRelu": (kind, alpha) = (dnnl_eltwise_relu, try node.attributes.float("alpha", default: 0.01))
    case "Sigmoid": kind = dnnl_eltwise_logistic
    case "Tanh": kind = dnnl_eltwise_tanh
    case "Sqrt": kind = dnnl_eltwise_sqrt
    case "Abs": kind = dnnl_eltwise_abs
    case "HardSwish": kind = dnnl_eltwise_hardswish
    case "Clip":
      var bounds: [Float] = [-.greatestFiniteMagnitude, .greatestFiniteMagnitude]
      for index in 1..<3 {
        guard let id = node.input(index) else { continue }
        guard let values = graph[id].tensor?.floats, values.count == 1 else { return false }
        bounds[index - 1] = values[0]
      }
      guard bounds[0] <= bounds[1], bounds[0].isFinite, bounds[1].isFinite else { return false }
      (kind, alpha, beta) = (dnnl_eltwise_clip, bounds[0], bounds[1])
    default: return false
    }
    guard let home = try located(x) else { return false }
    var (operation, raw) = (dnnl_eltwise_desc_t(), home.layout.raw)
    let attributes = try PrimitiveAttributes()
    guard
      unsafe dnnl_eltwise_forward_desc_init(&operation, dnnl_forward_inference, kind, &raw, alpha, beta)
        == dnnl_success,
      let descriptor = try unsafe PrimitiveDescriptor(operation: &operation, attributes)
    else { return false }
    let slot = addSlot(home.layout.byteCount)
    try addPrimitive(
      node.kind.rawValue, descriptor,
      [PrimitiveArgument(DNNL_ARG_SRC, home.slot, home.layout), PrimitiveArgument(DNNL_ARG_DST, slot, home.layout)])
    try place(output, slot, home.layout)
    return true
  }

  /// Lowers a sum, difference, product or quotient of two real tensors; false where oneDNN does not have it.
  mutating func lowerBinary(_ node: Node) throws(InferenceError) -> Bool {
    let kinds: [String: dnnl_alg_kind_t] = [
      "Add": dnnl_binary_add, "Mul": dnnl_binary_mul, "Sub": dnnl_binary_sub, "Div": dnnl_binary_div,
    ]
    guard let kind = kinds[node.kind.rawValue], var a = node.input(0), var b = node.input(1), node.inputs.count == 2,
      let output = node.outputs.first ?? nil, try type(a).elementType == .float32
    else { return false }
    let shape = try type(output).shape
    if try type(a).shape != shape {
      guard node.kind == .add || node.kind == .mul, try type(b).shape == shape else { return false }
      swap(&a, &b)
    }
    if try lowerScaling(node, a, b, output, isSwapped: a != node.input(0)) { return true }
    guard let first = try located(a) else { return false }
    let operand = try type(b)
    let repeated = operand.shape != shape
    var second: (slot: Int, layout: MemoryDescriptor)
    if repeated {
      let missing = [Int](repeating: 1, count: shape.rank - operand.shape.rank)
      guard shape.rank > 0,
        let layout = MemoryDescriptor(
          plain: TensorType(elementType: .float32, shape: TensorShape(missing + operand.shape.dimensions) ?? .scalar))
      else { return false }
      second = (-1, layout)
    } else {
      second = (-1, first.layout)
    }
    let attributes = try PrimitiveAttributes()
    var (operation, x, y, z) = (dnnl_binary_desc_t(), first.layout.raw, second.layout.raw, first.layout.raw)
    guard unsafe dnnl_binary_desc_init(&operation, kind, &x, &y, &z) == dnnl_success,
      let descriptor = try unsafe PrimitiveDescriptor(operation: &operation, attributes)
    else { return false }
    second.slot = repeated ? try plain(b) : try located(b, as: first.layout)
    let slot = addSlot(first.layout.byteCount)
    try addPrimitive(
      node.kind.rawValue, descriptor,
      [
        PrimitiveArgument(DNNL_ARG_SRC_0, first.slot, first.layout),
        PrimitiveArgument(DNNL_ARG_SRC_1, second.slot, second.layout),
        PrimitiveArgument(DNNL_ARG_DST, slot, first.layout),
      ])
    try place(output, slot, first.layout)
    return true
  }

  /// Lowers an operation with one constant number as a linear map; false where there is none.
  private mutating func lowerScaling(
    _ node: Node, _ x: ValueID, _ constant: ValueID, _ output: ValueID, isSwapped: Bool
  ) throws(InferenceError) -> Bool {
    guard let values = graph[constant].tensor?.floats, values.count == 1, values[0].isFinite, graph[x].tensor == nil
    else { return false }
    var (alpha, beta): (Float, Float) = (1, 0)
    switch node.kind {
    case .add: beta = values[0]
    case .mul: alpha = values[0]
    case "Sub":
      guard !isSwapped else { return false }
      beta = -values[0]
    default:
      guard !isSwapped, values[0] != 0, (1 / values[0]).isFinite else { return false }
      alpha = 1 / values[0]
    }
    guard let home = try located(x) else { return false }
    var (operation, raw) = (dnnl_eltwise_desc_t(), home.layout.raw)
    let attributes = try PrimitiveAttributes()
    guard
      unsafe dnnl_eltwise_forward_desc_init(
        &operation, dnnl_forward_inference, dnnl_eltwise_linear, &raw, alpha, beta) == dnnl_success,
      let descriptor = try unsafe PrimitiveDescriptor(operation: &operation, attributes)
    else { return false }
    let slot = addSlot(home.layout.byteCount)
    try addPrimitive(
      node.kind.rawValue, descriptor,
      [PrimitiveArgument(DNNL_ARG_SRC, home.slot, home.layout), PrimitiveArgument(DNNL_ARG_DST, slot, home.layout)])
    try place(output, slot, home.layout)
    return true
  }

  /// Lowers the sum of two quantised tensors of different scales; false where oneDNN does not have it.
  mutating func lowerQuantisedAddition(_ node: Node, _ fusion: Fusion) throws(InferenceError) -> Bool {
    guard let a = node.input(0), let b = node.input(1), let output = node.outputs.first ?? nil,
      let target = fusion.outputQuantization, fusion.inputQuantizations.count == 2, let home = try located(a),
      home.layout.strides != nil, home.layout.isDense,
      // oneDNN 2.6 adds wrongly where distances differ, be it only those of axes with one place: all three get the same.
      let first = home.layout.nestedAlike(try type(a).elementType, try type(a).shape.dimensions),
      let second = home.layout.nestedAlike(try type(b).elementType, try type(b).shape.dimensions),
      let result = home.layout.nestedAlike(try type(output).elementType, try type(output).shape.dimensions)
    else { return false }
    // sum = (sa (a - za) + sb (b - zb)) / s + z, all constants gathered behind the scaled sum.
    let attributes = try PrimitiveAttributes()
    var offset = Double(target.zeroPoint)
    for (quantization, argument) in zip(fusion.inputQuantizations, [DNNL_ARG_SRC_0, DNNL_ARG_SRC_1]) {
      let factor = Double(quantization.scale) / Double(target.scale)
      try attributes.setScale(Float(factor), argument: argument)
      offset -= factor * Double(quantization.zeroPoint)
    }
    try attributes.append(dnnl_eltwise_linear, alpha: 1, beta: Float(offset))
    if !fusion.following.isEmpty {
      try attributes.append(dnnl_eltwise_clip, alpha: Float(target.zeroPoint), beta: 255)
    }
    try attributes.finish()
    var (operation, x, y, z) = (dnnl_binary_desc_t(), first.raw, second.raw, result.raw)
    guard unsafe dnnl_binary_desc_init(&operation, dnnl_binary_add, &x, &y, &z) == dnnl_success,
      let descriptor = try unsafe PrimitiveDescriptor(operation: &operation, attributes)
    else { return false }
    let slot = addSlot(result.byteCount)
    try addPrimitive(
      "Add", descriptor,
      [
        PrimitiveArgument(DNNL_ARG_SRC_0, home.slot, first),
        PrimitiveArgument(DNNL_ARG_SRC_1, try located(b, as: second), second),
        PrimitiveArgument(DNNL_ARG_DST, slot, result),
      ])
    try place(output, slot, result)
    return true
  }

  /// Lowers QuantizeLinear or DequantizeLinear of a whole tensor as a copy that changes type; false where oneDNN does
  /// not have it.
  mutating func lowerConversion(_ node: Node) throws(InferenceError) -> Bool {
    guard let x = node.input(0), let output = node.outputs.first ?? nil, graph[x].tensor == nil,
      let quantization = Quantization(parametersOf: node, in: graph), let home = try located(x)
    else { return false }
    let type = try type(output)
    let quantises = node.kind == .quantizeLinear
    let feedsConvolution =
      quantises
      && graph.body.nodes.contains { reader in
        guard case .contraction(let core)? = reader.fusion?.operation else { return false }
        return core.kind == .conv && reader.input(0) == output
      }
    let layout =
      feedsConvolution
      ? MemoryDescriptor.channelsLast(type.elementType, type.shape.dimensions)
      : home.layout.nestedAlike(type.elementType, type.shape.dimensions.isEmpty ? [1] : type.shape.dimensions)
    guard let layout else { return false }
    if quantises, try quantisePlanes(x, output, home, layout, quantization) { return true }
    let attributes = try PrimitiveAttributes()
    try attributes.setScales([quantises ? 1 / quantization.scale : quantization.scale], axis: 0)
    try attributes.setZeroPoint(quantization.zeroPoint, argument: quantises ? DNNL_ARG_DST : DNNL_ARG_SRC)
    let slot = addSlot(layout.byteCount)
    guard try addReorder(node.kind.rawValue, home.slot, home.layout, slot, layout, attributes) else { return false }
    try place(output, slot, layout)
    return true
  }

  /// Lowers a softmax along one axis; false where oneDNN does not have it.
  mutating func lowerSoftmax(_ node: Node) throws(InferenceError) -> Bool {
    guard let x = node.input(0), let output = node.outputs.first ?? nil else { return false }
    let shape = try type(x).shape
    guard try type(x).elementType == .float32,
      let axis = shape.normalise(axis: try node.attributes.int("axis", default: -1)),
      try node.attributes.int("flatten", default: 0) == 0 || axis == shape.rank - 1, let home = try located(x)
    else { return false }
    let attributes = try PrimitiveAttributes()
    var (operation, source, target) = (dnnl_softmax_v2_desc_t(), home.layout.raw, home.layout.raw)
    guard
      unsafe dnnl_softmax_v2_forward_desc_init(
        &operation, dnnl_forward_inference, dnnl_softmax_accurate, &source, &target, Int32(axis)) == dnnl_success,
      let descriptor = try unsafe PrimitiveDescriptor(operation: &operation, attributes)
    else { return false }
    let slot = addSlot(home.layout.byteCount)
    try addPrimitive(
      "Softmax", descriptor,
      [PrimitiveArgument(DNNL_ARG_SRC, home.slot, home.layout), PrimitiveArgument(DNNL_ARG_DST, slot, home.layout)])
    try place(output, slot, home.layout)
    return true
  }
}
