/// What a description says of a model's outputs that cannot be true. Each decoder has a function of its own.
extension ModelDescription {
  func outputFaults(_ shapes: ModelShapes) -> [DescriptionFault] {
    switch decoder {
    case .events(let output, let events): eventFaults(output, events, shapes)
    case .labelledEvents(let settings):
      classFaults(settings.output, settings.labels, shapes, isLast: true) + rowFaults(settings.events)
    case .keywords(let settings): classFaults(settings.output, settings.labels, shapes)
    case .ctc(let settings): classFaults(settings.output, settings.labels, shapes, isLast: true)
    case .detections(let detections): detectionFaults(detections, shapes)
    case .classification(let settings): classFaults(settings.output, settings.labels, shapes)
    case .regression(let settings): regressionFaults(settings, shapes)
    case .embedding(let settings): [outputFault(settings.output, field: "output.name", shapes)].compactMap(\.self)
    case .mask(let settings): [outputFault(settings.output, field: "output.name", shapes)].compactMap(\.self)
    case .audio(let settings): [outputFault(settings.output, field: "output.name", shapes)].compactMap(\.self)
    case .raw: []
    }
  }

  /// Faults of an output of one score for each class; of several steps of them where the classes come last.
  private func classFaults(
    _ output: String, _ labels: [String], _ shapes: ModelShapes, isLast: Bool = false
  ) -> [DescriptionFault] {
    if let fault = outputFault(output, field: "output.name", shapes) { return [fault] }
    guard !labels.isEmpty, let shape = shapes.shape(ofOutput: output) else { return [] }
    let classes = isLast ? shape.dimensions.last ?? 1 : shape.elementCount
    return classes == labels.count ? [] : [Self.labelFault(labels.count, of: classes)]
  }

  private func regressionFaults(_ settings: Regression, _ shapes: ModelShapes) -> [DescriptionFault] {
    if let fault = outputFault(settings.output, field: "output.name", shapes) { return [fault] }
    guard let count = shapes.shape(ofOutput: settings.output)?.elementCount, count != settings.values.count else {
      return []
    }
    return [
      DescriptionFault(
        "output.values", "there are \(settings.values.count), and output '\(settings.output)' has \(count)",
        remedy: "Name each number, in the output's order")
    ]
  }

  /// The fault of an output that the model does not have, or that cannot be read as numbers; nil where all is well.
  func outputFault(_ name: String, field: String, _ shapes: ModelShapes) -> DescriptionFault? {
    guard let info = shapes.outputs.first(where: { $0.name == name }) else {
      return Self.absent("output", name, field: field, of: shapes.outputs)
    }
    if info.form == .tensor, [.float32, .uint8, .int8, .int32, .int64].contains(info.elementType) { return nil }
    return DescriptionFault(
      field, "output '\(name)' is of \(info.elementType), and only float32, uint8, int8, int32 and int64 are read",
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
    return faults + rowFaults(events)
  }

  /// Rows and pictures that are not in what the model takes.
  private func rowFaults(_ events: Events) -> [DescriptionFault] {
    var faults: [DescriptionFault] = []
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
      case .picture, .samples, .results, .state, .constant: break
      }
    }
    return faults
  }

  /// Outputs that there are not, and labels that are too few or too many. Where the numbers of boxes lie is for decoders to check.
  private func detectionFaults(_ settings: Detections, _ shapes: ModelShapes) -> [DescriptionFault] {
    var faults: [DescriptionFault] = []
    for (field, output) in settings.outputs {
      if let fault = outputFault(output, field: field, shapes), !faults.contains(fault) { faults.append(fault) }
    }
    guard faults.isEmpty, case .heads(let heads) = settings.source, let head = heads.first,
      let boxes = shapes.shape(ofOutput: head.boxes.output), let scores = shapes.shape(ofOutput: head.scores.output),
      head.boxes.output != head.scores.output, heads.count == 1, !settings.hasNumbersFirst
    else { return faults }
    guard let numbers = boxes.dimensions.last, numbers > 0, settings.isDistribution || numbers == 4 else {
      return [
        DescriptionFault(
          "output.boxes", "output '\(head.boxes.output)' is \(boxes), and a box has 4 numbers",
          remedy: "Name another output")
      ]
    }
    let count = boxes.elementCount / numbers
    let background = settings.hasBackground ? 1 : 0
    if settings.labels.isEmpty || count * (settings.labels.count + background) == scores.elementCount { return [] }
    guard count > 0, scores.elementCount % count == 0 else {
      return [
        DescriptionFault(
          "output.scores", "output '\(head.scores.output)' is \(scores), and there are \(count) boxes",
          remedy: "Name the output with scores of each box")
      ]
    }
    return [Self.labelFault(settings.labels.count, of: scores.elementCount / count - background)]
  }

  /// Labels that are too few or too many for a model's classes.
  static func labelFault(_ count: Int, of classes: Int) -> DescriptionFault {
    DescriptionFault(
      "output.labels", "there are \(count), too \(count < classes ? "few" : "many") for the model's \(classes) classes",
      remedy: "Give \(classes), in the model's order")
  }
}

extension ModelDescription.Detections {
  fileprivate var isDistribution: Bool { if case .distribution = encoding { true } else { false } }

  /// Every output that is named, with the field that names it.
  fileprivate var outputs: [(field: String, output: String)] {
    var outputs: [(field: String, output: String)] = []
    func add(_ field: String, _ output: String?) {
      if let output { outputs.append((field: "output.\(field)", output: output)) }
    }
    switch source {
    case .selected(let selected):
      add("scores", selected.scores)
      add("boxes", selected.boxes)
      add("classes", selected.classes)
      add("count", selected.count)
    case .heads(let heads):
      for head in heads {
        if head.boxes.output == head.scores.output {
          add("name", head.boxes.output)
          continue
        }
        add("scores", head.scores.output)
        add("boxes", head.boxes.output)
        add("objectness", head.objectness?.output)
        add("landmarks", head.landmarks?.output)
      }
    }
    return outputs
  }
}
