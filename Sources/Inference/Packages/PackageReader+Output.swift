internal import BraidCore

/// What a model's outputs mean. A decoder is a case of ``DecoderKind`` and a function that reads its fields.
extension PackageReader {
  private enum DecoderKind: String, CaseIterable {
    case events, keywords, ctc, detections, classification, regression, embedding, mask, audio, raw
  }

  /// Reads `output`.
  ///
  /// - Parameters:
  ///   - field: `output`.
  ///   - inputs: what the model takes, where that is known.
  ///   - labelFile: becomes the file that labels were read from.
  /// - Returns: what is written; `raw` where nothing is, nil where it cannot be told.
  func decoder(
    _ field: DocumentField, inputs: [ModelDescription.Input]?, labelFile: inout String?
  ) -> ModelDescription.Decoder? {
    guard field.isPresent else { return .raw }
    guard let map = field.map() else { return nil }
    let names = DecoderKind.allCases.map(\.rawValue).joined(separator: ", ")
    guard let kind = map["decoder"].required("It is one of \(names)").choice(DecoderKind.self) else { return nil }
    let decoder: ModelDescription.Decoder? =
      switch kind {
      case .events: events(map, &labelFile)
      case .keywords: keywords(map, &labelFile)
      case .ctc: ctc(map, &labelFile)
      case .detections: detections(map, &labelFile)
      case .classification: classification(map, &labelFile)
      case .regression: regression(map)
      case .embedding: embedding(map)
      case .mask: mask(map, &labelFile)
      case .audio: audio(map)
      case .raw: .raw
      }
    map.refuseOthers()
    return decoder
  }

  private func events(_ map: DocumentMap, _ labelFile: inout String?) -> ModelDescription.Decoder? {
    let output = map["name"].required("Name the output with the probability").text()
    let labels = labels(map["labels"], &labelFile)
    let isLabelled = map["labels"].isPresent
    // Events of several kinds are called by their labels.
    let event = isLabelled ? "" : map["event"].required("Give the event a name, or labels for several").text()
    let (activation, ignored): (ModelDescription.Activation, Set<String>) =
      isLabelled ? (self.activation(map), self.ignored(map, labels)) : (.none, [])
    let threshold = fraction(map["threshold"]) ?? 0.5
    let offThreshold = fraction(map["off_threshold"]) ?? min(threshold, 0.35)
    if offThreshold > threshold {
      map["off_threshold"].fault("it is above the threshold", remedy: "Give at most \(threshold)")
    }
    let events = ModelDescription.Events(
      event: event ?? "", shape: map["shape"].choice() ?? .interval, threshold: threshold, offThreshold: offThreshold,
      minimumGapMilliseconds: map["min_gap_ms"].whole(0...60_000) ?? 100,
      minimumOnMilliseconds: map["min_on_ms"].whole(0...60_000) ?? 120,
      minimumOffMilliseconds: map["min_off_ms"].whole(0...60_000) ?? 200,
      paddingMilliseconds: map["pad_ms"].whole(0...60_000) ?? 0, rows: rows(map["rows"]),
      frame: map["frame"].whole(0...63) ?? 0)
    guard let output, event != nil else { return nil }
    guard isLabelled else { return .events(output: output, events) }
    return labels.map {
      .labelledEvents(
        ModelDescription.LabelledEvents(
          output: output, activation: activation, labels: $0, ignored: ignored, events: events))
    }
  }

  /// A number from 0 to 1.
  func fraction(_ field: DocumentField) -> Float? { field.number(0...1).map { Float($0) } }

  /// A number that a Float holds.
  func float(_ field: DocumentField) -> Float? {
    let limit = Double(Float.greatestFiniteMagnitude)
    return field.number(-limit...limit).map { Float($0) }
  }

  /// Names of classes: a list, or a text file in the package with one a line.
  ///
  /// - Parameters:
  ///   - field: the list or the file's name.
  ///   - file: becomes the file's name.
  /// - Returns: at least one; nil where nothing is given or something is wrong.
  func labels(_ field: DocumentField, _ file: inout String?) -> [String]? {
    guard field.isPresent else { return nil }
    if case .list? = field.content {
      let items = field.list() ?? []
      let labels = items.compactMap { item -> String? in
        let label = item.required("Put quotes around it, if it is a word like null").text()
        if let label, let fault = Self.fault(inLabel: label) {
          item.fault(fault, remedy: "Write what people read")
        }
        return label
      }
      if items.isEmpty { field.fault("there is none", remedy: "List them in the model's order") }
      return labels.count == items.count ? labels : nil
    }
    guard let name = fileName(field) else { return nil }
    file = name
    do throws(InferenceError) {
      let bytes = try files.read(name, limit: Self.labelLimit)
      guard String(validating: bytes, as: UTF8.self) != nil else {
        field.fault("\(name) is no UTF-8 text", remedy: "Save it as UTF-8")
        return nil
      }
      let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
      var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
        String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
      }
      while lines.last?.isEmpty == true { lines.removeLast() }
      guard !lines.isEmpty, !lines.contains("") else {
        field.fault("\(name) has an empty line, or nothing at all", remedy: "Write one label a line")
        return nil
      }
      for (number, line) in lines.enumerated() {
        guard let fault = Self.fault(inLabel: line) else { continue }
        field.fault("\(name): line \(number + 1): \(fault)", remedy: "Write what people read")
        return nil
      }
      return lines
    } catch {
      field.fault("\(name): \(error.message)", remedy: error.remedy)
      return nil
    }
  }

  /// What is wrong with a label, which goes to terminals, subtitles and films; nil where nothing is.
  private static func fault(inLabel label: String) -> String? {
    if label.isEmpty { return "it is empty" }
    if label.utf8.count > 1000 { return "it has \(label.utf8.count) bytes, and 1000 are the most" }
    return label.unicodeScalars.contains { $0.properties.generalCategory == .control }
      ? "it has a control character" : nil
  }

  private func rows(_ field: DocumentField) -> [Int] {
    var rows: [Int] = []
    for item in field.list() ?? [] {
      guard let row = item.required().whole(0...99_999) else { continue }
      if let last = rows.last, row <= last {
        item.fault(
          "row \(row) stands behind row \(last)",
          remedy: "Give the values in the order of their rows, and so the rows in ascending order")
      }
      rows.append(row)
    }
    return rows
  }
}
