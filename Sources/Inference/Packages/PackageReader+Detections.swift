internal import BraidCore

/// The fields of `detections`.
extension PackageReader {
  private enum BoxWord: String, CaseIterable {
    case corners
    case cornersRowFirst = "corners-row-first"
    case centres
    case leftTopSize = "left-top-size"
    case priors, grid, distribution
  }

  private enum Unit: String, CaseIterable { case picture, pixels }
  /// The most grids, and the most outputs or boxes at a cell: far more than any detector has.
  private static let (levelLimit, headLimit) = (16, 64)

  private enum Order: String, CaseIterable { case first, last }

  func detections(_ map: DocumentMap, _ labelFile: inout String?) -> ModelDescription.Decoder? {
    let isNamed = map["labels"].isPresent
    let labels = labels(map["labels"], &labelFile) ?? (isNamed ? nil : [])
    let encoding = encoding(map)
    let (source, standsAlone) = source(map, encoding)
    let threshold = fraction(map["threshold"]) ?? 0.5
    let overlap = fraction(map["overlap"]) ?? 0.5
    let hasNumbersFirst = map["numbers"].choice(Order.self) == .first
    let activation = map["activation"].choice(ModelDescription.Activation.self) ?? .none
    let combine = map["combine"].choice(ModelDescription.Detections.Objectness.self) ?? .product
    let background = map["background"].flag()
    let isMultiLabel = map["multi_label"].flag() ?? true
    let suppression = map["suppression"].choice(ModelDescription.Detections.Suppression.self)
    let limit = map["limit"].whole(1...1000) ?? 200
    guard let labels, let source, let encoding else { return nil }
    var detections = ModelDescription.Detections(
      source, encoding: encoding, labels: labels, threshold: threshold, overlap: overlap)
    detections.hasNumbersFirst = hasNumbersFirst
    detections.activation = activation
    detections.objectness = combine
    detections.hasBackground = background ?? standsAlone
    detections.isMultiLabel = isMultiLabel
    detections.limit = limit
    if case .selected = source {
      detections.suppression = suppression ?? .none
    } else {
      detections.suppression = suppression ?? .perClass
    }
    return .detections(detections)
  }

  // MARK: Where

  /// Where boxes and scores are, and whether scores stand alone: in an output of their own without objectness.
  private func source(
    _ map: DocumentMap, _ encoding: ModelDescription.BoxEncoding?
  ) -> (ModelDescription.DetectionSource?, standsAlone: Bool) {
    if map["name"].isPresent { return (combined(map, encoding), false) }
    let scores = names(map["scores"].required("Name the output with the scores"))
    let boxes = names(map["boxes"].required("Name the output with the boxes"))
    if map["classes"].isPresent || map["count"].isPresent {
      let selected = ModelDescription.SelectedBoxes(
        boxes: boxes.first ?? "", scores: scores.first ?? "", classes: map["classes"].text(),
        count: map["count"].text(), firstClass: map["first_class"].whole(0...10_000) ?? 0)
      return (boxes.isEmpty || scores.isEmpty ? nil : .selected(selected), false)
    }
    let objectness = names(map["objectness"])
    let landmarks = names(map["landmarks"])
    for (key, list) in [("scores", scores), ("objectness", objectness), ("landmarks", landmarks)]
    where !list.isEmpty && !boxes.isEmpty && list.count != boxes.count {
      map[key].fault(
        "there are \(list.count) outputs, and \(boxes.count) with boxes", remedy: "Name one for each of them")
      return (nil, false)
    }
    guard !boxes.isEmpty, scores.count == boxes.count else { return (nil, false) }
    let heads = boxes.indices.map { place in
      ModelDescription.DetectionHead(
        boxes: ModelDescription.Columns(boxes[place]), scores: ModelDescription.Columns(scores[place]),
        objectness: objectness.isEmpty ? nil : ModelDescription.Columns(objectness[place]),
        landmarks: landmarks.isEmpty ? nil : ModelDescription.Columns(landmarks[place]))
    }
    return (.heads(heads), objectness.isEmpty)
  }

  /// Outputs that have boxes, objectness and scores one after another.
  private func combined(
    _ map: DocumentMap, _ encoding: ModelDescription.BoxEncoding?
  ) -> ModelDescription.DetectionSource? {
    let outputs = names(map["name"])
    let hasObjectness = map["objectness"].flag() ?? false
    var numbers = 4
    if case .distribution(_, let bins) = encoding { numbers = 4 * bins }
    for key in ["scores", "boxes", "landmarks", "classes", "count"] where map[key].isPresent {
      map[key].fault("'name' says that everything is in one output", remedy: "Leave this out, or 'name'")
    }
    guard !outputs.isEmpty else { return nil }
    return .heads(
      outputs.map { name in
        ModelDescription.DetectionHead(
          boxes: ModelDescription.Columns(name, count: numbers),
          scores: ModelDescription.Columns(name, from: numbers + (hasObjectness ? 1 : 0)),
          objectness: hasObjectness ? ModelDescription.Columns(name, from: numbers, count: 1) : nil)
      })
  }

  /// One name, or a list of them; none where something is wrong.
  func names(_ field: DocumentField) -> [String] {
    guard field.isPresent else { return [] }
    if case .list? = field.content {
      let items = list(field, Self.headLimit) ?? []
      if items.isEmpty { field.fault("there is none", remedy: "Name an output") }
      return items.compactMap { $0.required().text() }
    }
    return field.text().map { [$0] } ?? []
  }

  // MARK: What the numbers are

  private func encoding(_ map: DocumentMap) -> ModelDescription.BoxEncoding? {
    let field = map["encoding"]
    let word = field.choice(BoxWord.self)
    if field.isPresent, word == nil { return nil }
    let isInPixels = map["units"].choice(Unit.self) == .pixels
    let strides = (list(map["strides"], Self.levelLimit) ?? []).compactMap { $0.required().whole(1...1024) }
    let bins = map["bins"].whole(2...64) ?? 16
    let priors = map["priors"]
    switch word ?? .corners {
    case .corners: return .places(.corners, isInPixels: isInPixels)
    case .cornersRowFirst: return .places(.cornersRowFirst, isInPixels: isInPixels)
    case .centres: return .places(.centres, isInPixels: isInPixels)
    case .leftTopSize: return .places(.leftTopSize, isInPixels: isInPixels)
    case .priors:
      return self.priors(priors.required("Describe levels with their strides and sizes")).map { .priors($0) }
    case .grid, .distribution:
      guard !strides.isEmpty else {
        map["strides"].fault("there is none", remedy: "Give the distances of the grids' cells: [8, 16, 32]")
        return nil
      }
      return word == .grid ? .grid(strides: strides) : .distribution(strides: strides, bins: bins)
    }
  }

  private func priors(_ field: DocumentField) -> ModelDescription.Priors? {
    guard let map = field.map() else { return nil }
    var levels: [ModelDescription.Priors.Level] = []
    for item in list(map["levels"].required("List the grids"), Self.levelLimit) ?? [] {
      guard let level = item.required().map() else { continue }
      let stride = level["stride"].required().whole(1...1024)
      let sizes = level["sizes"].required("List the boxes at each cell, in pixels")
      let boxes = (list(sizes, Self.headLimit) ?? []).compactMap(size)
      level.refuseOthers()
      if let stride, !boxes.isEmpty { levels.append(ModelDescription.Priors.Level(stride: stride, sizes: boxes)) }
    }
    let centreVariance = map["centre_variance"].number(0.0001...100) ?? 0.1
    let sizeVariance = map["size_variance"].number(0.0001...100) ?? 0.2
    map.refuseOthers()
    return levels.isEmpty
      ? nil
      : ModelDescription.Priors(
        levels: levels, centreVariance: Float(centreVariance), sizeVariance: Float(sizeVariance))
  }

  /// The side of a square, or width and height.
  private func size(_ field: DocumentField) -> ModelDescription.Priors.Level.Size? {
    let limits = 0.01...16_384.0
    guard case .list? = field.content else {
      return field.required().number(limits).map {
        ModelDescription.Priors.Level.Size(width: Float($0), height: Float($0))
      }
    }
    let sides = (field.list() ?? []).compactMap { $0.required().number(limits) }
    guard sides.count == 2 else {
      field.fault("a size is one number or two", remedy: "Write [width, height]")
      return nil
    }
    return ModelDescription.Priors.Level.Size(width: Float(sides[0]), height: Float(sides[1]))
  }
}
