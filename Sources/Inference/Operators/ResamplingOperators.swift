/// Changes of resolution.
extension OperatorRegistry {
  static let resampling: [OperatorDefinition] = [
    OperatorDefinition(
      .resize,
      infer: { call throws(InferenceError) in
        let (x, sizes) = (try call.input(0), try resizedDimensions(call))
        return [try call.type(x.elementType, sizes)]
      }
    ) { call, outputs throws(InferenceError) in
      guard try call.attributes.string("mode", default: "nearest") == "nearest" else {
        throw .unsupported("a mode other than nearest")
      }
      let shape = try call.input(0).shape
      let scales = try call.has(2) ? call.input(2).tensor?.floats : nil
      let transform = try call.attributes.string("coordinate_transformation_mode", default: "half_pixel")
      let rounding = try call.attributes.string("nearest_mode", default: "round_prefer_floor")
      var sources: [[Int]] = []
      for axis in 0..<shape.rank {
        let (from, to) = (shape[axis], outputs[0].shape[axis])
        guard from > 0 || to == 0 else { throw .shape("an empty axis cannot be resized to \(to)") }
        let scale = scales.flatMap { $0.count == shape.rank ? $0[axis] : nil } ?? Float(to) / Float(max(1, from))
        var places: [Int] = []
        for place in 0..<to {
          let position: Float
          switch transform {
          case "asymmetric": position = Float(place) / scale
          case "half_pixel": position = (Float(place) + 0.5) / scale - 0.5
          case "pytorch_half_pixel": position = to > 1 ? (Float(place) + 0.5) / scale - 0.5 : 0
          case "align_corners": position = to > 1 ? Float(place) * Float(from - 1) / Float(to - 1) : 0
          default: throw .unsupported("coordinate transformation \(transform)")
          }
          let nearest: Float
          switch rounding {
          case "floor": nearest = position.rounded(.down)
          case "ceil": nearest = position.rounded(.up)
          case "round_prefer_ceil": nearest = (position + 0.5).rounded(.down)
          default: nearest = (position - 0.5).rounded(.up)
          }
          places.append(max(0, min(from - 1, nearest.isFinite ? Int(max(-1, min(nearest, 1e9))) : 0)))
        }
        sources.append(places)
      }
      return ByteSize(of: outputs[0].elementType).kernel(
        ResizeKernel(sources: sources, strides: shape.strides))
    }
  ]

  private struct ResizeKernel: SizedKernel {
    let sources: [[Int]]
    let strides: [Int]

    func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
      var place = 0
      fill(Elements<T>(arguments.input(0)), Elements<T>(arguments.output), axis: 0, offset: 0, place: &place)
    }

    private func fill<T>(_ x: Elements<T>, _ y: Elements<T>, axis: Int, offset: Int, place: inout Int) {
      guard axis < sources.count else {
        y[place] = x[offset]
        place += 1
        return
      }
      for source in sources[axis] {
        fill(x, y, axis: axis + 1, offset: offset + source * strides[axis], place: &place)
      }
    }
  }

  private static func resizedDimensions(_ call: OperatorCall) throws(InferenceError) -> [Int] {
    let shape = try call.input(0).shape
    guard call.attributes["axes"] == nil else { throw .unsupported("resizing of some axes only") }
    if let sizes = try call.integers(3), !sizes.isEmpty {
      guard sizes.count == shape.rank else { throw .shape("\(sizes.count) sizes for \(shape)") }
      return sizes
    }
    guard call.has(2), let scales = try call.input(2).tensor?.floats, scales.count == shape.rank else {
      throw .unsupported("scales that are not constant, one an axis")
    }
    var dimensions: [Int] = []
    for (size, scale) in zip(shape.dimensions, scales) {
      let result = (Float(size) * scale).rounded(.down)
      guard scale > 0, result.isFinite, result < 1e9 else { throw .shape("a scale of \(scale)") }
      dimensions.append(Int(result))
    }
    return dimensions
  }
}
