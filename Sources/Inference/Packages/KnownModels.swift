/// Descriptions of models that carry none, found by the names and shapes of their inputs and outputs.
public enum KnownModels {
  /// The description of a bare model.
  ///
  /// - Returns: the description, with a sentence for the user about what was taken for granted.
  /// - Throws: ``InferenceError``, code `undescribed-model`, where the inputs cannot be guessed.
  public static func description(of model: Model, path: String) throws(InferenceError) -> (
    ModelDescription, note: String
  ) {
    let name = fileName(path)
    if let known = sileroVAD(model, name) {
      return (known, "Silero voice activity: 16 kHz, 512 samples a window after 64 of context, carried state")
    }
    if let known = sound(model, name) { return (known.description, known.note) }
    guard model.inputs.count == 1, let input = model.inputs.first, let picture = picture(input) else {
      let inputs = model.inputs.map { "\($0.name) \($0.elementType) \(shapeText($0))" }.joined(separator: ", ")
      throw InferenceError(
        .undescribedModel, "it cannot be guessed what to feed the model's inputs (\(inputs))", location: path,
        remedy: "Put a braid.json beside it that describes them (docs/model-packages.md)")
    }
    let model = resolved(model)
    if let known = ultraFace(model, name, picture) {
      return (known, "UltraFace: RGB less 127 over 128, faces from 0.7 on")
    }
    if let known = detector(model, name, picture) ?? classifier(model, name, picture) {
      return (known.description, known.note)
    }
    let range = "\(Int(picture.low)) to \(Int(picture.high))"
    let description = ModelDescription(
      name: name, version: "0.0.0",
      inputs: [ModelDescription.Input(name: input.name, source: .picture(picture))], decoder: .raw)
    return (
      description,
      "a picture of \(picture.width)x\(picture.height), \(picture.colour.rawValue), \(range), stretched, "
        + "\(picture.layout.rawValue); outputs as they are"
    )
  }

  /// The same with shapes for outputs that the file leaves open: those that they have for one of what the model takes. As it is
  /// where nothing is open, or where they depend on the data.
  private static func resolved(_ model: Model) -> Model {
    let isOpen = model.outputs.contains { info in
      !info.isRankKnown || info.dimensions.dropFirst().contains { if case .symbolic = $0 { true } else { false } }
    }
    guard isOpen, let plan = try? Plan(model), plan.outputs.count == model.outputs.count else { return model }
    var resolved = model
    resolved.outputs = plan.outputs
    return resolved
  }

  /// `yolox_nano` for `/models/yolox_nano.onnx`.
  private static func fileName(_ path: String) -> String {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    return last.hasSuffix(".onnx") ? String(last.dropLast(5)) : last
  }

  private static func shapeText(_ info: TensorInfo) -> String {
    let dimensions = info.dimensions.map { dimension in
      switch dimension {
      case .fixed(let size): "\(size)"
      case .symbolic(let name): name.isEmpty ? "?" : name
      }
    }
    return "[\(dimensions.joined(separator: ", "))]"
  }

  static func fixed(_ info: TensorInfo) -> [Int?] {
    info.dimensions.map { if case .fixed(let size) = $0 { size } else { nil } }
  }

  /// Four dimensions, a batch of one or of any size, 1 or 3 channels first or last, and sides of at least 16.
  private static func picture(_ input: TensorInfo) -> ModelDescription.Picture? {
    let shape = fixed(input)
    guard shape.count == 4, shape[0] == nil || shape[0] == 1 else { return nil }
    let isColourCount = { (size: Int?) in size == 1 || size == 3 }
    var picture: ModelDescription.Picture
    if isColourCount(shape[1]), let channels = shape[1], let height = shape[2], let width = shape[3] {
      picture = ModelDescription.Picture(
        width: width, height: height, colour: channels == 1 ? .gray : .rgb, layout: .nchw)
    } else if isColourCount(shape[3]), let channels = shape[3], let height = shape[1], let width = shape[2] {
      picture = ModelDescription.Picture(
        width: width, height: height, colour: channels == 1 ? .gray : .rgb, layout: .nhwc)
    } else {
      return nil
    }
    guard (16...8192).contains(picture.width), (16...8192).contains(picture.height) else { return nil }
    switch input.elementType {
    case .float32: return picture
    // Whole numbers whose scale is known are quantised from 0 to 1; without one bytes are taken as they are, less 128
    // where they have a sign.
    case .int8:
      if input.quantization == nil { (picture.low, picture.high) = (-128, 127) }
      return picture
    case .uint8:
      if input.quantization == nil { picture.high = 255 }
      return picture
    default: return nil
    }
  }

  private static func ultraFace(
    _ model: Model, _ name: String, _ picture: ModelDescription.Picture
  ) -> ModelDescription? {
    guard picture.layout == .nchw, picture.colour == .rgb, Set(model.outputs.map(\.name)) == ["scores", "boxes"],
      let boxes = model.outputs.first(where: { $0.name == "boxes" }), boxes.dimensions.count == 3,
      fixed(boxes)[2] == 4, let input = model.inputs.first
    else { return nil }
    // The model comes in two exports: one ends with boxes, one with what the boxes are computed from.
    let encoding: ModelDescription.BoxEncoding =
      model.operatorCounts["Exp"] != nil
      ? .corners
      : .priors(
        ModelDescription.Priors(
          levels: [(8, [10, 16, 24]), (16, [32, 48]), (32, [64, 96]), (64, [128, 192, 256])].map {
            ModelDescription.Priors.Level(stride: $0.0, sides: $0.1)
          }))
    var picture = picture
    (picture.low, picture.high) = (0, 255)
    picture.mean = [127]
    picture.std = [128]
    return ModelDescription(
      name: name, version: "0.0.0",
      inputs: [ModelDescription.Input(name: input.name, source: .picture(picture))],
      decoder: .detections(
        ModelDescription.Detections(
          scores: "scores", boxes: "boxes", encoding: encoding, labels: ["face"], threshold: 0.7, overlap: 0.3)))
  }

  private static func sileroVAD(_ model: Model, _ name: String) -> ModelDescription? {
    guard Set(model.inputs.map(\.name)) == ["input", "state", "sr"],
      Set(model.outputs.map(\.name)) == ["output", "stateN"]
    else { return nil }
    return ModelDescription(
      name: name, version: "0.0.0",
      inputs: [
        ModelDescription.Input(
          name: "input", source: .samples(ModelDescription.SampleWindow(sampleRate: 16_000, hop: 512, context: 64))),
        ModelDescription.Input(name: "state", source: .state(from: "stateN")),
        ModelDescription.Input(name: "sr", source: .constant(16_000)),
      ],
      decoder: .events(
        output: "output",
        ModelDescription.Events(
          event: "speech", shape: .interval, threshold: 0.5, offThreshold: 0.35, minimumGapMilliseconds: 100,
          minimumOnMilliseconds: 250, minimumOffMilliseconds: 100, paddingMilliseconds: 30, rows: [], frame: 0)))
  }
}
