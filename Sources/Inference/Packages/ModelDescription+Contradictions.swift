internal import BraidCore

/// Something that a description says and that cannot be true of the model.
public struct DescriptionFault: Hashable, Sendable {
  /// The field: `inputs[0].width`.
  public var field: String
  /// What is wrong, with the values that matter.
  public var message: String
  /// What would be right.
  public var remedy: String

  /// A fault of a field.
  public init(_ field: String, _ message: String, remedy: String) {
    self.field = field
    self.message = message
    self.remedy = remedy
  }
}

/// What a description says that the model contradicts.
extension ModelDescription {
  /// Everything in which the description contradicts a model.
  ///
  /// - Parameters:
  ///   - model: what the file says of inputs and outputs.
  ///   - plan: the model made ready, where it can be: its shapes are more precise.
  /// - Returns: every contradiction, in the order of fields.
  public func contradictions(to model: Model, plan: Plan?) -> [DescriptionFault] {
    let shapes = ModelShapes(model: model, plan: plan)
    var faults = inputFaults(shapes)
    faults += outputFaults(shapes)
    return faults + linkFaults
  }

  /// What is said of detections and crops, and is for other models.
  private var linkFaults: [DescriptionFault] {
    var faults: [DescriptionFault] = []
    if track != nil {
      if case .detections = decoder {
      } else {
        faults.append(
          DescriptionFault(
            "track", "the model detects nothing that could be followed",
            remedy: "Leave it out, or describe the output as detections"))
      }
    }
    let takesPictures = inputs.contains { if case .picture = $0.source { true } else { false } }
    if crops != CropDescription(), !takesPictures {
      faults.append(
        DescriptionFault(
          "crops", "the model takes no picture that could be a crop", remedy: "Leave it out, or describe its picture"))
    }
    return faults
  }

  /// Options that a session of a model needs to take what is described.
  public func sessionOptions(for model: Model) -> SessionOptions {
    var options = SessionOptions()
    for input in inputs {
      let rank = model.inputs.first { $0.name == input.name }?.dimensions.count ?? 2
      switch input.source {
      case .constant(let value): options.constantInputs[input.name] = value
      case .samples(let window):
        options.inputShapes[input.name] = Array(repeating: 1, count: max(0, rank - 1)) + [window.context + window.hop]
      case .features(let window) where window.isBandsFirst:
        options.inputShapes[input.name] = Array(repeating: 1, count: max(0, rank - 2)) + [window.bands, window.rows]
      case .picture, .features, .results, .state: break
      }
    }
    return options
  }

  // MARK: Inputs

  private func inputFaults(_ shapes: ModelShapes) -> [DescriptionFault] {
    var faults: [DescriptionFault] = []
    let named = Set(inputs.map(\.name))
    let missing = shapes.inputs.map(\.name).filter { !named.contains($0) }
    for (place, input) in inputs.enumerated() {
      let field = "inputs[\(place)]"
      guard let info = shapes.inputs.first(where: { $0.name == input.name }) else {
        faults.append(Self.absent("input", input.name, field: "\(field).name", of: shapes.inputs, guesses: missing))
        continue
      }
      if let fault = typeFault(input.source, info, field) { faults.append(fault) }
      if let fault = shapeFault(input, shapes, field) { faults.append(fault) }
      if case .state(let output) = input.source {
        faults += stateFaults(input.name, from: output, shapes, field)
      }
    }
    for name in missing {
      let known = inputs.map(\.name).filter { name in !shapes.inputs.contains { $0.name == name } }
      let guess = Spelling.guess(name, among: known).map { "Is '\($0)' meant for it? " } ?? ""
      faults.append(
        DescriptionFault(
          "inputs", "nothing is said of the model's input '\(name)'", remedy: "\(guess)Describe it in braid.json"))
    }
    return faults
  }

  private func typeFault(_ source: Source, _ info: TensorInfo, _ field: String) -> DescriptionFault? {
    switch source {
    case .state: return nil
    case .constant(let value): return Self.constantFault(value, info, field)
    case .picture, .features, .samples, .results: break
    }
    if info.form == .tensor, [.float32, .uint8, .int8].contains(info.elementType) { return nil }
    return DescriptionFault(
      "\(field).kind", "input '\(info.name)' is of \(info.elementType), and only float32, uint8 and int8 can be fed",
      remedy: "Export the model with an input of float32")
  }

  private static func constantFault(_ value: Int, _ info: TensorInfo, _ field: String) -> DescriptionFault? {
    switch info.elementType {
    case .int64: return nil
    case .int32:
      if Int32(exactly: value) != nil { return nil }
      return DescriptionFault(
        "\(field).value", "input '\(info.name)' is of int32, and \(value) does not fit",
        remedy: "Give \(Int32.min) to \(Int32.max)")
    default:
      return DescriptionFault(
        "\(field).kind", "input '\(info.name)' is of \(info.elementType), and a constant is a whole number",
        remedy: "Export the model with this input of int64, or with the number in it")
    }
  }

  /// What of an input's source does not have as many values as the model takes, or not where it takes them.
  private func shapeFault(_ input: Input, _ shapes: ModelShapes, _ field: String) -> DescriptionFault? {
    guard let shape = shapes.shape(ofInput: input.name) else { return nil }
    let sizes = shape.dimensions
    switch input.source {
    case .picture(let picture):
      let made =
        picture.layout == .nchw
        ? [1, picture.colour.channels * picture.frames, picture.height, picture.width]
        : [1, picture.height, picture.width, picture.colour.channels * picture.frames]
      let count = made.reduce(1, *)
      if sizes.count == 4, shape.elementCount == count {
        let (height, width) = picture.layout == .nchw ? (sizes[2], sizes[3]) : (sizes[1], sizes[2])
        if height == picture.height, width == picture.width { return nil }
      } else if shape.elementCount == count {
        return nil
      }
      return DescriptionFault(
        Self.pictureField(picture, sizes, field),
        "input '\(input.name)' is \(shape), and the description makes \(TensorShape(made).map { "\($0)" } ?? "\(made)")",
        remedy: "Make width, height, colour, layout and frames those of the model")
    case .features(let window) where shape.elementCount != window.rows * window.bands:
      return Self.count(
        input.name, shape, window.rows * window.bands, "\(window.rows) rows of \(window.bands)", "\(field).rows")
    case .samples(let window) where shape.elementCount != window.context + window.hop:
      return Self.count(
        input.name, shape, window.context + window.hop, "\(window.context) and \(window.hop) samples", "\(field).hop")
    case .results(let window) where shape.elementCount != window.history * window.values:
      return Self.count(
        input.name, shape, window.history * window.values, "\(window.history) results of \(window.values)",
        "\(field).history")
    case .features, .samples, .results, .state, .constant: return nil
    }
  }

  private static func count(
    _ name: String, _ shape: TensorShape, _ count: Int, _ words: String, _ field: String
  ) -> DescriptionFault {
    DescriptionFault(
      field, "input '\(name)' is \(shape), which is not the \(count) values that the description makes (\(words))",
      remedy: "Make the description's sizes those of the model")
  }

  /// The field that most likely is the wrong one.
  private static func pictureField(_ picture: Picture, _ sizes: [Int], _ field: String) -> String {
    guard sizes.count == 4 else { return "\(field).width" }
    let other = picture.layout == .nchw ? [sizes[1], sizes[2], sizes[3]] : [sizes[3], sizes[1], sizes[2]]
    if other[0] != picture.colour.channels * picture.frames {
      // Channels where the other layout has them: it is the layout.
      let swapped = picture.layout == .nchw ? sizes[3] : sizes[1]
      if swapped == picture.colour.channels * picture.frames { return "\(field).layout" }
      return picture.frames > 1 ? "\(field).frames" : "\(field).colour"
    }
    return other[1] != picture.height ? "\(field).height" : "\(field).width"
  }

  private func stateFaults(
    _ input: String, from output: String, _ shapes: ModelShapes, _ field: String
  ) -> [DescriptionFault] {
    guard shapes.outputs.contains(where: { $0.name == output }) else {
      return [Self.absent("output", output, field: "\(field).from", of: shapes.outputs)]
    }
    guard let one = shapes.shape(ofInput: input), let other = shapes.shape(ofOutput: output), one != other else {
      return []
    }
    return [
      DescriptionFault(
        "\(field).from", "output '\(output)' is \(other), and input '\(input)' is \(one)",
        remedy: "Name the output that carries this input's state")
    ]
  }

  /// A name that the model does not have.
  static func absent(
    _ kind: String, _ name: String, field: String, of infos: [TensorInfo], guesses: [String]? = nil
  ) -> DescriptionFault {
    let names = infos.map(\.name)
    let guess = Spelling.guess(name, among: guesses ?? names).map { "Did you mean '\($0)'? " } ?? ""
    return DescriptionFault(
      field, "the model has no \(kind) '\(name.prefix(80))'",
      remedy: "\(guess)Its \(kind)s are \(names.joined(separator: ", "))")
  }
}

/// What is known of a model's shapes: its plan's where there is one, else those that its file fixes.
struct ModelShapes {
  let inputs: [TensorInfo]
  let outputs: [TensorInfo]
  private let inputShapes: [String: TensorShape]
  private let outputShapes: [String: TensorShape]

  init(model: Model, plan: Plan?) {
    inputs = model.inputs
    outputs = model.outputs
    func shapes(_ infos: [TensorInfo]) -> [String: TensorShape] {
      Dictionary(infos.compactMap { info in info.shape.map { (info.name, $0) } }) { first, _ in first }
    }
    inputShapes = shapes(plan?.inputs ?? model.inputs)
    outputShapes = shapes(plan?.outputs ?? model.outputs)
  }

  /// Nil where it is not known.
  func shape(ofInput name: String) -> TensorShape? { inputShapes[name] }

  /// Nil where it is not known.
  func shape(ofOutput name: String) -> TensorShape? { outputShapes[name] }
}
