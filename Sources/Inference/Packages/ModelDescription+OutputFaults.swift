/// What a description says of a model's outputs that cannot be true. Each decoder has a function of its own.
extension ModelDescription {
  func outputFaults(_ shapes: ModelShapes) -> [DescriptionFault] {
    switch decoder {
    case .events(let output, let events): eventFaults(output, events, shapes)
    case .detections(let detections): detectionFaults(detections, shapes)
    case .raw: []
    }
  }

  /// The fault of an output that the model does not have, or that cannot be read as numbers; nil where all is well.
  func outputFault(_ name: String, field: String, _ shapes: ModelShapes) -> DescriptionFault? {
    guard let info = shapes.outputs.first(where: { $0.name == name }) else {
      return Self.absent("output", name, field: field, of: shapes.outputs)
    }
    if info.form == .tensor, [.float32, .uint8, .int8].contains(info.elementType) { return nil }
    return DescriptionFault(
      field, "output '\(name)' is of \(info.elementType), and only float32, uint8 and int8 are read",
      remedy: "Name another output, or export the model with this one in float32")
  }

  private func eventFaults(_ output: String, _ events: Events, _ shapes: ModelShapes) -> [DescriptionFault] {
    if let fault = outputFault(output, field: "output.name", shapes) { return [fault] }
    var faults: [DescriptionFault] = []
    let wanted = events.rows.isEmpty ? 1 : events.rows.count
    if let shape = shapes.shape(ofOutput: output), shape.elementCount != wanted {
      faults.append(
        DescriptionFault(
          events.rows.isEmpty ? "output.name" : "output.rows",
          "output '\(output)' has \(shape.elementCount) values, and the description has rows for \(wanted)",
          remedy: "Give one row for each value"))
    }
    for input in inputs {
      switch input.source {
      case .features(let window):
        if let place = events.rows.firstIndex(where: { $0 >= window.rows }) {
          faults.append(
            DescriptionFault(
              "output.rows[\(place)]", "row \(events.rows[place]) is not in a window of \(window.rows) rows",
              remedy: "Give rows from 0 to \(window.rows - 1)"))
        }
      case .picture(let picture) where events.frame >= picture.frames:
        faults.append(
          DescriptionFault(
            "output.frame", "the model takes \(picture.frames) pictures, and there is none of number \(events.frame)",
            remedy: "Give 0 to \(picture.frames - 1)"))
      case .picture, .samples, .state, .constant: break
      }
    }
    return faults
  }

  private func detectionFaults(_ settings: Detections, _ shapes: ModelShapes) -> [DescriptionFault] {
    let faults = [
      outputFault(settings.scores, field: "output.scores", shapes),
      outputFault(settings.boxes, field: "output.boxes", shapes),
    ].compactMap(\.self)
    guard faults.isEmpty, let boxes = shapes.shape(ofOutput: settings.boxes),
      let scores = shapes.shape(ofOutput: settings.scores)
    else { return faults }
    guard boxes.dimensions.last == 4 else {
      return [
        DescriptionFault(
          "output.boxes", "output '\(settings.boxes)' is \(boxes), and a box has 4 numbers",
          remedy: "Name another output")
      ]
    }
    let count = boxes.elementCount / 4
    let classes = settings.labels.count + 1
    if count * classes == scores.elementCount { return [] }
    guard count > 0, scores.elementCount % count == 0 else {
      return [
        DescriptionFault(
          "output.scores", "output '\(settings.scores)' is \(scores), and there are \(count) boxes",
          remedy: "Name the output with scores of each box")
      ]
    }
    return [Self.labelFault(settings.labels.count, of: scores.elementCount / count - 1)]
  }

  /// Labels that are too few or too many for a model's classes.
  static func labelFault(_ count: Int, of classes: Int) -> DescriptionFault {
    DescriptionFault(
      "output.labels", "there are \(count), too \(count < classes ? "few" : "many") for the model's \(classes) classes",
      remedy: "Give \(classes), in the model's order")
  }
}
