/// Normalisations: elements brought to a common mean and size.
extension OperatorRegistry {
  static let normalisation: [OperatorDefinition] = [
    OperatorDefinition(
      .batchNormalization,
      infer: { call throws(InferenceError) in
        let (x, channels) = try channelled(call, parameters: 1..<5)
        let training = try call.attributes.int("training_mode", default: 0) != 0
        guard !training || x.shape.elementCount > 0 else { throw .shape("a tensor of shape \(x.shape) has no mean") }
        let statistics = try call.type(x.elementType, [channels])
        return training ? call.wanted([x.type, statistics, statistics]) : [x.type]
      }
    ) { call, outputs throws(InferenceError) in
      let (x, channels) = try channelled(call, parameters: 1..<5)
      return BatchNormalisation(
        batch: x.shape.rank > 0 ? x.shape[0] : 1, channels: channels,
        epsilon: Double(try call.attributes.float("epsilon", default: 1e-5)),
        momentum: Double(try call.attributes.float("momentum", default: 0.9)),
        training: try call.attributes.int("training_mode", default: 0) != 0, running: outputs.count - 1
      ).kernel(x.elementType)
    },
    OperatorDefinition(
      "InstanceNormalization",
      infer: { call throws(InferenceError) in [try channelled(call, parameters: 1..<3).x.type] }
    ) { call, outputs throws(InferenceError) in
      let (x, channels) = try channelled(call, parameters: 1..<3)
      return GroupNormalisation(
        groups: channels, channels: channels, perGroup: false,
        epsilon: Double(try call.attributes.float("epsilon", default: 1e-5))
      ).kernel(x.elementType)
    },
    OperatorDefinition(
      "GroupNormalization",
      infer: { call throws(InferenceError) in
        _ = try groups(call)
        return [try call.input(0).type]
      }
    ) { call, outputs throws(InferenceError) in
      let shape = try call.input(0).shape
      return GroupNormalisation(
        groups: try groups(call), channels: shape[1], perGroup: try call.input(1).shape.elementCount != shape[1],
        epsilon: Double(try call.attributes.float("epsilon", default: 1e-5))
      ).kernel(outputs[0].elementType)
    },
    OperatorDefinition(
      "LpNormalization",
      infer: { call throws(InferenceError) in
        _ = try call.elementType(0, oneOf: ElementType.reals)
        let rank = try call.input(0).shape.rank
        _ = try call.axis(call.attributes.int("axis", default: -1), rank: rank)
        let power = try call.attributes.int("p", default: 2)
        guard power == 1 || power == 2 else { throw .unsupported("p is \(power)") }
        return [try call.input(0).type]
      }
    ) { call, outputs throws(InferenceError) in
      let shape = try call.input(0).shape
      let axis = try call.axis(call.attributes.int("axis", default: -1), rank: shape.rank)
      return NormNormalisation(
        size: shape[axis], step: shape.product((axis + 1)..<shape.rank),
        squared: try call.attributes.int("p", default: 2) == 2
      ).kernel(outputs[0].elementType)
    },
    OperatorDefinition(
      "LRN",
      infer: { call throws(InferenceError) in
        _ = try call.elementType(0, oneOf: ElementType.reals)
        guard try call.input(0).shape.rank >= 2, try call.attributes.int("size", default: 0) > 0 else {
          throw .invalid("it has no channels, or its size is not given")
        }
        return [try call.input(0).type]
      }
    ) { call, outputs throws(InferenceError) in
      let shape = try call.input(0).shape
      return LocalResponseNormalisation(
        channels: shape[1], plane: shape.product(2..<shape.rank), size: try call.attributes.int("size", default: 1),
        alpha: Double(try call.attributes.float("alpha", default: 0.0001)),
        beta: Double(try call.attributes.float("beta", default: 0.75)),
        bias: Double(try call.attributes.float("bias", default: 1))
      ).kernel(outputs[0].elementType)
    },
    layerNormalisation("LayerNormalization", centred: true),
    layerNormalisation("RMSNormalization", centred: false),
    layerNormalisation("SimplifiedLayerNormalization", centred: false),
    layerNormalisation("com.microsoft:SimplifiedLayerNormalization", centred: false),
    layerNormalisation("com.microsoft:LayerNormalization", centred: true),
    skipNormalisation("com.microsoft:SkipLayerNormalization", centred: true),
    skipNormalisation("com.microsoft:SkipSimplifiedLayerNormalization", centred: false),
    embeddingNormalisation,
  ]

  /// Operand 0 and its channels, for each of which the operands of `parameters` have an element.
  private static func channelled(
    _ call: OperatorCall, parameters: Range<Int>
  ) throws(InferenceError) -> (x: Fact, channels: Int) {
    let x = try call.input(0)
    let channels = x.shape.rank > 1 ? x.shape[1] : 1
    _ = try call.realType(sharedBy: parameters)
    for index in parameters where try call.input(index).shape.elementCount != channels {
      throw .shape("input \(index) does not have \(channels) elements")
    }
    return (x, channels)
  }

  /// The groups of a `GroupNormalization`.
  private static func groups(_ call: OperatorCall) throws(InferenceError) -> Int {
    let shape = try call.input(0).shape
    _ = try call.realType(sharedBy: 1..<3)
    let groups = try call.attributes.int("num_groups", default: 0)
    guard shape.rank >= 2, groups > 0, groups <= max(1, shape[1]), shape[1] % groups == 0 else {
      throw .shape("\(groups) groups do not fit a tensor of shape \(shape)")
    }
    for index in 1..<3 {
      let count = try call.input(index).shape.elementCount
      guard count == shape[1] || count == groups, try count == call.input(1).shape.elementCount else {
        throw .shape("input \(index) has neither \(shape[1]) nor \(groups) elements")
      }
    }
    return groups
  }
}

/// Each channel by a mean and variance of its own: those given, or in training those of the batch, which then move
/// the given ones.
private struct BatchNormalisation: RealKernel {
  let batch: Int
  let channels: Int
  let epsilon: Double
  let momentum: Double
  let training: Bool
  /// How many of the running mean and variance are results.
  let running: Int

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    let (scale, bias) = (Elements<T>(arguments.input(1)), Elements<T>(arguments.input(2)))
    let (means, variances) = (Elements<T>(arguments.input(3)), Elements<T>(arguments.input(4)))
    let plane = x.count / max(1, batch * channels)
    for channel in 0..<channels {
      var (mean, variance) = (means[channel].real, variances[channel].real)
      if training {
        let given = (mean, variance)
        var (sum, squares) = (0.0, 0.0)
        for image in 0..<batch { sum += T.sum(x, range(image, channel, plane)) }
        mean = sum / Double(batch * plane)
        for image in 0..<batch { squares += T.squares(x, range(image, channel, plane), around: mean) }
        variance = squares / Double(batch * plane)
        if running > 0 {
          Elements<T>(arguments.outputs[1])[channel] = T(given.0 * momentum + mean * (1 - momentum))
        }
        if running > 1 {
          Elements<T>(arguments.outputs[2])[channel] = T(given.1 * momentum + variance * (1 - momentum))
        }
      }
      let factor = scale[channel].real / (variance + epsilon).squareRoot()
      for image in 0..<batch {
        T.map(x, y, range(image, channel, plane), mean: mean, factor: factor, shift: bias[channel].real)
      }
    }
  }

  private func range(_ image: Int, _ channel: Int, _ plane: Int) -> Range<Int> {
    let start = (image * channels + channel) * plane
    return start..<(start + plane)
  }
}

/// Each group of channels of each element of a batch by its own mean and variance.
private struct GroupNormalisation: RealKernel {
  let groups: Int
  let channels: Int
  /// Whether scale and bias are given for each group, not for each channel.
  let perGroup: Bool
  let epsilon: Double

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    let (scale, bias) = (Elements<T>(arguments.input(1)), Elements<T>(arguments.input(2)))
    let width = channels / max(1, groups)
    guard x.count > 0 else { return }
    let batch = Elements<T>.batch(arguments.input(0))
    let plane = x.count / (batch * channels)
    for group in 0..<(batch * groups) {
      let start = group * width * plane
      let (mean, variance) = T.moments(x, start..<(start + width * plane))
      let factor = 1 / (variance + epsilon).squareRoot()
      for channel in 0..<width {
        let index = perGroup ? group % groups : group % groups * width + channel
        let from = start + channel * plane
        T.map(
          x, y, from..<(from + plane), mean: mean, factor: factor * scale[index].real, shift: bias[index].real)
      }
    }
  }
}

extension Elements {
  /// The outermost dimension of `tensor`.
  fileprivate static func batch(_ tensor: HostTensor) -> Int { tensor.shape.dimensions.first ?? 1 }
}

/// Each line along an axis divided by its norm; a line of zeros stays.
private struct NormNormalisation: RealKernel {
  let size: Int
  let step: Int
  /// Whether the norm is the root of the sum of squares; else it is the sum of magnitudes.
  let squared: Bool

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    for line in 0..<(size == 0 ? 0 : x.count / size) {
      let base = line / step * step * size + line % step
      var norm = 0.0
      for i in 0..<size {
        let value = x[base + i * step].real
        norm += squared ? value * value : abs(value)
      }
      if squared { norm = norm.squareRoot() }
      for i in 0..<size { y[base + i * step] = norm == 0 ? 0 : T(x[base + i * step].real / norm) }
    }
  }
}
