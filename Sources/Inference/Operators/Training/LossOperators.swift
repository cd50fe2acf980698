/// Losses of predictions against classes.
extension OperatorRegistry {
  static let loss: [OperatorDefinition] = [
    OperatorDefinition(
      "NegativeLogLikelihoodLoss",
      infer: { call throws(InferenceError) in
        let geometry = try LossGeometry(call)
        return [try call.type(call.input(0).elementType, geometry.result)]
      }
    ) { call, outputs throws(InferenceError) in
      try Kernel(LikelihoodKernel(geometry: LossGeometry(call), softmax: nil), of: outputs[0].elementType)
    },
    OperatorDefinition(
      "SoftmaxCrossEntropyLoss",
      infer: { call throws(InferenceError) in
        let geometry = try LossGeometry(call)
        return [try call.type(call.input(0).elementType, geometry.result), try call.input(0).type]
      }
    ) { call, outputs throws(InferenceError) in
      let lines = AxisLines(outputs[1].shape, axis: 1)
      return try Kernel(
        LikelihoodKernel(geometry: LossGeometry(call), softmax: SoftmaxKernel(lines: lines, isLogarithmic: true)),
        of: outputs[0].elementType)
    },
  ]
}

/// The shapes and attributes of a loss over operands `[batch, classes, places…]` and targets `[batch, places…]`.
private struct LossGeometry: Sendable {
  enum Summary { case none, sum, mean }

  let classes: Int
  /// Places behind the classes' axis.
  let places: Int
  let summary: Summary
  /// The target that counts for nothing.
  let ignored: Int?
  /// Whether targets are of 64 bits.
  let isWide: Bool
  /// The dimensions of the loss.
  let result: [Int]

  init(_ call: OperatorCall) throws(InferenceError) {
    _ = try call.elementType(0, oneOf: ElementType.reals)
    isWide = try call.elementType(1, oneOf: [.int32, .int64]) == .int64
    let (x, target) = (try call.input(0), try call.input(1).shape)
    guard x.shape.rank >= 2, Array(x.shape.dimensions[..<1] + x.shape.dimensions[2...]) == target.dimensions else {
      throw .shape("targets of shape \(target) do not fit \(x.shape)")
    }
    classes = x.shape[1]
    places = x.shape.product(2..<x.shape.rank)
    if call.has(2) {
      let weights = try call.input(2)
      guard weights.elementType == x.elementType, weights.shape.dimensions == [classes] else {
        throw .shape("weights of shape \(weights.shape) do not fit \(classes) classes")
      }
    }
    switch try call.attributes.string("reduction", default: "mean") {
    case "none": summary = .none
    case "sum": summary = .sum
    case "mean": summary = .mean
    case let other: throw .invalid("reduction \"\(other)\" is unknown")
    }
    ignored = call.attributes["ignore_index"] == nil ? nil : try call.attributes.int("ignore_index", default: 0)
    result = summary == .none ? target.dimensions : []
  }
}

/// `-weight[target] x[target]` at each place, where `x` may first go through a logarithmic softmax.
private struct LikelihoodKernel: RealKernel {
  let geometry: LossGeometry
  let softmax: SoftmaxKernel?

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError) {
    var x = Elements<T>(arguments.input(0))
    if let softmax {
      softmax.compute(x, Elements<T>(arguments.outputs[1]))
      x = Elements<T>(arguments.outputs[1])
    }
    let y = Elements<T>(arguments.outputs[0])
    let weights = arguments.optional(2).map { Elements<T>($0) }
    var (sum, total) = (0.0, 0.0)
    for index in 0..<arguments.input(1).count {
      let target =
        geometry.isWide
        ? Int(Elements<Int64>(arguments.input(1))[index]) : Int(Elements<Int32>(arguments.input(1))[index])
      var (loss, weight) = (0.0, 0.0)
      if target != geometry.ignored {
        guard target >= 0, target < geometry.classes else {
          throw .shape("target \(target) is outside \(geometry.classes) classes")
        }
        weight = weights.map { Double($0[target]) } ?? 1
        let row = index / geometry.places * geometry.classes + target
        loss = -weight * Double(x[row * geometry.places + index % geometry.places])
      }
      if geometry.summary == .none { y[index] = T(loss) }
      sum += loss
      total += weight
    }
    switch geometry.summary {
    case .none: break
    case .sum: y[0] = T(sum)
    case .mean: y[0] = T(sum / total)
    }
  }
}
