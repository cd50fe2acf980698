/// Detectors that are known by what they give.
extension KnownModels {
  typealias Known = (description: ModelDescription, note: String)

  /// A detector whose one input is a picture.
  static func detector(_ model: Model, _ name: String, _ picture: ModelDescription.Picture) -> Known? {
    yuNet(model, name, picture) ?? selected(model, name, picture) ?? yolox(model, name, picture)
      ?? yoloV8(model, name, picture)
  }

  /// A description of a model with one input.
  static func described(
    _ model: Model, _ name: String, _ picture: ModelDescription.Picture, _ decoder: ModelDescription.Decoder
  ) -> ModelDescription {
    ModelDescription(
      name: name, version: "0.0.0",
      inputs: model.inputs.prefix(1).map { ModelDescription.Input(name: $0.name, source: .picture(picture)) },
      decoder: decoder)
  }

  /// The dimensions of an output, nil for those that are open; none where there is no such output.
  static func shape(_ output: String, of model: Model) -> [Int?] {
    model.outputs.first { $0.name == output }.map(fixed) ?? []
  }

  /// How many cells the grids of these strides have on a picture.
  private static func cells(_ strides: [Int], _ picture: ModelDescription.Picture) -> Int {
    strides.reduce(0) { $0 + ((picture.width + $1 - 1) / $1) * ((picture.height + $1 - 1) / $1) }
  }

  /// YuNet, as libfacedetection exports it: class, objectness, box and landmarks for each of three strides.
  private static func yuNet(_ model: Model, _ name: String, _ picture: ModelDescription.Picture) -> Known? {
    let strides = [8, 16, 32]
    let parts = ["cls", "obj", "bbox", "kps"]
    guard picture.layout == .nchw, picture.colour == .rgb,
      Set(model.outputs.map(\.name)) == Set(parts.flatMap { part in strides.map { "\(part)_\($0)" } })
    else { return nil }
    var picture = picture
    picture.colour = .bgr
    (picture.low, picture.high) = (0, 255)
    (picture.fit, picture.anchor) = (.contain, .corner)
    var detections = ModelDescription.Detections(
      .heads(
        strides.map { stride in
          ModelDescription.DetectionHead(
            boxes: ModelDescription.Columns("bbox_\(stride)"), scores: ModelDescription.Columns("cls_\(stride)"),
            objectness: ModelDescription.Columns("obj_\(stride)"), landmarks: ModelDescription.Columns("kps_\(stride)"))
        }), encoding: .grid(strides: strides), labels: ["face"], threshold: 0.6, overlap: 0.3)
    detections.objectness = .root
    return (
      described(model, name, picture, .detections(detections)),
      "YuNet: BGR 0 to 255, its shape kept, in the left upper corner; faces from 0.6 on with five landmarks"
    )
  }

  /// Detectors that have chosen among their boxes themselves: TensorFlow's object detection, and the SSD of ONNX's model zoo.
  private static func selected(_ model: Model, _ name: String, _ picture: ModelDescription.Picture) -> Known? {
    func output(_ called: String) -> String? {
      model.outputs.first { $0.name == called || $0.name == "\(called):0" }?.name
    }
    if let boxes = output("detection_boxes"), let scores = output("detection_scores"),
      let classes = output("detection_classes")
    {
      var detections = ModelDescription.Detections(
        .selected(
          ModelDescription.SelectedBoxes(
            boxes: boxes, scores: scores, classes: classes, count: output("num_detections"), firstClass: 1)),
        encoding: .places(.cornersRowFirst, isInPixels: false), labels: KnownLabels.cocoNumbers, threshold: 0.5,
        overlap: 0.5)
      detections.suppression = .none
      return (
        described(model, name, picture, .detections(detections)),
        "TensorFlow object detection: RGB, stretched; COCO's 90 numbers as classes from 1, from 0.5 on"
      )
    }
    guard let boxes = output("bboxes"), let scores = output("scores"), let classes = output("labels"),
      picture.layout == .nchw
    else { return nil }
    var detections = ModelDescription.Detections(
      .selected(ModelDescription.SelectedBoxes(boxes: boxes, scores: scores, classes: classes, firstClass: 1)),
      encoding: .corners, labels: KnownLabels.coco, threshold: 0.5, overlap: 0.5)
    detections.suppression = .none
    return (
      described(model, name, imageNet(picture), .detections(detections)),
      "SSD of ONNX's model zoo: RGB less ImageNet's mean over its deviation, stretched; COCO's 80 classes from 1, from 0.5 on"
    )
  }

  /// YOLOX with one output `[1, cells, 5 + classes]`, not decoded.
  private static func yolox(_ model: Model, _ name: String, _ picture: ModelDescription.Picture) -> Known? {
    let strides = [8, 16, 32]
    guard model.outputs.count == 1, let output = model.outputs.first, picture.layout == .nchw, picture.colour == .rgb
    else { return nil }
    let shape = fixed(output)
    let cells = cells(strides, picture)
    // With as many numbers as cells it may be either; it is YOLOv8's that is known by its cells being last.
    guard shape.count == 3, shape[1] == cells, shape[2] != cells, let numbers = shape[2], numbers > 5 else {
      return nil
    }
    var picture = picture
    picture.colour = .bgr
    (picture.low, picture.high) = (0, 255)
    (picture.fit, picture.anchor, picture.pad) = (.contain, .corner, [114])
    var detections = ModelDescription.Detections(
      .heads([
        ModelDescription.DetectionHead(
          boxes: ModelDescription.Columns(output.name, count: 4),
          scores: ModelDescription.Columns(output.name, from: 5),
          objectness: ModelDescription.Columns(output.name, from: 4, count: 1))
      ]), encoding: .grid(strides: strides), labels: numbers == 85 ? KnownLabels.coco : [], threshold: 0.3,
      overlap: 0.45)
    detections.isMultiLabel = false
    return (
      described(model, name, picture, .detections(detections)),
      "YOLOX: BGR 0 to 255, its shape kept, in the left upper corner on 114; "
        + (numbers == 85 ? "COCO's classes" : "\(numbers - 5) classes by number") + " from 0.3 on"
    )
  }

  /// YOLOv8 and 11 with one output `[1, 4 + classes, cells]` of boxes in pixels.
  private static func yoloV8(_ model: Model, _ name: String, _ picture: ModelDescription.Picture) -> Known? {
    guard model.outputs.count == 1, let output = model.outputs.first, picture.layout == .nchw, picture.colour == .rgb
    else { return nil }
    let shape = fixed(output)
    guard shape.count == 3, shape[2] == cells([8, 16, 32], picture), let numbers = shape[1], numbers > 4 else {
      return nil
    }
    var picture = picture
    (picture.fit, picture.pad) = (.contain, [114])
    var detections = ModelDescription.Detections(
      .heads([
        ModelDescription.DetectionHead(
          boxes: ModelDescription.Columns(output.name, count: 4),
          scores: ModelDescription.Columns(output.name, from: 4))
      ]), encoding: .places(.centres, isInPixels: true), labels: numbers == 84 ? KnownLabels.coco : [],
      threshold: 0.25, overlap: 0.7)
    detections.hasNumbersFirst = true
    detections.isMultiLabel = false
    detections.limit = 300
    return (
      described(model, name, picture, .detections(detections)),
      "YOLOv8: RGB 0 to 1, its shape kept, in the middle on 114; "
        + (numbers == 84 ? "COCO's classes" : "\(numbers - 4) classes by number") + " from 0.25 on"
        + (shape[1] == shape[2]
          ? "; an output of \(numbers) by \(numbers) may also be YOLOX's of \(numbers - 5) classes: if it is, say so in a braid.json"
          : "")
    )
  }
}
