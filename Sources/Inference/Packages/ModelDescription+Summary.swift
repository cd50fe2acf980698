/// What is described, in a line for people.
extension ModelDescription.Source {
  /// `picture of 320x240, rgb, nchw, 0 to 255, less 127, over 128, stretch`
  public var summary: String {
    switch self {
    case .picture(let picture): return picture.summary
    case .features(let window):
      return "\(window.rows) rows of \(window.feature), \(window.bands) values each, at \(window.sampleRate) Hz, "
        + "every \(window.hopRows) rows\(window.isBandsFirst ? ", bands first" : "")"
    case .samples(let window):
      let context = window.context == 0 ? "" : " after \(window.context) of the window before"
      return "\(window.hop) samples at \(window.sampleRate) Hz\(context)"
    case .results(let window):
      let runs = window.history == 1 ? "last run" : "last \(window.history) runs"
      return "\(window.values) values of each of the \(runs) of \(window.from ?? "another model")"
    case .state(let output): return "what output \(output) gave in the run before"
    case .constant(let value): return "always \(value)"
    }
  }
}

extension ModelDescription.Picture {
  fileprivate var summary: String {
    func text(_ numbers: [Float]) -> String {
      numbers.map { Int(exactly: $0).map { "\($0)" } ?? "\($0)" }.joined(separator: ", ")
    }
    var parts = ["\(width)x\(height)", colour.rawValue, layout.rawValue, "\(text([low])) to \(text([high]))"]
    if mean != [0] { parts.append("less \(text(mean))") }
    if std != [1] { parts.append("over \(text(std))") }
    parts.append(
      fit == .contain ? "contain at the \(anchor.rawValue) on \(text(pad.map { Float($0) }))" : fit.rawValue)
    if frames > 1 { parts.append("the newest \(frames)") }
    return "picture of \(parts.joined(separator: ", "))"
  }
}

extension ModelDescription.Decoder {
  /// `events: speech by output, interval, from 0.5`
  public var summary: String {
    switch self {
    case .raw: "outputs as they are"
    case .events(let output, let events):
      "events: \(events.event) by \(output), \(events.shape.rawValue), from \(events.threshold)"
    case .labelledEvents(let settings):
      "events: \(settings.labels.count - settings.ignored.count) kinds by \(settings.output), "
        + "\(settings.events.shape.rawValue), from \(settings.events.threshold)"
    case .keywords(let settings):
      "keywords: \(settings.labels.filter { !settings.ignored.contains($0) }.joined(separator: ", ")) by \(settings.output), "
        + "from \(settings.threshold)"
    case .ctc(let settings): "ctc: \(settings.labels.count) symbols by \(settings.output)"
    case .detections(let detections):
      "detections: \(detections.labels.isEmpty ? "numbered" : "\(detections.labels.count)") classes by "
        + "\(detections.names.joined(separator: ", ")), from \(detections.threshold)"
    case .classification(let settings):
      "classification: \(settings.labels.isEmpty ? "numbered" : "\(settings.labels.count)") classes by \(settings.output), "
        + "the best \(settings.limit)"
    case .regression(let settings):
      "regression: \(settings.values.map(\.name).joined(separator: ", ")) by \(settings.output)"
    case .embedding(let settings): "embedding: \(settings.output)\(settings.isNormalised ? ", of length 1" : "")"
    case .mask(let settings): "mask: \(settings.labels.count - settings.ignored.count) classes by \(settings.output)"
    case .audio(let settings): "audio: \(settings.output) at \(settings.sampleRate) Hz"
    }
  }
}

extension ModelDescription.Detections {
  /// The outputs with scores and boxes, each once.
  fileprivate var names: [String] {
    var names: [String] = []
    func add(_ name: String) { if !names.contains(name) { names.append(name) } }
    switch source {
    case .selected(let selected):
      add(selected.scores)
      add(selected.boxes)
    case .heads(let heads):
      for head in heads { add(head.scores.output) }
      for head in heads { add(head.boxes.output) }
    }
    return names
  }
}
