/// Classifiers that are known by what they take and give.
extension KnownModels {
  /// A classifier whose one input is a picture.
  static func classifier(_ model: Model, _ name: String, _ picture: ModelDescription.Picture) -> Known? {
    guard model.outputs.count == 1, let output = model.outputs.first, picture.frames == 1 else { return nil }
    let classes = fixed(output).dropFirst().reduce(1) { ($1 ?? 0) * $0 }
    let side = (picture.width, picture.height)
    switch (side.0, side.1, picture.colour, classes) {
    case (64, 64, .gray, 7): return feelings(model, name, picture, output)
    case (96, 96, .rgb, 2): return person(model, name, picture, output)
    case (128..., 128..., .rgb, 1000), (128..., 128..., .rgb, 1001):
      return imageNet(model, name, picture, output, classes)
    default: return nil
    }
  }

  /// A picture as torchvision's and ONNX's model zoo's models take it: 0 to 1, less ImageNet's mean, over its deviation.
  static func imageNet(_ picture: ModelDescription.Picture) -> ModelDescription.Picture {
    var picture = picture
    (picture.low, picture.high) = (0, 1)
    picture.mean = [0.485, 0.456, 0.406]
    picture.std = [0.229, 0.224, 0.225]
    return picture
  }

  /// mini-XCEPTION of oarriaga/face_classification.
  private static func feelings(
    _ model: Model, _ name: String, _ picture: ModelDescription.Picture, _ output: TensorInfo
  ) -> Known {
    var picture = picture
    (picture.low, picture.high) = (-1, 1)
    var decoder = ModelDescription.Classification(
      output: output.name, activation: activation(model), labels: KnownLabels.feelings)
    decoder.limit = KnownLabels.feelings.count
    return (
      described(model, name, picture, .classification(decoder)),
      "mini-XCEPTION: a face in gray, -1 to 1; the seven feelings of FER-2013"
    )
  }

  /// Person detection of MLPerf Tiny.
  private static func person(
    _ model: Model, _ name: String, _ picture: ModelDescription.Picture, _ output: TensorInfo
  ) -> Known {
    let decoder = ModelDescription.Classification(
      output: output.name, activation: activation(model), labels: ["no person", "person"])
    return (
      described(model, name, picture, .classification(decoder)),
      "MLPerf Tiny visual wake words: RGB, \(Int(picture.low)) to \(Int(picture.high)); a person or none"
    )
  }

  /// MobileNet, ResNet and others with ImageNet's classes.
  private static func imageNet(
    _ model: Model, _ name: String, _ picture: ModelDescription.Picture, _ output: TensorInfo, _ classes: Int
  ) -> Known {
    var picture = picture
    let range: String
    if picture.layout == .nchw {
      picture = imageNet(picture)
      range = "less ImageNet's mean over its deviation"
    } else {
      (picture.low, picture.high) = (-1, 1)
      range = "-1 to 1"
    }
    picture.fit = .cover
    let labels = classes == 1000 ? KnownLabels.imageNet : ["background"] + KnownLabels.imageNet
    let decoder = ModelDescription.Classification(
      output: output.name, activation: activation(model), labels: labels)
    return (
      described(model, name, picture, .classification(decoder)),
      "ImageNet classifier: RGB \(range), the middle of the picture; \(classes) classes"
    )
  }

  /// What is still to be done to scores: nothing where the model has a softmax or a sigmoid.
  static func activation(_ model: Model) -> ModelDescription.Activation {
    model.operatorCounts["Softmax"] != nil || model.operatorCounts["QLinearSoftmax"] != nil
      || model.operatorCounts["Sigmoid"] != nil ? .none : .softmax
  }
}
