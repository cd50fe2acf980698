internal import CKernels
internal import COneDNN

/// What a depthwise convolution of bytes needs at every run, in the order in which it is read.
private struct DepthwiseParameters: Sendable {
  var window: braid_window
  let channels: Int
  let groups: Int
  let line: Int
  let period: Int
  let weights: [Int8]
  let start: [Int32]
  let scale: [Float]
  let offset: [Float]
  let low: Float
  let high: Float
  let zeroPoint: UInt8
  let flip: UInt8
  let isBounded: Bool

  var scratchBytes: Int { (1 + 4 * groups) * line }

  /// Computes `rows` of the result for one picture; `scratch` has `scratchBytes`.
  @unsafe func run(
    _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ scratch: UnsafeMutableRawPointer, rows: Range<Int>
  ) {
    unsafe weights.withUnsafeBufferPointer { weights in
      unsafe start.withUnsafeBufferPointer { start in
        unsafe scale.withUnsafeBufferPointer { scale in
          unsafe offset.withUnsafeBufferPointer { offset in
            var call = unsafe braid_depthwise(
              window: window, channels: channels, groups: groups, line: line, period: period,
              weights: weights.baseAddress, start: start.baseAddress, scale: scale.baseAddress,
              offset: offset.baseAddress, low: low, high: high, zero_point: zeroPoint, flip: flip,
              is_bounded: isBounded ? 1 : 0)
            unsafe braid_depthwise(&call, x, y, scratch, Int64(rows.lowerBound), Int64(rows.upperBound))
          }
        }
      }
    }
  }
}

extension PlanBuilder {
  /// Lowers a depthwise convolution of bytes through the kernel of our own; false where oneDNN is to do it.
  mutating func lowerDepthwise(
    _ node: Node, _ fusion: Fusion, _ core: Node, _ x: ValueID, _ weights: Tensor, _ output: ValueID
  ) throws(InferenceError) -> Bool {
    let (from, to) = (try type(x), try type(output))
    let shape = weights.shape.dimensions
    guard let input = fusion.inputQuantization, let result = fusion.outputQuantization,
      from.elementType.isQuantised, to.elementType.isQuantised, weights.elementType == .int8, shape.count == 4,
      from.shape.elementCount > 0, shape[1] == 1, shape[0] == from.shape[1],
      try core.attributes.int("group", default: 1) == shape[0], node.inputs.count <= 3,
      ["amx", "avx512_vnni"].contains(InferenceLibraries.current.int8Path), braid_depthwise_supported() != 0
    else { return false }
    let call = OperatorCall(node: core, inputs: [Fact(type: from), Fact(type: weights.type)], limits: limits)
    let geometry = try WindowGeometry(call, kernel: Array(shape[2...]))
    guard let bounds = bounds(fusion, result, to.elementType),
      let parameters = parameters(node, fusion, geometry, weights, input, result, from.elementType, bounds),
      let home = try pixels(x), let layout = MemoryDescriptor.channelsLast(to.elementType, to.shape.dimensions)
    else { return false }
    let slot = addSlot(layout.byteCount)
    let batch = from.shape[0]
    let (inputStep, outputStep) = (from.byteCount / batch, to.byteCount / batch)
    let height = geometry.output[0]
    let kernel = Kernel(scratchBytes: parameters.scratchBytes) { arguments, index, count in
      guard let scratch = arguments.scratch else { return }
      let rows = DividedKernel.range(of: height, part: index, of: count)
      for picture in 0..<batch {
        unsafe parameters.run(
          arguments.input(0).pointer + picture * inputStep, arguments.output.pointer + picture * outputStep,
          scratch.pointer + index * parameters.scratchBytes, rows: rows)
      }
    }
    addNative("Conv", kernel, [Place(slot: home.slot, type: from)], [Place(slot: slot, type: to)])
    try place(output, slot, layout)
    return true
  }

  /// The lowest and highest stored value that the result may take; nil where what follows is more than that.
  func bounds(_ fusion: Fusion, _ result: Quantization, _ type: ElementType) -> (Float, Float)? {
    var (lowest, highest): (Float, Float) = type == .int8 ? (-128, 127) : (0, 255)
    let zero = Float(result.zeroPoint)
    for following in fusion.following {
      switch following {
      case .relu: lowest = max(lowest, zero)
      case .clip(let low, let high):
        lowest = max(lowest, min(low / result.scale + zero, highest))
        highest = min(highest, max(high / result.scale + zero, lowest))
      default: return nil
      }
    }
    return (lowest, highest)
  }

  private func parameters(
    _ node: Node, _ fusion: Fusion, _ geometry: WindowGeometry, _ weights: Tensor, _ input: Quantization,
    _ result: Quantization, _ type: ElementType, _ bounds: (Float, Float)
  ) -> DepthwiseParameters? {
    let channels = weights.shape[0]
    let (rows, columns) = (weights.shape[2], weights.shape[3])
    let groups = (rows + 3) / 4
    // Rows reach as far as the last window, or as the picture with what lies before it.
    let reach = (geometry.output[1] - 1) * geometry.strides[1] + (columns - 1) * geometry.dilations[1] + 1
    let line = (max(reach, geometry.before[1] + geometry.input[1]) * channels + 63) / 64 * 64
    var period = (channels + 15) / 16 * 16
    if geometry.strides[1] == 1 {
      period = channels
      while period % 16 != 0 { period += channels }
    }
    guard period <= 1 << 16, line < 1 << 28 else { return nil }
    let isSigned = type == .int8
    let zero = Int(input.zeroPoint) + (isSigned ? 128 : 0)
    guard zero >= 0, zero <= 255 else { return nil }
    let taps = weights.array(of: Int8.self)
    var packed = [Int8](repeating: 0, count: groups * columns * period * 4)
    var start = [Int32](repeating: 0, count: period)
    var (scale, offset) = ([Float](repeating: 0, count: period), [Float](repeating: 0, count: period))
    var bias = [Float](repeating: 0, count: channels)
    if let id = node.input(2) {
      guard let values = graph[id].tensor?.floats, values.count == channels else { return nil }
      bias = scaledBias(values, fusion, factor: 1)
    }
    var largest: Float = 0
    for place in 0..<period where geometry.strides[1] == 1 || place < channels {
      let channel = place % channels
      var (sum, reach) = (0, 0)
      for row in 0..<rows {
        for column in 0..<columns {
          let weight = taps[(channel * rows + row) * columns + column]
          packed[(((row / 4) * columns + column) * period + place) * 4 + row % 4] = weight
          sum += Int(weight)
          reach += abs(Int(weight)) * 255
        }
      }
      let factor = input.scale * fusion.weightScales[fusion.weightScales.count == 1 ? 0 : channel] / result.scale
      let level = bias[channel]
      let whole = level.rounded() == level && abs(level) < 16_777_216
      let stored = whole ? Int(level) : 0
      let constant = stored - zero * sum
      guard let first = Int32(exactly: constant) else { return nil }
      start[place] = first
      scale[place] = factor
      offset[place] = Float(result.zeroPoint) + (whole ? 0 : level * factor)
      largest = max(largest, Float(abs(constant) + reach) * abs(factor) + abs(offset[place]))
    }
    return DepthwiseParameters(
      window: geometry.threeAxes, channels: channels, groups: groups, line: line, period: period, weights: packed,
      start: start, scale: scale, offset: offset, low: bounds.0, high: bounds.1,
      zeroPoint: UInt8(truncatingIfNeeded: Int(input.zeroPoint)), flip: isSigned ? 0x80 : 0, isBounded: largest < 0x1p30
    )
  }
}
