internal import CKernels
internal import COneDNN

/// What a convolution of bytes over single pixels needs at every run.
private struct PointwiseParameters: Sendable {
  let channels: Int
  let filters: Int
  var rows = 0
  var columns = 0
  var rowStep = 0
  var columnStep = 0
  /// In blocks of 64 filters, the rest at the end: [channels / 4, filters of the block, 4].
  let weights: TensorStorage
  /// [3, filters] of four bytes: where sums start, their scale, their offset.
  let lines: TensorStorage
  var inner: (low: Float, high: Float) = (0, 0)
  var ratio: Float = 1
  var zero: Float = 0
  var addendScale: Float = 0
  var bounds: (low: Float, high: Float)
  var clamps = true
  var rounds = false
  var isSourceSigned = false
  var isSigned = false
  var isAddendSigned = false

  /// Runs on one picture; `y` may be `addend`.
  @unsafe func run(_ x: UnsafeRawPointer, _ addend: UnsafeRawPointer?, _ y: UnsafeMutableRawPointer) {
    let line = filters * MemoryLayout<Float>.stride
    let first = unsafe lines.pointer
    var call = unsafe braid_pointwise(
      channels: channels, filters: filters, rows: rows, columns: columns, row_step: rowStep, column_step: columnStep,
      weights: weights.pointer.assumingMemoryBound(to: Int8.self),
      start: first.assumingMemoryBound(to: Int32.self),
      scale: (first + line).assumingMemoryBound(to: Float.self),
      offset: (first + 2 * line).assumingMemoryBound(to: Float.self), inner_low: inner.low, inner_high: inner.high,
      ratio: ratio, zero: zero, addend_scale: addendScale, low: bounds.low, high: bounds.high, clamps: clamps ? 1 : 0,
      rounds: rounds ? 1 : 0, is_source_signed: isSourceSigned ? 1 : 0, is_signed: isSigned ? 1 : 0,
      addend_flip: isAddendSigned ? 0x80 : 0)
    unsafe braid_pointwise(&call, x, addend, y)
  }
}

/// Convolutions of bytes whose window is one pixel, alone or with a residual sum.
extension PlanBuilder {
  /// Lowers such a convolution through the kernel of our own; false where oneDNN is to do it: where it has matrix units,
  /// or the sizes do not fill vectors.
  mutating func lowerPointwise(
    _ node: Node, _ fusion: Fusion, _ core: Node, _ x: ValueID, _ weights: Tensor, _ output: ValueID
  ) throws(InferenceError) -> Bool {
    let (from, to) = (try type(x), try type(output))
    let shape = weights.shape.dimensions
    guard from.elementType.isQuantised, to.elementType.isQuantised, weights.elementType == .int8, shape.count == 4,
      shape[2] == 1, shape[3] == 1, shape[1] == from.shape[1], shape[0] % 16 == 0, shape[1] % 4 == 0,
      from.shape.elementCount > 0, to.shape.elementCount > 0,
      options.forcedImplementation == nil, InferenceLibraries.current.int8Path == "avx512_vnni",
      braid_pointwise_supported() != 0
    else { return false }
    let call = OperatorCall(node: core, inputs: [Fact(type: from), Fact(type: weights.type)], limits: limits)
    let geometry = try WindowGeometry(call, kernel: Array(shape[2...]))
    guard (geometry.before + geometry.after).allSatisfy({ $0 == 0 }),
      var parameters = try pointwiseParameters(node, fusion, weights, from.elementType, to.elementType),
      let home = try pixels(x), let layout = MemoryDescriptor.channelsLast(to.elementType, to.shape.dimensions)
    else { return false }
    (parameters.rows, parameters.columns) = (geometry.output[0], geometry.output[1])
    parameters.columnStep = geometry.strides[1] * shape[1]
    parameters.rowStep = geometry.strides[0] * from.shape[3] * shape[1]
    let packed = Place(slot: addConstant(parameters.weights), type: weights.type)
    var inputs = [(home.slot, from), (packed.slot, packed.type)]
    var slot = -1
    if node.inputs.count > 3, let addend = node.inputs[3] {
      guard let other = try pixels(addend) else { return false }
      inputs.append((other.slot, try type(addend)))
      // The sum is written over what is added where nobody reads that later.
      let isOriginal = placements[addend]?.slot == other.slot
      if isOriginal, other.slot != home.slot, isLastUse(of: addend, by: output) { slot = other.slot }
    }
    if slot < 0 { slot = addSlot(layout.byteCount) }
    let batch = from.shape[0]
    let (inputStep, outputStep) = (from.byteCount / batch, to.byteCount / batch)
    let outputRow = parameters.columns * shape[0]
    let kernel = Kernel(scratchBytes: 0) { [parameters, hasAddend = inputs.count > 2] arguments, index, count in
      let rows = DividedKernel.range(of: parameters.rows, part: index, of: count)
      var part = parameters
      part.rows = rows.count
      for picture in 0..<batch {
        let (first, result) = (rows.lowerBound * parameters.rowStep, picture * outputStep + rows.lowerBound * outputRow)
        let addend = unsafe hasAddend ? UnsafeRawPointer(arguments.input(2).pointer + result) : nil
        unsafe part.run(
          arguments.input(0).pointer + picture * inputStep + first, addend, arguments.output.pointer + result)
      }
    }
    addNative("Conv", kernel, inputs.map { Place(slot: $0.0, type: $0.1) }, [Place(slot: slot, type: to)])
    try place(output, slot, layout)
    return true
  }

  /// Nil where what follows is something else, or sums could leave 32 bits.
  private func pointwiseParameters(
    _ node: Node, _ fusion: Fusion, _ weights: Tensor, _ source: ElementType, _ target: ElementType
  ) throws(InferenceError) -> PointwiseParameters? {
    guard let input = fusion.inputQuantization, let result = fusion.outputQuantization, !fusion.weightScales.isEmpty
    else { return nil }
    let (filters, channels) = (weights.shape[0], weights.shape[1])
    let line = filters * MemoryLayout<Float>.stride
    guard let packed = TensorStorage(byteCount: filters * channels), let lines = TensorStorage(byteCount: 3 * line)
    else {
      throw .limit("packed weights do not fit the memory")
    }
    let (least, most): (Float, Float) = target == .int8 ? (-128, 127) : (0, 255)
    var parameters = PointwiseParameters(
      channels: channels, filters: filters, weights: packed, lines: lines, bounds: (least, most))
    parameters.isSourceSigned = source == .int8
    parameters.isSigned = target == .int8
    let (step, zero) = (result.scale, Float(result.zeroPoint))
    var (innerStep, innerZero) = (step, zero)
    if node.inputs.count > 3 {
      guard case .stored(let inner, let type)? = fusion.following.first, fusion.following.count <= 3,
        case .addQuantised(_, let addend) = fusion.following[1], let id = node.inputs[3]
      else { return nil }
      let (lowest, highest): (Float, Float) = type == .int8 ? (-128, 127) : (0, 255)
      let own = Float(inner.zeroPoint)
      parameters.isAddendSigned = try self.type(id).elementType == .int8
      parameters.addendScale = addend.scale / step
      let moved = Float(addend.zeroPoint) + (parameters.isAddendSigned ? 128 : 0)
      parameters.zero = zero - moved * parameters.addendScale
      parameters.rounds = isRounded(inner, fusion)
      (innerStep, innerZero) = parameters.rounds ? (inner.scale, 0) : (step, parameters.zero)
      parameters.ratio = inner.scale / step
      let unit = inner.scale / innerStep
      parameters.inner = ((lowest - own) * unit + innerZero, (highest - own) * unit + innerZero)
      if fusion.following.count == 3 {
        guard case .relu = fusion.following[2] else { return nil }
        parameters.bounds.low = max(least, zero)
      }
    } else {
      guard let bounds = bounds(fusion, result, target) else { return nil }
      parameters.bounds = bounds
    }
    guard
      let reach = try fill(parameters, node, fusion, weights, input, step: innerStep, zero: innerZero)
    else { return nil }
    // Saturation bounds the result where it cannot leave 32 bits before.
    let sum = node.inputs.count > 3
    let largest =
      sum
      ? Double(max(abs(parameters.inner.low), abs(parameters.inner.high)) * max(1, parameters.ratio))
        + Double(abs(parameters.zero)) + 256 * Double(parameters.addendScale) : reach
    parameters.clamps = parameters.bounds != (least, most) || !(largest < 0x1p30)
    return parameters
  }

  /// Writes the packed weights and the lines; gives the largest magnitude of a result before it is bounded, nil where a sum
  /// could leave 32 bits or a number is not finite.
  private func fill(
    _ parameters: PointwiseParameters, _ node: Node, _ fusion: Fusion, _ weights: Tensor, _ input: Quantization,
    step: Float, zero: Float
  ) throws(InferenceError) -> Double? {
    let (filters, channels) = (parameters.filters, parameters.channels)
    let taps = weights.array(of: Int8.self)
    var bias = [Float](repeating: 0, count: filters)
    if let id = node.input(2) {
      guard let values = graph[id].tensor?.floats, values.count == filters else { return nil }
      bias = scaledBias(values, fusion, factor: 1)
    }
    let inputZero = Int(input.zeroPoint) + (parameters.isSourceSigned ? 128 : 0)
    let packed = unsafe parameters.weights.pointer.bindMemory(to: Int8.self, capacity: filters * channels)
    let lines = unsafe parameters.lines.pointer
    let line = filters * MemoryLayout<Float>.stride
    let starts = unsafe lines.bindMemory(to: Int32.self, capacity: filters)
    let scales = unsafe (lines + line).bindMemory(to: Float.self, capacity: filters)
    let offsets = unsafe (lines + 2 * line).bindMemory(to: Float.self, capacity: filters)
    var reach = 0.0
    for filter in 0..<filters {
      let first = filter / 64 * 64
      let width = min(64, filters - first)
      var (sum, magnitude) = (0, 0)
      for channel in 0..<channels {
        let weight = taps[filter * channels + channel]
        let place = first * channels + ((channel / 4) * width + filter - first) * 4 + channel % 4
        unsafe packed[place] = weight
        sum += Int(weight)
        magnitude += abs(Int(weight))
      }
      // In single precision and in this order, as the field's other engines round it.
      let factor = input.scale * fusion.weightScales[fusion.weightScales.count == 1 ? 0 : filter] / step
      let level = bias[filter]
      let isWhole = level.rounded() == level && abs(level) < 16_777_216
      guard let start = Int32(exactly: (isWhole ? Int(level) : 0) - inputZero * sum) else { return nil }
      let offset = zero + (isWhole ? 0 : level * factor)
      let largest = abs(Int(start)) + 255 * magnitude
      guard largest <= Int(Int32.max), factor.isFinite, offset.isFinite else { return nil }
      unsafe starts[filter] = start
      unsafe scales[filter] = factor
      unsafe offsets[filter] = offset
      reach = max(reach, Double(largest) * Double(abs(factor)) + Double(abs(offset)))
    }
    return reach
  }
}
