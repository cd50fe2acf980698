internal import BraidInference

/// Samples from files of arrays: `NAME.npy`, or an array NAME of an `.npz`, for the input of that name, any name for a model's only
/// input. Along its first axis an array holds one sample after another; one of exactly the input's shape is one sample.
struct ArraySamples {
  private(set) var samples: [CalibrationSample] = []
  /// The shape of each input in every sample.
  private(set) var shapes: [String: [Int]] = [:]
  /// For models of one input, the file that each sample is from; else empty.
  private(set) var origins: [String] = []

  /// - Parameters:
  ///   - model: what takes them.
  ///   - files: in order.
  ///   - constants: inputs that need none.
  ///   - limits: bounds on what a file may hold.
  /// - Throws: `InferenceError` for what is no array, ``PipelineError`` for arrays that do not fit.
  init(_ model: Model, _ files: [String], constants: [String: Int], limits: ModelLimits) throws {
    let inputs = model.inputs.filter { constants[$0.name] == nil }
    var parts: [String: [Tensor]] = [:]
    for array in try files.flatMap({ try Self.arrays($0, limits) }) {
      let input = inputs.first { $0.name == array.name } ?? (inputs.count == 1 ? inputs[0] : nil)
      guard let input else {
        throw PipelineError(
          .configuration, "the model has no input '\(array.name)'", location: array.file,
          remedy: "Name arrays after its inputs: \(inputs.map(\.name).joined(separator: ", "))")
      }
      let own = try Self.split(array.tensor, input, array.file)
      parts[input.name, default: []] += own
      origins += own.map { _ in array.file }
    }
    let count = parts.values.map(\.count).min() ?? 0
    for input in inputs {
      guard let own = parts[input.name] else {
        throw PipelineError(
          .configuration, "there is no array for input '\(input.name)'", location: "--calibrate",
          remedy: "Add \(input.name).npy")
      }
      guard own.count == count else {
        throw PipelineError(
          .configuration, "input '\(input.name)' has \(own.count) samples, and another has \(count)",
          location: "--calibrate", remedy: "Give as many for each")
      }
      shapes[input.name] = own.first?.shape.dimensions
    }
    for place in 0..<count { samples.append(CalibrationSample(parts.mapValues { $0[place] })) }
    if inputs.count > 1 { origins = [] }
  }

  /// Whether a file is one of arrays, by its name.
  static func isArray(_ file: String) -> Bool { file.hasSuffix(".npy") || file.hasSuffix(".npz") }

  /// The arrays of a file with the names of their inputs.
  private static func arrays(
    _ file: String, _ limits: ModelLimits
  ) throws(InferenceError) -> [(name: String, file: String, tensor: Tensor)] {
    guard file.hasSuffix(".npz") else {
      let name = file.split(separator: "/").last.map { String($0.dropLast(4)) } ?? file
      return [(name, file, try NPYFile.read(path: file, limits: limits))]
    }
    return try NPZFile.read(path: file, limits: limits).map { ($0.name, file, $0.tensor) }
  }

  /// One sample after another.
  private static func split(_ array: Tensor, _ input: TensorInfo, _ file: String) throws -> [Tensor] {
    func fits(_ dimensions: [Int]) -> Bool {
      dimensions.count == input.dimensions.count
        && zip(dimensions, input.dimensions).allSatisfy { size, wanted in
          if case .fixed(let fixed) = wanted { fixed == size } else { true }
        }
    }
    let dimensions = array.shape.dimensions
    guard array.elementType == input.elementType else {
      throw PipelineError(
        .configuration, "it is of \(array.elementType), and input '\(input.name)' takes \(input.elementType)",
        location: file, remedy: "Save it with that type")
    }
    // A batch of any size is one sample after another; so is one more axis in front.
    let isBatch =
      dimensions.count == input.dimensions.count && !dimensions.isEmpty && fits([1] + dimensions.dropFirst())
    let isStack = !dimensions.isEmpty && fits(Array(dimensions.dropFirst()))
    guard isBatch || isStack || fits(dimensions), array.shape.elementCount > 0 else {
      throw PipelineError(
        .configuration, "its shape \(array.shape) does not fit input '\(input.name)' of \(input.dimensions)",
        location: file, remedy: "Save arrays of the input's shape, or with one more axis for the samples")
    }
    guard isBatch || isStack else { return [array] }
    let inner = isBatch ? [1] + dimensions.dropFirst() : Array(dimensions.dropFirst())
    guard let shape = TensorShape(inner) else { return [] }
    let bytes = array.bytes
    let size = bytes.count / dimensions[0]
    return (0..<dimensions[0]).compactMap { place in
      Tensor(bytes: Array(bytes[place * size..<(place + 1) * size]), elementType: array.elementType, shape: shape)
    }
  }
}
