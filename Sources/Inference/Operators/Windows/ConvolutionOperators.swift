internal import CKernels

/// Convolutions over `[batch, channels, axes…]`.
extension OperatorRegistry {
  static let convolutions: [OperatorDefinition] = [
    OperatorDefinition(
      .conv,
      infer: { call throws(InferenceError) in
        let geometry = try convolution(call)
        let (x, w) = (try call.input(0), try call.input(1))
        return [try call.type(x.elementType, [x.shape[0], w.shape[0]] + geometry.output)]
      }
    ) { call, outputs throws(InferenceError) in
      try convolutionKernel(call, outputs[0].elementType)
    },
    OperatorDefinition(
      "ConvTranspose",
      infer: { call throws(InferenceError) in
        let geometry = try transposedConvolution(call)
        let (x, w) = (try call.input(0), try call.input(1))
        let filters = try call.attributes.int("group", default: 1).multipliedReportingOverflow(by: w.shape[1])
        guard !filters.overflow else { throw .shape("filters of shape \(w.shape) are too many") }
        return [try call.type(x.elementType, [x.shape[0], filters.partialValue] + geometry.output)]
      }
    ) { call, outputs throws(InferenceError) in
      try transposedConvolutionKernel(call, outputs[0].elementType)
    },
    causalConvolution,
    deformableConvolution,
  ]

  /// The geometry of a convolution, checked against the shapes of its operands.
  static func convolution(_ call: OperatorCall) throws(InferenceError) -> WindowGeometry {
    let (x, w) = (try call.input(0), try call.input(1))
    _ = try call.realType(sharedBy: 1..<3)
    guard x.shape.rank >= 3, w.shape.rank == x.shape.rank else {
      throw .shape("filters of shape \(w.shape) do not fit \(x.shape)")
    }
    let groups = try call.attributes.int("group", default: 1)
    guard groups > 0, w.shape[0] % groups == 0, w.shape[0] > 0,
      w.shape[1].multipliedReportingOverflow(by: groups) == (x.shape[1], false)
    else { throw .shape("filters of shape \(w.shape) in \(groups) groups do not fit \(x.shape)") }
    if call.has(2), try call.input(2).shape.dimensions != [w.shape[0]] {
      throw .shape("a bias of shape \(try call.input(2).shape) does not fit \(w.shape[0]) filters")
    }
    return try WindowGeometry(call, kernel: kernelShape(call, w.shape))
  }

  /// The geometry of a transposed convolution, checked against the shapes of its operands.
  private static func transposedConvolution(_ call: OperatorCall) throws(InferenceError) -> WindowGeometry {
    let (x, w) = (try call.input(0), try call.input(1))
    _ = try call.realType(sharedBy: 1..<3)
    let groups = try call.attributes.int("group", default: 1)
    guard x.shape.rank >= 3, w.shape.rank == x.shape.rank, groups > 0, w.shape[0] == x.shape[1],
      x.shape[1] % groups == 0, w.shape[1] > 0
    else { throw .shape("filters of shape \(w.shape) in \(groups) groups do not fit \(x.shape)") }
    if call.has(2), try call.input(2).shape.elementCount != (w.shape[1].multipliedReportingOverflow(by: groups).0) {
      throw .shape("a bias of shape \(try call.input(2).shape) does not fit \(w.shape[1]) filters in \(groups) groups")
    }
    return try WindowGeometry(transposed: call, kernel: kernelShape(call, w.shape))
  }

  static func kernelShape(_ call: OperatorCall, _ filters: TensorShape) throws(InferenceError) -> [Int] {
    let kernel = Array(filters.dimensions[2...])
    if let stated = try call.attributes.ints("kernel_shape"), !stated.isEmpty, stated != kernel {
      throw .shape("kernel_shape \(stated) is not that of the filters \(filters)")
    }
    return kernel
  }

  private static func convolutionKernel(_ call: OperatorCall, _ type: ElementType) throws(InferenceError) -> Kernel {
    let window = try convolution(call).threeAxes
    let (x, w) = (try call.input(0).shape, try call.input(1).shape)
    let sizes = (batch: Int64(x[0]), channels: Int64(w[1]), filters: Int64(w[0]))
    let groups = Int64(try call.attributes.int("group", default: 1))
    return Kernel { arguments in
      unsafe withUnsafePointer(to: window) { window in
        if type == .float64 {
          let bias = arguments.optional(2).map { Elements<Double>($0) }
          unsafe braid_convolution_f64(
            Elements<Double>(arguments.input(0)).pointer, Elements<Double>(arguments.input(1)).pointer, bias?.pointer,
            Elements<Double>(arguments.output).pointer, sizes.batch, groups, sizes.channels, sizes.filters, window)
        } else {
          let bias = arguments.optional(2).map { Elements<Float>($0) }
          unsafe braid_convolution_f32(
            Elements<Float>(arguments.input(0)).pointer, Elements<Float>(arguments.input(1)).pointer, bias?.pointer,
            Elements<Float>(arguments.output).pointer, sizes.batch, groups, sizes.channels, sizes.filters, window)
        }
      }
    }
  }

  private static func transposedConvolutionKernel(
    _ call: OperatorCall, _ type: ElementType
  ) throws(InferenceError) -> Kernel {
    let geometry = try transposedConvolution(call)
    let window = geometry.threeAxes
    let (x, w) = (try call.input(0).shape, try call.input(1).shape)
    let groups = try call.attributes.int("group", default: 1)
    let sizes = (batch: Int64(x[0]), channels: Int64(x[1] / groups), filters: Int64(w[1]))
    let plane = try call.count(geometry.output)
    return Kernel(scratchBytes: plane * MemoryLayout<Double>.stride) { arguments in
      let sums = Elements<Double>(scratch: arguments.scratch, count: plane)
      unsafe withUnsafePointer(to: window) { window in
        if type == .float64 {
          let bias = arguments.optional(2).map { Elements<Double>($0) }
          unsafe braid_transposed_convolution_f64(
            Elements<Double>(arguments.input(0)).pointer, Elements<Double>(arguments.input(1)).pointer, bias?.pointer,
            Elements<Double>(arguments.output).pointer, sums.pointer, sizes.batch, Int64(groups), sizes.channels,
            sizes.filters, window)
        } else {
          let bias = arguments.optional(2).map { Elements<Float>($0) }
          unsafe braid_transposed_convolution_f32(
            Elements<Float>(arguments.input(0)).pointer, Elements<Float>(arguments.input(1)).pointer, bias?.pointer,
            Elements<Float>(arguments.output).pointer, sums.pointer, sizes.batch, Int64(groups), sizes.channels,
            sizes.filters, window)
        }
      }
    }
  }
}
