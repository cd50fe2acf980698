internal import BraidCore

/// What a model takes.
extension PackageReader {
  private enum Kind: String, CaseIterable { case picture, features, samples, results, state, constant }

  /// Nil where an input cannot be told from what is written, or there is none.
  func inputs(_ field: DocumentField) -> [ModelDescription.Input]? {
    guard let list = field.list() else { return nil }
    if list.isEmpty { field.fault("there is none", remedy: "Describe each input of the model") }
    var inputs: [ModelDescription.Input] = []
    for item in list {
      guard let map = item.map() else { continue }
      let name = map["name"].required("Give the input's name in the model").text()
      guard
        let kind = map["kind"].required("It is picture, features, samples, results, state or constant").choice(
          Kind.self)
      else { continue }
      let source = source(kind, map)
      map.refuseOthers()
      guard let name, let source else { continue }
      if inputs.contains(where: { $0.name == name }) {
        map["name"].fault("'\(name.prefix(80))' is described twice", remedy: "Describe each input once")
      }
      inputs.append(ModelDescription.Input(name: name, source: source))
    }
    return inputs.count == list.count && !list.isEmpty ? inputs : nil
  }

  private func source(_ kind: Kind, _ map: DocumentMap) -> ModelDescription.Source? {
    switch kind {
    case .picture: return picture(map).map { .picture($0) }
    case .features:
      let feature = map["features"].required("Name a feature, such as log-mel:kaldi").text()
      let bands = map["bands"].required().whole(1...4096)
      let rate = map["rate"].required().whole(1000...384_000)
      let rows = map["rows"].required().whole(1...100_000)
      let hop = map["hop_rows"].whole(1...100_000)
      let isBandsFirst = map["bands_first"].flag() ?? false
      guard let feature, let bands, let rate, let rows else { return nil }
      return .features(
        ModelDescription.FeatureWindow(
          feature: feature, bands: bands, sampleRate: rate, rows: rows, hopRows: hop ?? rows, isBandsFirst: isBandsFirst
        ))
    case .samples:
      let rate = map["rate"].required().whole(1000...384_000)
      let hop = map["hop"].required().whole(1...10_000_000)
      let context = map["context"].whole(0...10_000_000) ?? 0
      guard let rate, let hop else { return nil }
      return .samples(ModelDescription.SampleWindow(sampleRate: rate, hop: hop, context: context))
    case .results:
      let values = map["values"].required("Say how many values a result of the other model has").whole(1...10_000_000)
      let history = map["history"].whole(1...100_000) ?? 1
      let from = map["from"].text()
      if from?.isEmpty == true { map["from"].fault("it names no model", remedy: "Name the model, or leave it out") }
      return values.map { .results(ModelDescription.ResultWindow(values: $0, history: history, from: from)) }
    case .state: return map["from"].required("Name the output that carries it").text().map { .state(from: $0) }
    case .constant: return map["value"].required().whole().map { .constant($0) }
    }
  }

  private func picture(_ map: DocumentMap) -> ModelDescription.Picture? {
    let width = map["width"].required().whole(1...16_384)
    let height = map["height"].required().whole(1...16_384)
    let colour = map["colour"].choice(ModelDescription.Picture.Colour.self) ?? .rgb
    let layout = map["layout"].choice(ModelDescription.Picture.Layout.self) ?? .nchw
    var picture = ModelDescription.Picture(width: width ?? 1, height: height ?? 1, colour: colour, layout: layout)
    picture.fit = map["fit"].choice() ?? .stretch
    if picture.fit == .contain || map["pad"].isPresent || map["anchor"].isPresent { padding(map, &picture) }
    if let range = numbers(map["range"]) {
      if range.count == 2 {
        (picture.low, picture.high) = (range[0], range[1])
      } else {
        map["range"].fault("it has \(range.count) numbers", remedy: "Give what 0 and 255 become: [0, 1]")
      }
    }
    picture.mean = perChannel(map["mean"], colour) ?? [0]
    picture.std = perChannel(map["std"], colour) ?? [1]
    if picture.std.contains(0) {
      map["std"].fault("it has a zero, and is divided by", remedy: "Use numbers other than zero")
    }
    picture.frames = map["frames"].whole(1...64) ?? 1
    return width == nil || height == nil ? nil : picture
  }

  private func padding(_ map: DocumentMap, _ picture: inout ModelDescription.Picture) {
    for key in ["pad", "anchor"] where map[key].isPresent && picture.fit != .contain {
      map[key].fault("it belongs to 'fit: contain'", remedy: "Leave it out, or say 'fit: contain'")
    }
    picture.anchor = map["anchor"].choice() ?? .centre
    guard let values = perChannel(map["pad"], picture.colour) else { return }
    guard values.allSatisfy({ (0...255).contains($0) && $0.rounded() == $0 }) else {
      return map["pad"].fault(
        "it is out of range", remedy: "Give whole numbers from 0 to 255, as of a picture's bytes before 'range'")
    }
    picture.pad = values.map { UInt8($0) }
  }

  /// A list of numbers that a Float holds, or one number.
  private func numbers(_ field: DocumentField) -> [Float]? {
    guard case .list? = field.content else { return float(field).map { [$0] } }
    let items = field.list() ?? []
    let numbers = items.compactMap { float($0.required()) }
    return numbers.count == items.count ? numbers : nil
  }

  private func perChannel(_ field: DocumentField, _ colour: ModelDescription.Picture.Colour) -> [Float]? {
    guard let values = numbers(field) else { return nil }
    if values.count == 1 || values.count == colour.channels { return values }
    let several = colour.channels == 1 ? "" : ", or \(colour.channels)"
    field.fault("it has \(values.count) numbers", remedy: "Give one\(several)")
    return nil
  }
}
