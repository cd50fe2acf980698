/// `DeformConv`: a convolution whose every tap is moved by an offset of its own and read between elements.
extension OperatorRegistry {
  static let deformableConvolution = OperatorDefinition(
    "DeformConv",
    infer: { call throws(InferenceError) in
      let shape = try DeformableConvolution(call)
      return [try call.type(call.input(0).elementType, [shape.batch, shape.filters] + shape.geometry.output)]
    }
  ) { call, outputs throws(InferenceError) in
    try DeformableConvolution(call).kernel(outputs[0].elementType)
  }
}

private struct DeformableConvolution: RealKernel {
  let geometry: WindowGeometry
  let batch: Int
  let channels: Int
  let filters: Int
  let groups: Int
  let offsetGroups: Int

  init(_ call: OperatorCall) throws(InferenceError) {
    _ = try call.realType(sharedBy: 1..<5)
    let (x, w, offset) = (try call.input(0).shape, try call.input(1).shape, try call.input(2).shape)
    guard x.rank >= 3, w.rank == x.rank, offset.rank == x.rank else {
      throw .shape("filters of shape \(w) and offsets of shape \(offset) do not fit \(x)")
    }
    geometry = try WindowGeometry(call, kernel: OperatorRegistry.kernelShape(call, w))
    (batch, channels, filters) = (x[0], x[1], w[0])
    groups = try call.attributes.int("group", default: 1)
    offsetGroups = try call.attributes.int("offset_group", default: 1)
    guard groups > 0, offsetGroups > 0, offsetGroups <= max(1, channels), filters % groups == 0,
      w[1].multipliedReportingOverflow(by: groups) == (channels, false), channels % offsetGroups == 0
    else { throw .shape("\(groups) groups and \(offsetGroups) groups of offsets do not fit \(channels) channels") }
    let taps = geometry.kernel.reduce(1, *)
    let (moves, overflow) = taps.multipliedReportingOverflow(by: offsetGroups * geometry.kernel.count)
    guard !overflow, offset.dimensions == [batch, moves] + geometry.output else {
      throw .shape("offsets of shape \(offset) do not fit \(geometry.output) places of \(taps) taps")
    }
    if call.has(3), try call.input(3).shape.elementCount != filters { throw .shape("the bias does not fit") }
    if call.has(4), try call.input(4).shape.dimensions != [batch, taps * offsetGroups] + geometry.output {
      throw .shape("a mask of shape \(try call.input(4).shape) does not fit")
    }
  }

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, w) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.input(1)))
    let offset = Elements<T>(arguments.input(2))
    let bias = arguments.optional(3).map { Elements<T>($0) }
    let mask = arguments.optional(4).map { Elements<T>($0) }
    let y = Elements<T>(arguments.output)
    let axes = geometry.kernel.count
    let (taps, places) = (geometry.kernel.reduce(1, *), geometry.output.reduce(1, *))
    let plane = geometry.input.reduce(1, *)
    let (perGroup, perFilterGroup) = (channels / groups, filters / groups)
    let perOffsetGroup = channels / offsetGroups
    for image in 0..<batch {
      for filter in 0..<filters {
        for place in 0..<places {
          var sum = bias?[filter].real ?? 0
          for inner in 0..<perGroup {
            let channel = filter / perFilterGroup * perGroup + inner
            let base = (image * channels + channel) * plane
            let moves = (image * offsetGroups + channel / perOffsetGroup) * taps
            for tap in 0..<taps {
              let value = sample(x, base, place, tap) { axis in
                offset[((moves + tap) * axes + axis) * places + place].real
              }
              let weight = w[(filter * perGroup + inner) * taps + tap].real
              sum += value * weight * (mask?[(moves + tap) * places + place].real ?? 1)
            }
          }
          y[(image * filters + filter) * places + place] = T(sum)
        }
      }
    }
  }

  /// The plane at `base` where tap `tap` of the window at `place` lies, moved along each axis by `move`: linear between
  /// elements, zero outside.
  private func sample<T: RealElement>(
    _ x: Elements<T>, _ base: Int, _ place: Int, _ tap: Int, _ move: (Int) -> Double
  ) -> Double {
    let axes = geometry.kernel.count
    var result = 0.0
    // Every corner of the cell that holds the point, one bit for each axis.
    for corner in 0..<(1 << axes) {
      var (place, tap, weight, index, step) = (place, tap, 1.0, 0, 1)
      for axis in (0..<axes).reversed() {
        let start = place % geometry.output[axis] * geometry.strides[axis] - geometry.before[axis]
        let position = Double(start + tap % geometry.kernel[axis] * geometry.dilations[axis]) + move(axis)
        place /= geometry.output[axis]
        tap /= geometry.kernel[axis]
        let low = position.rounded(.down)
        let at = corner >> axis & 1 == 1 ? low + 1 : low
        weight *= 1 - abs(position - at)
        guard at >= 0, at < Double(geometry.input[axis]) else {
          weight = 0
          break
        }
        index += Int(at) * step
        step *= geometry.input[axis]
      }
      if weight != 0 { result += weight * x[base + index].real }
    }
    return result
  }
}
