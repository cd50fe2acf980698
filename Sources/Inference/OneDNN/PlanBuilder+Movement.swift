internal import COneDNN

/// Pooling, concatenation and transposition through oneDNN.
extension PlanBuilder {
  /// A transposition moves nothing: the result is the same memory, described with its axes in another order.
  mutating func lowerTranspose(_ node: Node) throws(InferenceError) -> Bool {
    guard let x = node.input(0), let output = node.outputs.first ?? nil, graph[x].tensor == nil,
      let home = try located(x)
    else { return false }
    let order = try OperatorRegistry.permutation(try call(node))
    guard let layout = home.layout.permuted(order) else { return false }
    try place(output, home.slot, layout)
    return true
  }

  /// Lowers a slice without steps as a copy out of part of the memory; false where oneDNN does not have it.
  mutating func lowerSlice(_ node: Node) throws(InferenceError) -> Bool {
    guard let x = node.input(0), let output = node.outputs.first ?? nil, graph[x].tensor == nil,
      let home = try located(x), home.layout.strides != nil
    else { return false }
    let ranges = try OperatorRegistry.sliceRanges(try call(node))
    guard ranges.allSatisfy({ $0.step == 1 && $0.count > 0 }),
      let part = home.layout.part(ranges.map(\.count), at: ranges.map(\.start)),
      let target = home.layout.nestedAlike(try type(output).elementType, ranges.map(\.count))
    else { return false }
    let slot = addSlot(target.byteCount)
    guard try addReorder("Slice", home.slot, part, slot, target, PrimitiveAttributes()) else { return false }
    try place(output, slot, target)
    return true
  }

  /// Lowers a pooling; false where oneDNN does not have it.
  mutating func lowerPooling(_ node: Node, _ core: Node) throws(InferenceError) -> Bool {
    guard let x = node.input(0), let output = node.outputs.first ?? nil, let home = try located(x) else { return false }
    let (inputType, outputType) = (try type(x), try type(output))
    // oneDNN does not say where the largest elements lie.
    guard inputType.shape.rank >= 3, core.outputs.count < 2 else { return false }
    let call = OperatorCall(node: core, inputs: [Fact(type: inputType)], limits: limits)
    var kind = dnnl_pooling_avg_exclude_padding
    let geometry: WindowGeometry
    if core.kind == .globalAveragePool {
      geometry = try WindowGeometry(call, kernel: Array(inputType.shape.dimensions[2...]))
    } else {
      geometry = try OperatorRegistry.pooling(call)
      if core.kind == .maxPool { kind = dnnl_pooling_max }
      let ceil = try core.attributes.int("ceil_mode", default: 0) != 0
      if core.kind == .averagePool, try core.attributes.int("count_include_pad", default: 0) != 0 {
        guard !ceil else { return false }
        kind = dnnl_pooling_avg_include_padding
      }
    }
    guard let target = MemoryDescriptor(anyLayout: outputType.elementType, outputType.shape.dimensions) else {
      return false
    }
    let dilations = geometry.dilations.map { Int64($0 - 1) }
    // Behind the operand, as far as the last window reaches.
    let after = geometry.output.indices.map { axis in
      let reach = (geometry.kernel[axis] - 1) * geometry.dilations[axis] + 1
      let end = (geometry.output[axis] - 1) * geometry.strides[axis] + reach
      return Int64(max(0, end - geometry.input[axis] - geometry.before[axis]))
    }
    let attributes = try PrimitiveAttributes()
    var (operation, sourceRaw, targetRaw) = (dnnl_pooling_v2_desc_t(), home.layout.raw, target.raw)
    guard
      unsafe dnnl_pooling_v2_forward_desc_init(
        &operation, dnnl_forward_inference, kind, &sourceRaw, &targetRaw, geometry.strides.map(Int64.init),
        geometry.kernel.map(Int64.init), dilations, geometry.before.map(Int64.init), after) == dnnl_success,
      let descriptor = try unsafe PrimitiveDescriptor(operation: &operation, attributes),
      let layout = descriptor.descriptor(dnnl_query_dst_md)
    else { return false }
    let slot = addSlot(layout.byteCount)
    try addPrimitive(
      core.kind.rawValue, descriptor,
      [PrimitiveArgument(DNNL_ARG_SRC, home.slot, home.layout), PrimitiveArgument(DNNL_ARG_DST, slot, layout)])
    try place(output, slot, layout)
    return true
  }

  /// Lowers a concatenation as copies into parts of the result, each with its own change of scale; false where oneDNN
  /// does not have one of them.
  mutating func lowerConcat(_ node: Node, axis: Int, _ fusion: Fusion?) throws(InferenceError) -> Bool {
    guard let output = node.outputs.first ?? nil, let head = node.input(0), let first = try located(head) else {
      return false
    }
    let type = try type(output)
    guard let layout = first.layout.nestedAlike(type.elementType, type.shape.dimensions) else { return false }
    let (slot, before) = (addSlot(layout.byteCount), steps.count)
    var offset = 0
    for (position, operand) in node.inputs.enumerated() {
      guard let operand, let home = try located(operand) else {
        steps.removeSubrange(before...)
        return false
      }
      let dimensions = try self.type(operand).shape.dimensions
      var offsets = [Int](repeating: 0, count: dimensions.count)
      offsets[axis] = offset
      offset += dimensions[axis]
      let attributes = try PrimitiveAttributes()
      if let fusion, let target = fusion.outputQuantization {
        let source = fusion.inputQuantizations[position]
        if source != target {
          guard source.zeroPoint == 0 && target.zeroPoint == 0 || layout.runsInEights(dimensions, along: axis) else {
            steps.removeSubrange(before...)
            return false
          }
          try attributes.setScales([source.scale / target.scale], axis: 0)
          try attributes.setZeroPoint(source.zeroPoint, argument: DNNL_ARG_SRC)
          try attributes.setZeroPoint(target.zeroPoint, argument: DNNL_ARG_DST)
        }
      }
      guard let part = layout.part(dimensions, at: offsets),
        try addReorder("Concat", home.slot, home.layout, slot, part, attributes)
      else {
        steps.removeSubrange(before...)
        return false
      }
    }
    try place(output, slot, layout)
    return true
  }
}

extension MemoryDescriptor {
  /// Whether what is joined along `axis` lies in memory in one run, or in runs of a multiple of eight elements.
  ///
  /// oneDNN's `jit:uni` reorder leaves the zero points out of the last elements of other runs.
  fileprivate func runsInEights(_ dimensions: [Int], along axis: Int) -> Bool {
    guard let strides else { return true }
    var (run, runs) = (1, 1)
    for other in dimensions.indices {
      if strides[other] <= strides[axis] { run *= dimensions[other] } else { runs *= dimensions[other] }
    }
    return runs == 1 || run % 8 == 0
  }
}
