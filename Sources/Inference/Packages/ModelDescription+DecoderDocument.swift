internal import BraidCore

/// The fields of a map under construction.
struct DocumentFields {
  private(set) var list: [(key: String, value: DocumentNode)] = []

  var node: DocumentNode { DocumentNode(map: list) }

  mutating func add(_ key: String, _ value: DocumentNode) { list.append((key: key, value: value)) }
  mutating func add(_ key: String, _ text: String?) { if let text { add(key, ModelDescription.text(text)) } }
  mutating func add(_ key: String, _ number: Int) { add(key, ModelDescription.whole(number)) }
  mutating func add(_ key: String, _ number: Float) { add(key, ModelDescription.number(number)) }
  mutating func add(_ key: String, _ flag: Bool) { add(key, DocumentNode(.flag(flag))) }
  mutating func add(_ key: String, _ texts: [String]) {
    add(key, DocumentNode(.list(texts.map { ModelDescription.text($0) })))
  }
  mutating func add(_ key: String, _ numbers: [Int]) {
    add(key, DocumentNode(.list(numbers.map { ModelDescription.whole($0) })))
  }

  /// One name, or a list of several; nothing where there is none.
  mutating func add(_ key: String, names: [String]) {
    if names.count == 1 { add(key, names[0]) } else if !names.isEmpty { add(key, names) }
  }

  mutating func add(_ activation: ModelDescription.Activation, standard: ModelDescription.Activation = .none) {
    if activation != standard { add("activation", activation.rawValue) }
  }

  mutating func add(ignored labels: Set<String>) { if !labels.isEmpty { add("ignore", labels.sorted()) } }
}

/// What outputs mean, as the fields of `output` in a `braid.json`. ``PackageReader`` reads them.
extension ModelDescription.Decoder {
  /// The fields, `decoder` first.
  var document: DocumentNode {
    var fields = DocumentFields()
    fields.add("decoder", name)
    switch self {
    case .raw: break
    case .events(let output, let events):
      fields.add("name", output)
      fields.add("event", events.event)
      events.write(to: &fields)
    case .labelledEvents(let settings):
      fields.add("name", settings.output)
      fields.add("labels", settings.labels)
      fields.add(ignored: settings.ignored)
      fields.add(settings.activation)
      settings.events.write(to: &fields)
    case .keywords(let settings): settings.write(to: &fields)
    case .ctc(let settings):
      fields.add("name", settings.output)
      fields.add(settings.activation, standard: .softmax)
      fields.add("labels", settings.labels)
      fields.add("blank", settings.blank)
      fields.add("space", settings.space)
      if settings.beam != 1 { fields.add("beam", settings.beam) }
    case .detections(let detections): detections.write(to: &fields)
    case .classification(let settings): settings.write(to: &fields)
    case .regression(let settings):
      fields.add("name", settings.output)
      fields.add("values", DocumentNode(.list(settings.values.map(\.document))))
    case .embedding(let settings):
      fields.add("name", settings.output)
      fields.add("normalised", settings.isNormalised)
    case .mask(let settings):
      fields.add("name", settings.output)
      fields.add("labels", settings.labels)
      fields.add("classes", settings.hasClassesLast ? "last" : "first")
      fields.add(ignored: settings.ignored)
      if let threshold = settings.threshold { fields.add("threshold", threshold) }
    case .audio(let settings):
      fields.add("name", settings.output)
      fields.add("rate", settings.sampleRate)
      if case .spectrum(let length, let hop, let window) = settings.form {
        fields.add("fft", length)
        fields.add("hop", hop)
        fields.add("window", window)
      }
    }
    return fields.node
  }
}

extension ModelDescription.Events {
  fileprivate func write(to fields: inout DocumentFields) {
    fields.add("shape", shape.rawValue)
    fields.add("threshold", threshold)
    fields.add("off_threshold", offThreshold)
    fields.add("min_gap_ms", minimumGapMilliseconds)
    fields.add("min_on_ms", minimumOnMilliseconds)
    fields.add("min_off_ms", minimumOffMilliseconds)
    fields.add("pad_ms", paddingMilliseconds)
    if !rows.isEmpty { fields.add("rows", rows) }
    if frame != 0 { fields.add("frame", frame) }
  }
}

extension ModelDescription.Keywords {
  fileprivate func write(to fields: inout DocumentFields) {
    fields.add("name", output)
    fields.add("labels", labels)
    fields.add(ignored: ignored)
    fields.add(activation)
    fields.add("threshold", threshold)
    fields.add("smoothing_ms", smoothingMilliseconds)
    fields.add("suppression_ms", suppressionMilliseconds)
  }
}

extension ModelDescription.Classification {
  fileprivate func write(to fields: inout DocumentFields) {
    fields.add("name", output)
    fields.add(activation)
    if !labels.isEmpty { fields.add("labels", labels) }
    fields.add("top", limit)
    fields.add("threshold", threshold)
  }
}

extension ModelDescription.Regression.Value {
  fileprivate var document: DocumentNode {
    var fields = DocumentFields()
    fields.add("name", name)
    fields.add("unit", unit)
    if scale != 1 { fields.add("scale", scale) }
    if offset != 0 { fields.add("offset", offset) }
    return fields.node
  }
}

extension ModelDescription.Detections {
  fileprivate func write(to fields: inout DocumentFields) {
    writeSource(to: &fields)
    encoding.write(to: &fields)
    if hasNumbersFirst { fields.add("numbers", "first") }
    fields.add(activation)
    if objectness != .product { fields.add("combine", objectness.rawValue) }
    fields.add("background", hasBackground)
    if !isMultiLabel { fields.add("multi_label", false) }
    if !labels.isEmpty { fields.add("labels", labels) }
    fields.add("threshold", threshold)
    fields.add("overlap", overlap)
    fields.add("suppression", suppression.rawValue)
    fields.add("limit", limit)
  }

  /// Where boxes and scores are.
  private func writeSource(to fields: inout DocumentFields) {
    switch source {
    case .selected(let selected):
      fields.add("scores", selected.scores)
      fields.add("boxes", selected.boxes)
      fields.add("classes", selected.classes)
      fields.add("count", selected.count)
      fields.add("first_class", selected.firstClass)
    case .heads(let heads):
      if let head = heads.first, head.boxes.output == head.scores.output {
        fields.add("name", names: heads.map(\.boxes.output))
        if head.objectness != nil { fields.add("objectness", true) }
        return
      }
      fields.add("scores", names: heads.map(\.scores.output))
      fields.add("boxes", names: heads.map(\.boxes.output))
      fields.add("objectness", names: heads.compactMap { $0.objectness?.output })
      fields.add("landmarks", names: heads.compactMap { $0.landmarks?.output })
    }
  }
}

extension ModelDescription.BoxEncoding {
  fileprivate func write(to fields: inout DocumentFields) {
    switch self {
    case .places(let form, let isInPixels):
      fields.add("encoding", form.rawValue)
      if isInPixels { fields.add("units", "pixels") }
    case .grid(let strides):
      fields.add("encoding", "grid")
      fields.add("strides", strides)
    case .distribution(let strides, let bins):
      fields.add("encoding", "distribution")
      fields.add("strides", strides)
      fields.add("bins", bins)
    case .priors(let priors):
      fields.add("encoding", "priors")
      fields.add("priors", priors.document)
    }
  }
}

extension ModelDescription.Priors {
  fileprivate var document: DocumentNode {
    var fields = DocumentFields()
    let levels = levels.map { level in
      var fields = DocumentFields()
      fields.add("stride", level.stride)
      let sizes = level.sizes.map { size in
        DocumentNode(.list([ModelDescription.number(size.width), ModelDescription.number(size.height)]))
      }
      fields.add("sizes", DocumentNode(.list(sizes)))
      return fields.node
    }
    fields.add("levels", DocumentNode(.list(levels)))
    fields.add("centre_variance", centreVariance)
    fields.add("size_variance", sizeVariance)
    return fields.node
  }
}
