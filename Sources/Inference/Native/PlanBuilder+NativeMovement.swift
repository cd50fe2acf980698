internal import CKernels
internal import COneDNN

/// Copies of parts, and between planes and pixels.
extension PlanBuilder {
  /// Lowers a concatenation of values in one layout as copies of runs.
  mutating func lowerCopies(_ node: Node) throws(InferenceError) -> Bool {
    guard let output = node.outputs.first ?? nil, let head = node.input(0) else { return false }
    let to = try type(output)
    guard let axis = to.shape.normalise(axis: try node.attributes.int("axis", default: 0)), to.shape.rank <= 6,
      to.shape.elementCount > 0
    else { return false }
    // The layout of the first operand that is not plain, so that fewest are copied twice.
    var model = try located(head)?.layout
    for case .some(let operand) in node.inputs {
      if let layout = placements[operand]?.layout, layout.strides != nil {
        model = layout
        break
      }
    }
    guard let layout = model?.nestedAlike(to.elementType, to.shape.dimensions), let runs = layout.runs(along: axis)
    else { return false }
    var parts: [(slot: Int, type: TensorType)] = []
    for operand in node.inputs {
      guard let operand, try type(operand).shape.elementCount > 0 else { return false }
      let type = try type(operand)
      guard type.elementType == to.elementType,
        let wanted = layout.nestedAlike(type.elementType, type.shape.dimensions, like: layout)
      else { return false }
      parts.append((try located(operand, as: wanted), type))
    }
    let slot = addSlot(layout.byteCount)
    let unit = runs.inner * to.elementType.byteCount
    let lengths = parts.map { $0.type.shape[axis] * unit }
    let stride = to.shape[axis] * unit
    addNative("Concat", parts, (slot, to)) { arguments throws(InferenceError) in
      var offset = 0
      for index in lengths.indices {
        let length = lengths[index]
        unsafe braid_copy_rows(
          arguments.input(index).pointer, length, arguments.output.pointer + offset, stride, runs.outer, length)
        offset += length
      }
    }
    try place(output, slot, layout)
    return true
  }

  /// Lowers a slice along one axis as copies of runs.
  mutating func lowerPart(_ node: Node) throws(InferenceError) -> Bool {
    guard let x = node.input(0), let output = node.outputs.first ?? nil, graph[x].tensor == nil else { return false }
    let (from, to) = (try type(x), try type(output))
    guard from.shape.elementCount > 0, to.shape.elementCount > 0, from.shape.rank <= 6 else { return false }
    let ranges = try OperatorRegistry.sliceRanges(try call(node))
    let cut = ranges.indices.filter { ranges[$0].count != from.shape[$0] || ranges[$0].step != 1 }
    guard cut.count == 1, let axis = cut.first, ranges[axis].step == 1 else { return false }
    return try addPart(x, output, axis, ranges[axis].start, "Slice")
  }

  /// Lowers a split as copies of runs.
  mutating func lowerSplit(_ node: Node) throws(InferenceError) -> Bool {
    guard let x = node.input(0), graph[x].tensor == nil else { return false }
    let from = try type(x)
    guard let axis = from.shape.normalise(axis: try node.attributes.int("axis", default: 0)), from.shape.rank <= 6,
      from.shape.elementCount > 0, from.shape[axis] > 1
    else { return false }
    let before = steps.count
    var start = 0
    for output in node.outputs {
      guard let output else { return false }
      let size = try type(output).shape[axis]
      guard size > 0, try addPart(x, output, axis, start, "Split") else {
        steps.removeSubrange(before...)
        return false
      }
      start += size
    }
    return true
  }

  private mutating func addPart(
    _ x: ValueID, _ output: ValueID, _ axis: Int, _ start: Int, _ operation: String
  ) throws(InferenceError) -> Bool {
    let (from, to) = (try type(x), try type(output))
    guard let home = try dense(x), let runs = home.layout.runs(along: axis),
      let layout = home.layout.nestedAlike(to.elementType, to.shape.dimensions, like: home.layout)
    else { return false }
    let unit = runs.inner * from.elementType.byteCount
    let (stride, length) = (from.shape[axis] * unit, to.shape[axis] * unit)
    let slot = addSlot(layout.byteCount)
    addNative(operation, [(home.slot, from)], (slot, to)) { arguments throws(InferenceError) in
      unsafe braid_copy_rows(
        arguments.input(0).pointer + start * unit, stride, arguments.output.pointer, length, runs.outer, length)
    }
    try place(output, slot, layout)
    return true
  }

  /// Quantises planes of real numbers into pixels; false where `x` is nothing like that.
  mutating func quantisePlanes(
    _ x: ValueID, _ output: ValueID, _ home: (slot: Int, layout: MemoryDescriptor), _ layout: MemoryDescriptor,
    _ quantization: Quantization
  ) throws(InferenceError) -> Bool {
    let (from, to) = (try type(x), try type(output))
    guard from.shape.rank == 4, from.elementType == .float32, from.shape.elementCount > 0, from.shape[1] <= 4,
      to.elementType.isQuantised, let planes = MemoryDescriptor(plain: from), home.layout.places(like: planes),
      let pixels = MemoryDescriptor.channelsLast(to.elementType, to.shape.dimensions), layout.places(like: pixels)
    else { return false }
    let (batch, channels, plane) = (from.shape[0], from.shape[1], from.shape[2] * from.shape[3])
    let slot = addSlot(layout.byteCount)
    let isSigned: Int32 = to.elementType == .int8 ? 1 : 0
    addNative("QuantizeLinear", [(home.slot, from)], (slot, to)) { arguments throws(InferenceError) in
      let values = Elements<Float>(arguments.input(0))
      for picture in 0..<batch {
        let offset = picture * channels * plane
        unsafe braid_quantise_planes(
          values.pointer + offset, arguments.output.pointer + offset, channels, plane, 1 / quantization.scale,
          quantization.zeroPoint, isSigned)
      }
    }
    try place(output, slot, layout)
    return true
  }

  /// Copies planes of real numbers or bytes into the pixels of `slot`; false where it is not that copy.
  mutating func interleavePlanes(
    _ id: ValueID, _ home: (slot: Int, layout: MemoryDescriptor), _ slot: Int, _ wanted: MemoryDescriptor
  ) -> Bool {
    guard let type = graph[id].type, type.shape.rank == 4, type.elementType == .float32 || type.elementType.isQuantised,
      (2...4).contains(type.shape[1]),
      type.shape.elementCount > 0, let planes = MemoryDescriptor(plain: type), home.layout.places(like: planes),
      let pixels = MemoryDescriptor.channelsLast(type.elementType, type.shape.dimensions), wanted.places(like: pixels)
    else { return false }
    let (batch, channels, plane) = (type.shape[0], type.shape[1], type.shape[2] * type.shape[3])
    addNative("Reorder", [(home.slot, type)], (slot, type)) { arguments throws(InferenceError) in
      let (from, to) = unsafe (arguments.input(0).pointer, arguments.output.pointer)
      for picture in 0..<batch {
        let offset = picture * channels * plane * type.elementType.byteCount
        if type.elementType == .float32 {
          unsafe braid_interleave_planes(
            (from + offset).assumingMemoryBound(to: Float.self), (to + offset).assumingMemoryBound(to: Float.self),
            channels, plane)
        } else {
          unsafe braid_interleave_byte_planes(
            (from + offset).assumingMemoryBound(to: UInt8.self), (to + offset).assumingMemoryBound(to: UInt8.self),
            channels, plane)
        }
      }
    }
    return true
  }

  /// Lowers a softmax over an axis that is short, or along which neighbours lie apart; false for others.
  mutating func lowerShortSoftmax(_ node: Node) throws(InferenceError) -> Bool {
    guard let x = node.input(0), let output = node.outputs.first ?? nil, graph[x].tensor == nil else { return false }
    let type = try type(x)
    guard type.elementType == .float32, type.shape.elementCount > 0, type.shape.rank <= 6,
      let axis = type.shape.normalise(axis: try node.attributes.int("axis", default: -1)),
      try node.attributes.int("flatten", default: 0) == 0 || axis == type.shape.rank - 1, let home = try dense(x),
      let runs = home.layout.runs(along: axis)
    else { return false }
    let length = type.shape[axis]
    guard (length == 2 && runs.inner == 1 && runs.outer >= 16) || runs.inner >= 16 else { return false }
    let slot = addSlot(type.byteCount)
    addNative("Softmax", [(home.slot, type)], (slot, type)) { arguments throws(InferenceError) in
      let (from, to) = (Elements<Float>(arguments.input(0)), Elements<Float>(arguments.output))
      if runs.inner == 1 {
        unsafe braid_softmax_pairs(from.pointer, to.pointer, runs.outer)
      } else {
        unsafe braid_softmax_columns(from.pointer, to.pointer, runs.outer, length, runs.inner)
      }
    }
    try place(output, slot, home.layout)
    return true
  }
}
