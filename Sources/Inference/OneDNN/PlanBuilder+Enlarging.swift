internal import COneDNN

/// Transposed convolutions and linear changes of resolution through oneDNN.
extension PlanBuilder {
  /// Lowers a ConvTranspose of constant filters; false where oneDNN does not have it.
  mutating func lowerDeconvolution(_ node: Node) throws(InferenceError) -> Bool {
    guard let x = node.input(0), let w = node.input(1), let weights = graph[w].tensor,
      let output = node.outputs.first ?? nil, try type(x).elementType == .float32, weights.elementType == .float32
    else { return false }
    let (inputType, outputType) = (try type(x), try type(output))
    let given = weights.shape.dimensions
    let call = OperatorCall(node: node, inputs: [Fact(type: inputType), Fact(type: weights.type)], limits: limits)
    let geometry = try WindowGeometry(transposed: call, kernel: Array(given[2...]))
    let groups = try node.attributes.int("group", default: 1)
    guard groups > 0, given[0] % groups == 0, outputType.shape.rank >= 3 else { return false }
    // The file has [channels, filters of a group, …]; oneDNN counts filters first.
    let (channels, filters) = (given[0] / groups, given[1])
    let steps = weights.shape.strides
    var (dimensions, strides) = ([filters, channels] + given[2...], [steps[1], steps[0]] + steps[2...])
    if groups > 1 {
      dimensions.insert(groups, at: 0)
      strides.insert(channels * steps[0], at: 0)
    }
    guard let source = MemoryDescriptor(anyLayout: .float32, inputType.shape.dimensions),
      let filter = MemoryDescriptor(anyLayout: .float32, dimensions),
      let givenFilter = MemoryDescriptor(.float32, dimensions, strides: strides),
      let target = MemoryDescriptor(anyLayout: .float32, outputType.shape.dimensions)
    else { return false }
    var bias: (tensor: Tensor, layout: MemoryDescriptor)?
    if let id = node.input(2) {
      guard let shape = TensorShape([groups * filters]), let tensor = graph[id].tensor,
        tensor.elementType == .float32, tensor.shape == shape, let layout = MemoryDescriptor(plain: tensor.type)
      else { return false }
      bias = (tensor, layout)
    }
    let attributes = try PrimitiveAttributes()
    var operation = dnnl_deconvolution_desc_t()
    var (sourceRaw, filterRaw, targetRaw) = (source.raw, filter.raw, target.raw)
    let (stride, dilation) = (geometry.strides.map(Int64.init), geometry.dilations.map { Int64($0 - 1) })
    let (before, after) = (geometry.before.map(Int64.init), geometry.after.map(Int64.init))
    let status: dnnl_status_t
    if var biasRaw = bias?.layout.raw {
      status = unsafe dnnl_dilated_deconvolution_forward_desc_init(
        &operation, dnnl_forward_inference, dnnl_deconvolution_direct, &sourceRaw, &filterRaw, &biasRaw, &targetRaw,
        stride, dilation, before, after)
    } else {
      status = unsafe dnnl_dilated_deconvolution_forward_desc_init(
        &operation, dnnl_forward_inference, dnnl_deconvolution_direct, &sourceRaw, &filterRaw, nil, &targetRaw,
        stride, dilation, before, after)
    }
    guard status == dnnl_success, let descriptor = try unsafe PrimitiveDescriptor(operation: &operation, attributes),
      !descriptor.implementation.hasPrefix("ref"), let sourceLayout = descriptor.descriptor(dnnl_query_src_md),
      let filterLayout = descriptor.descriptor(dnnl_query_weights_md),
      let targetLayout = descriptor.descriptor(dnnl_query_dst_md),
      let filterSlot = try packed(weights, givenFilter, as: filterLayout)
    else { return false }
    let slot = addSlot(targetLayout.byteCount)
    var arguments = [
      PrimitiveArgument(DNNL_ARG_SRC, try located(x, as: sourceLayout), sourceLayout),
      PrimitiveArgument(DNNL_ARG_WEIGHTS, filterSlot, filterLayout),
      PrimitiveArgument(DNNL_ARG_DST, slot, targetLayout),
    ]
    if let bias { arguments.append(PrimitiveArgument(DNNL_ARG_BIAS, addConstant(bias.tensor.storage), bias.layout)) }
    try addPrimitive("ConvTranspose", descriptor, arguments)
    try place(output, slot, targetLayout)
    return true
  }

  /// Lowers a linear Resize of pictures whose corners are those of their outermost pixels; false for all else, and where
  /// oneDNN does not have it.
  mutating func lowerLinearResize(_ node: Node) throws(InferenceError) -> Bool {
    guard let x = node.input(0), let output = node.outputs.first ?? nil, try type(x).elementType == .float32 else {
      return false
    }
    let (from, to) = (try type(x).shape, try type(output).shape)
    let rule = try ResizeRule(node.attributes)
    guard (3...5).contains(from.rank), from != to, from.dimensions.prefix(2) == to.dimensions.prefix(2),
      rule.mode == .linear, !rule.antialias, !rule.excludeOutside,
      rule.transform == .halfPixel
        || (rule.transform == .pytorchHalfPixel && to.dimensions[2...].allSatisfy({ $0 > 1 }))
    else { return false }
    // oneDNN takes the scale to be the quotient of the sizes.
    let scales = try ResizeSizes(call(node)).scales
    for axis in 0..<from.rank where abs(scales[axis] * Float(from[axis]) - Float(to[axis])) > 1e-6 * Float(to[axis]) {
      return false
    }
    guard let home = try located(x), let target = MemoryDescriptor(anyLayout: .float32, to.dimensions) else {
      return false
    }
    let attributes = try PrimitiveAttributes()
    var (operation, sourceRaw, targetRaw) = (dnnl_resampling_desc_t(), home.layout.raw, target.raw)
    guard
      unsafe dnnl_resampling_forward_desc_init(
        &operation, dnnl_forward_inference, dnnl_resampling_linear, nil, &sourceRaw, &targetRaw) == dnnl_success,
      let descriptor = try unsafe PrimitiveDescriptor(operation: &operation, attributes),
      !descriptor.implementation.hasPrefix("ref"), let layout = descriptor.descriptor(dnnl_query_dst_md)
    else { return false }
    let slot = addSlot(layout.byteCount)
    try addPrimitive(
      "Resize", descriptor,
      [PrimitiveArgument(DNNL_ARG_SRC, home.slot, home.layout), PrimitiveArgument(DNNL_ARG_DST, slot, layout)])
    try place(output, slot, layout)
    return true
  }
}
