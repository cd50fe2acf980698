internal import COneDNN

/// Convolutions and matrix products through oneDNN.
extension PlanBuilder {
  /// Lowers a fused contraction; false where oneDNN does not have it, or not exactly.
  mutating func lowerContraction(_ node: Node, _ fusion: Fusion, _ core: Node) throws(InferenceError) -> Bool {
    guard let x = node.input(0), let w = node.input(1), let weights = graph[w].tensor,
      let output = node.outputs.first ?? nil, isDistinct(fusion.following)
    else { return false }
    if fusion.weightScales.isEmpty {
      guard try type(x).elementType == .float32, weights.elementType == .float32 else { return false }
    }
    if !fusion.weightScales.isEmpty, !InferenceLibraries.current.int8IsExact {
      // Pairs of products are summed in 16 bits there: unsigned values and full-size weights would saturate.
      let small = weights.array(of: Int8.self).allSatisfy { abs(Int($0)) <= 64 }
      guard try type(x).elementType == .uint8, small else { return false }
    }
    if core.kind == .conv, try lowerDepthwise(node, fusion, core, x, weights, output) { return true }
    if core.kind == .conv, try lowerPointwise(node, fusion, core, x, weights, output) { return true }
    return core.kind == .conv
      ? try lowerConvolution(node, fusion, core, x, weights, output)
      : try lowerProduct(node, fusion, core, x, weights, output)
  }

  /// What oneDNN multiplies the sum of products by, for each output channel or for all.
  private func scales(_ fusion: Fusion, factor: Float) -> [Float] {
    guard let input = fusion.inputQuantization, !fusion.weightScales.isEmpty else { return [factor] }
    let step = firstStep(fusion)
    // In single precision and in this order, as the field's other engines round it.
    return fusion.weightScales.map { input.scale * $0 / step * factor }
  }

  /// What the first of the following steps counts in: the steps of a conversion that is rounded before the last one, else
  /// of the last one, 1 for real results.
  private func firstStep(_ fusion: Fusion) -> Float {
    for following in fusion.following {
      if case .stored(let quantization, _) = following, isRounded(quantization, fusion) { return quantization.scale }
    }
    return fusion.outputQuantization?.scale ?? 1
  }

  /// Whether an inner conversion is rounded: where it is the coarser one, so that no result is more than a step off, and
  /// where a zero point is left to take away.
  func isRounded(_ inner: Quantization, _ fusion: Fusion) -> Bool {
    addedZero(fusion) != 0 || inner.scale > fusion.outputQuantization?.scale ?? 1
  }

  /// What the zero points of quantised addends amount to.
  private func addedZero(_ fusion: Fusion) -> Float {
    fusion.following.reduce(0) { sum, following in
      guard case .addQuantised(_, let addend) = following else { return sum }
      return sum + addend.scale * Float(addend.zeroPoint)
    }
  }

  /// Whether oneDNN 2.6 computes what follows: of two steps of one kind with different parameters it takes the parameters
  /// of one for both.
  private func isDistinct(_ following: [Fusion.Following]) -> Bool {
    var kinds: Set<String> = []
    for step in following {
      let found: [String]
      switch step {
      case .relu, .leakyRelu: found = ["relu"]
      case .clip: found = ["clip"]
      case .sigmoid: found = ["sigmoid"]
      case .tanh: found = ["tanh"]
      case .swish: found = ["swish"]
      case .hardSwish: found = ["hardSwish"]
      case .stored: found = ["clip", "round", "linear"]
      case .add, .addQuantised: found = ["sum"]
      }
      for kind in found where !kinds.insert(kind).inserted { return false }
    }
    return true
  }

  /// The bias in units of the sum of products.
  func scaledBias(_ bias: [Float], _ fusion: Fusion, factor: Float) -> [Float] {
    guard let input = fusion.inputQuantization, !fusion.weightScales.isEmpty else {
      return bias.map { $0 / factor }
    }
    return bias.enumerated().map { place, value in
      let scale = fusion.weightScales[fusion.weightScales.count == 1 ? 0 : place]
      let level = Double(value) / (Double(scale) * Double(input.scale) * Double(factor))
      // A bias that was stored as a whole number is one again.
      return Float(abs(level - level.rounded()) < 0.01 ? level.rounded() : level)
    }
  }

  private func attributes(
    _ fusion: Fusion, factor: Float, axis: Int
  ) throws(InferenceError) -> PrimitiveAttributes {
    let attributes = try PrimitiveAttributes()
    let scales = scales(fusion, factor: factor)
    if scales != [1] { try attributes.setScales(scales, axis: axis) }
    if let input = fusion.inputQuantization, !fusion.weightScales.isEmpty {
      try attributes.setZeroPoint(input.zeroPoint, argument: DNNL_ARG_SRC)
    }
    if let output = fusion.outputQuantization { try attributes.setZeroPoint(output.zeroPoint, argument: DNNL_ARG_DST) }
    var step = firstStep(fusion)
    for following in fusion.following {
      switch following {
      case .relu: try attributes.append(dnnl_eltwise_relu, alpha: 0, beta: 0)
      case .leakyRelu(let alpha): try attributes.append(dnnl_eltwise_relu, alpha: alpha, beta: 0)
      case .clip(let low, let high):
        let bounds = (max(low / step, -.greatestFiniteMagnitude), min(high / step, .greatestFiniteMagnitude))
        try attributes.append(dnnl_eltwise_clip, alpha: bounds.0, beta: bounds.1)
      case .sigmoid: try attributes.append(dnnl_eltwise_logistic, alpha: 0, beta: 0)
      case .tanh: try attributes.append(dnnl_eltwise_tanh, alpha: 0, beta: 0)
      case .swish: try attributes.append(dnnl_eltwise_swish, alpha: 1, beta: 0)
      case .hardSwish: try attributes.append(dnnl_eltwise_hardswish, alpha: 0, beta: 0)
      case .add: try attributes.appendSum()
      case .stored(let quantization, let type):
        let (least, most): (Float, Float) = type == .int8 ? (-128, 127) : (0, 255)
        let zero = Float(quantization.zeroPoint)
        guard isRounded(quantization, fusion) else {
          // The bounds alone are kept, in the steps of the sum.
          let ratio = quantization.scale / step
          try attributes.append(dnnl_eltwise_clip, alpha: (least - zero) * ratio, beta: (most - zero) * ratio)
          continue
        }
        try attributes.append(dnnl_eltwise_clip, alpha: least - zero, beta: most - zero)
        try attributes.append(dnnl_eltwise_round, alpha: 0, beta: 0)
        step = fusion.outputQuantization?.scale ?? 1
        try attributes.append(
          dnnl_eltwise_linear, alpha: quantization.scale / step, beta: -addedZero(fusion) / step)
      case .addQuantised(_, let addend):
        try attributes.appendSum(scale: addend.scale / step)
      }
    }
    try attributes.finish()
    return attributes
  }

  private mutating func lowerConvolution(
    _ node: Node, _ fusion: Fusion, _ core: Node, _ x: ValueID, _ weights: Tensor, _ output: ValueID
  ) throws(InferenceError) -> Bool {
    let (inputType, outputType) = (try type(x), try type(output))
    let call = OperatorCall(
      node: core, inputs: [Fact(type: inputType), Fact(type: weights.type)], limits: limits)
    let filterShape = weights.shape.dimensions
    let geometry = try WindowGeometry(call, kernel: Array(filterShape[2...]))
    let groups = try core.attributes.int("group", default: 1)
    guard groups > 0, filterShape[0] % groups == 0 else { return false }
    let filters = groups == 1 ? filterShape : [groups, filterShape[0] / groups] + filterShape[1...]
    guard let source = MemoryDescriptor(anyLayout: inputType.elementType, inputType.shape.dimensions),
      let filter = MemoryDescriptor(anyLayout: weights.elementType, filters),
      let plainFilter = MemoryDescriptor(
        plain: TensorType(elementType: weights.elementType, shape: TensorShape(filters) ?? .scalar)),
      let target = MemoryDescriptor(anyLayout: outputType.elementType, outputType.shape.dimensions)
    else { return false }
    var biasLayout: MemoryDescriptor?
    var biasTensor: Tensor?
    if let id = node.input(2), let tensor = graph[id].tensor, let values = tensor.floats {
      biasTensor = Tensor(scaledBias(values, fusion, factor: 1), shape: tensor.shape)
      biasLayout = MemoryDescriptor(plain: tensor.type)
    }
    let form = ConvolutionForm(
      isReal: inputType.elementType == .float32,
      isDepthwise: groups > 1 && groups == filterShape[0] && filterShape[1] == 1, groups: groups,
      channels: inputType.shape[1], filters: filterShape[0], windowPlaces: geometry.kernel.reduce(1, *),
      outputPlaces: geometry.output.reduce(1, *))
    guard let home = try located(x) else { return false }
    var request = KernelRequest(
      operations: [], preferred: form.preferred, key: "", source: home.layout)
    func describe(_ source: MemoryDescriptor, _ target: MemoryDescriptor) -> OperationDescriptor? {
      var operation = dnnl_convolution_desc_t()
      var (source, filter, target) = (source.raw, filter.raw, target.raw)
      let strides = geometry.strides.map(Int64.init)
      let dilations = geometry.dilations.map { Int64($0 - 1) }
      let (before, after) = (geometry.before.map(Int64.init), geometry.after.map(Int64.init))
      var status: dnnl_status_t
      if let biasLayout {
        var bias = biasLayout.raw
        status = unsafe dnnl_dilated_convolution_forward_desc_init(
          &operation, dnnl_forward_inference, dnnl_convolution_direct, &source, &filter, &bias, &target, strides,
          dilations, before, after)
      } else {
        status = unsafe dnnl_dilated_convolution_forward_desc_init(
          &operation, dnnl_forward_inference, dnnl_convolution_direct, &source, &filter, nil, &target, strides,
          dilations, before, after)
      }
      return status == dnnl_success ? .convolution(operation) : nil
    }
    guard let own = describe(source, target) else { return false }
    request.operations = [(.own, own)]
    if let from = MemoryDescriptor.channelsLast(inputType.elementType, inputType.shape.dimensions),
      let to = MemoryDescriptor.channelsLast(outputType.elementType, outputType.shape.dimensions),
      let operation = describe(from, to)
    {
      request.operations.append((.channelsLast, operation))
    }
    request.key =
      "conv \(inputType) filters \(filters) \(outputType) bias \(biasLayout != nil) strides \(geometry.strides) "
      + "dilations \(geometry.dilations) pads \(geometry.before) \(geometry.after) \(fusion.summary)"
    let attributes = try attributes(fusion, factor: 1, axis: 1)
    guard let descriptor = try implementation(of: request, attributes),
      let sourceLayout = descriptor.descriptor(dnnl_query_src_md),
      let filterLayout = descriptor.descriptor(dnnl_query_weights_md),
      let targetLayout = descriptor.descriptor(dnnl_query_dst_md), isAllowed(descriptor.implementation, fusion),
      let filterSlot = try packed(weights, plainFilter, as: filterLayout)
    else { return false }
    var arguments = [
      PrimitiveArgument(DNNL_ARG_SRC, try located(x, as: sourceLayout), sourceLayout),
      PrimitiveArgument(DNNL_ARG_WEIGHTS, filterSlot, filterLayout),
    ]
    if let biasTensor, let biasLayout {
      arguments.append(PrimitiveArgument(DNNL_ARG_BIAS, addConstant(biasTensor.storage), biasLayout))
    }
    var slot = -1
    if node.inputs.count > 3, let addend = node.inputs[3] {
      // The sum goes into the memory that holds what is added, a copy of it where it is read later.
      guard let home = try located(addend) else { return false }
      let isSource = home.slot == arguments[0].slot
      if home.layout.places(like: targetLayout), !isSource, isLastUse(of: addend, by: output) {
        slot = home.slot
      } else {
        slot = addSlot(targetLayout.byteCount)
        guard try addReorder("Reorder", home.slot, home.layout, slot, targetLayout, PrimitiveAttributes()) else {
          return false
        }
      }
    } else {
      slot = addSlot(targetLayout.byteCount)
    }
    arguments.append(PrimitiveArgument(DNNL_ARG_DST, slot, targetLayout))
    try addPrimitive("Conv", descriptor, arguments)
    try place(output, slot, targetLayout)
    return true
  }

  private mutating func lowerProduct(
    _ node: Node, _ fusion: Fusion, _ core: Node, _ x: ValueID, _ weights: Tensor, _ output: ValueID
  ) throws(InferenceError) -> Bool {
    let (inputType, outputType) = (try type(x), try type(output))
    guard weights.shape.rank == 2, inputType.shape.rank >= 2, inputType.shape.elementCount > 0, node.inputs.count <= 3,
      try core.attributes.int("transA", default: 0) == 0
    else { return false }
    let transposed = core.kind == .gemm ? try core.attributes.int("transB", default: 0) != 0 : false
    let alpha = core.kind == .gemm ? try core.attributes.float("alpha", default: 1) : 1
    let beta = core.kind == .gemm ? try core.attributes.float("beta", default: 1) : 1
    let (k, n) = transposed ? (weights.shape[1], weights.shape[0]) : (weights.shape[0], weights.shape[1])
    let m = inputType.shape.elementCount / max(1, k)
    guard k > 0, n > 0, inputType.shape.dimensions.last == k, alpha != 0, alpha.isFinite,
      let source = MemoryDescriptor(inputType.elementType, [m, k], strides: [k, 1]),
      let any = MemoryDescriptor(anyLayout: weights.elementType, [k, n]),
      let given = MemoryDescriptor(weights.elementType, [k, n], strides: transposed ? [1, k] : [n, 1]),
      let target = MemoryDescriptor(outputType.elementType, [m, n], strides: [n, 1])
    else { return false }
    var bias: (tensor: Tensor, layout: MemoryDescriptor)?
    if let id = node.input(2) {
      guard let values = graph[id].tensor?.floats,
        values.count == 1 || (values.count == n && graph[id].tensor?.shape.dimensions.last == n),
        let shape = TensorShape([1, n])
      else { return false }
      let wide = (values.count == n ? values : [Float](repeating: values[0], count: n)).map { $0 * beta }
      guard let tensor = Tensor(scaledBias(wide, fusion, factor: alpha), shape: shape),
        let layout = MemoryDescriptor(plain: tensor.type)
      else { return false }
      bias = (tensor, layout)
    }
    let attributes = try attributes(fusion, factor: alpha, axis: 1)
    var operation = dnnl_matmul_desc_t()
    var (sourceRaw, anyRaw, targetRaw) = (source.raw, any.raw, target.raw)
    let status: dnnl_status_t
    if var biasRaw = bias?.layout.raw {
      status = unsafe dnnl_matmul_desc_init(&operation, &sourceRaw, &anyRaw, &biasRaw, &targetRaw)
    } else {
      status = unsafe dnnl_matmul_desc_init(&operation, &sourceRaw, &anyRaw, nil, &targetRaw)
    }
    let request = KernelRequest(
      operations: [(.own, .product(operation))], preferred: [],
      key:
        "product \(m)x\(k)x\(n) \(inputType.elementType) \(outputType.elementType) bias \(bias != nil) \(fusion.summary)",
      source: source)
    guard status == dnnl_success, let descriptor = try implementation(of: request, attributes),
      isAllowed(descriptor.implementation, fusion), let layout = descriptor.descriptor(dnnl_query_weights_md),
      let packedSlot = try packed(weights, given, as: layout)
    else { return false }
    let slot = addSlot(target.byteCount)
    var arguments = [
      PrimitiveArgument(DNNL_ARG_SRC, try plain(x), source), PrimitiveArgument(DNNL_ARG_WEIGHTS, packedSlot, layout),
      PrimitiveArgument(DNNL_ARG_DST, slot, target),
    ]
    if let bias { arguments.append(PrimitiveArgument(DNNL_ARG_BIAS, addConstant(bias.tensor.storage), bias.layout)) }
    try addPrimitive(core.kind.rawValue, descriptor, arguments)
    placements[output] = Placement(slot: slot)
    return true
  }

  /// Whether an implementation may be used: oneDNN's default one, unless it is known to read or write outside its
  /// buffers, or is the plain one, which is slower than the same work in parts.
  private func isAllowed(_ implementation: String, _ fusion: Fusion) -> Bool {
    if implementation.hasPrefix("ref"), !fusion.following.isEmpty { return false }
    return !Implementation.refused.contains(implementation)
  }
}
