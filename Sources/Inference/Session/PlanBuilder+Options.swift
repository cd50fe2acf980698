/// What the options of a session make of a model's inputs.
extension PlanBuilder {
  /// Whether `options` fit the model.
  static func check(_ options: SessionOptions, _ model: Model) throws(InferenceError) {
    guard options.threads >= 1, options.threads <= 1024 else {
      throw InferenceError(.invalidOption, "threads is \(options.threads)", remedy: "Give 1 or more")
    }
    for name in Array(options.inputShapes.keys) + Array(options.constantInputs.keys)
    where !model.inputs.contains(where: { $0.name == name }) {
      throw InferenceError(
        .missingInput, "the model has no input \(name)",
        remedy: "Its inputs are " + model.inputs.map(\.name).joined(separator: ", "))
    }
  }

  static func type(
    of info: TensorInfo, _ options: SessionOptions, _ limits: ModelLimits
  ) throws(InferenceError) -> TensorType {
    var dimensions: [Int] = []
    if let given = options.inputShapes[info.name] {
      let fits =
        (given.count == info.dimensions.count || !info.isRankKnown)
        && zip(given, info.dimensions).allSatisfy { size, dimension in
          if case .fixed(let fixed) = dimension { fixed == size } else { size >= 0 }
        }
      guard fits else {
        throw InferenceError(.shapeMismatch, "shape \(given) does not fit input \(info.name) of \(info.dimensions)")
      }
      dimensions = given
    } else {
      for dimension in info.dimensions {
        switch dimension {
        case .fixed(let size): dimensions.append(size)
        case .symbolic(let name): dimensions.append(options.symbolicDimensions[name] ?? 1)
        }
      }
    }
    guard let shape = TensorShape(dimensions) else { throw .shape("input \(info.name) would have shape \(dimensions)") }
    let type = TensorType(elementType: info.elementType, shape: shape)
    try limits.check(tensor: type)
    return type
  }

  static func constant(_ value: Int, _ type: TensorType, _ name: String) throws(InferenceError) -> Tensor {
    switch type.elementType {
    case .int64:
      let values = [Int64](repeating: Int64(value), count: type.shape.elementCount)
      if let tensor = Tensor(values, shape: type.shape) { return tensor }
    case .int32:
      guard let value = Int32(exactly: value) else {
        throw InferenceError(
          .invalidOption, "input \(name) is of int32, and \(value) does not fit",
          remedy: "Give \(Int32.min) to \(Int32.max)")
      }
      let values = [Int32](repeating: value, count: type.shape.elementCount)
      if let tensor = Tensor(values, shape: type.shape) { return tensor }
    default:
      throw InferenceError(
        .invalidOption, "input \(name) of type \(type.elementType) cannot be made constant",
        remedy: "Only inputs of int64 and int32 can")
    }
    throw .limit("input \(name) does not fit the memory")
  }
}
