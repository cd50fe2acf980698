internal import BraidCore

/// The fields of decoders of classes, words, texts, numbers, masks and sound.
extension PackageReader {
  func classification(_ map: DocumentMap, _ labelFile: inout String?) -> ModelDescription.Decoder? {
    let output = output(map, "Name the output with one score for each class")
    var settings = ModelDescription.Classification(
      output: output ?? "", activation: activation(map), labels: labels(map["labels"], &labelFile) ?? [])
    settings.limit = map["top"].whole(1...100) ?? 5
    settings.threshold = fraction(map["threshold"]) ?? 0
    return output == nil ? nil : .classification(settings)
  }

  func keywords(_ map: DocumentMap, _ labelFile: inout String?) -> ModelDescription.Decoder? {
    let output = output(map, "Name the output with one score for each word")
    let labels = labels(map["labels"].required("List the words, and what is no word"), &labelFile)
    var settings = ModelDescription.Keywords(
      output: output ?? "", activation: activation(map), labels: labels ?? [], ignored: ignored(map, labels))
    settings.threshold = fraction(map["threshold"]) ?? 0.5
    settings.smoothingMilliseconds = map["smoothing_ms"].whole(0...60_000) ?? 500
    settings.suppressionMilliseconds = map["suppression_ms"].whole(0...60_000) ?? 1000
    return output == nil || labels == nil ? nil : .keywords(settings)
  }

  func ctc(_ map: DocumentMap, _ labelFile: inout String?) -> ModelDescription.Decoder? {
    let output = output(map, "Name the output with the scores of symbols")
    let labels = labels(map["labels"].required("List the symbols, the blank too"), &labelFile)
    let activation = map["activation"].choice(ModelDescription.Activation.self) ?? .softmax
    let blank = map["blank"].whole(0...100_000) ?? 0
    let space = map["space"].text()
    let beam = map["beam"].whole(1...1000) ?? 1
    if let labels, blank >= labels.count {
      map["blank"].fault("there is no symbol \(blank)", remedy: "Give 0 to \(labels.count - 1)")
    }
    if let space, let labels, !labels.contains(space) {
      map["space"].fault("'\(space.prefix(80))' is none of the labels", remedy: "Give the symbol between words")
    }
    guard let output, let labels else { return nil }
    var settings = ModelDescription.CTC(
      output: output, activation: activation, labels: labels, blank: blank, space: space)
    settings.beam = beam
    return .ctc(settings)
  }

  func regression(_ map: DocumentMap) -> ModelDescription.Decoder? {
    let output = output(map, "Name the output with the numbers")
    let field = map["values"].required("Name each number of the output")
    var values: [ModelDescription.Regression.Value] = []
    let items = field.list() ?? []
    if field.isPresent, items.isEmpty { field.fault("there is none", remedy: "Name each number of the output") }
    for item in items {
      guard let value = item.required().map() else { continue }
      let name = value["name"].required("Say what it is").text()
      let unit = value["unit"].text()
      let (scale, offset) = (float(value["scale"]) ?? 1, float(value["offset"]) ?? 0)
      value.refuseOthers()
      if let name {
        values.append(
          ModelDescription.Regression.Value(name, unit: unit, scale: scale, offset: offset))
      }
    }
    guard let output, !values.isEmpty, values.count == items.count else { return nil }
    return .regression(ModelDescription.Regression(output: output, values: values))
  }

  func embedding(_ map: DocumentMap) -> ModelDescription.Decoder? {
    let output = output(map, "Name the output with the embedding")
    let isNormalised = map["normalised"].flag() ?? false
    return output.map { .embedding(ModelDescription.Embedding(output: $0, isNormalised: isNormalised)) }
  }

  func mask(_ map: DocumentMap, _ labelFile: inout String?) -> ModelDescription.Decoder? {
    let output = output(map, "Name the output with the scores of pixels")
    let labels = labels(map["labels"].required("List the classes of the output"), &labelFile)
    let hasClassesLast = map["classes"].choice(among: ["first", "last"]) == "last"
    let threshold = float(map["threshold"])
    let ignored = ignored(map, labels)
    guard let output, let labels else { return nil }
    return .mask(
      ModelDescription.Mask(
        output: output, hasClassesLast: hasClassesLast, labels: labels, ignored: ignored, threshold: threshold))
  }

  func audio(_ map: DocumentMap) -> ModelDescription.Decoder? {
    let output = output(map, "Name the output with the sound")
    let rate = map["rate"].required("Give samples a second").whole(1000...384_000)
    let length = map["fft"].whole(2...65_536)
    let hop = map["hop"].whole(1...65_536)
    let window = map["window"].text()
    var form = ModelDescription.Audio.Form.samples
    if let length {
      let hop = hop ?? length / 2
      if hop > length - length / 2 {
        map["hop"].fault("windows \(hop) apart do not overlap enough", remedy: "Give at most \(length - length / 2)")
      }
      form = .spectrum(fftLength: length, hop: hop, window: window ?? "hann")
    } else if hop != nil || window != nil {
      map["fft"].fault("the length of the transform is missing", remedy: "Give it, or leave hop and window out")
    }
    guard let output, let rate else { return nil }
    return .audio(ModelDescription.Audio(output: output, sampleRate: rate, form: form))
  }

  // MARK: Fields of several

  func activation(_ map: DocumentMap) -> ModelDescription.Activation { map["activation"].choice() ?? .none }

  /// Labels that nothing is told of: those in `ignore`, or all but those in `only`.
  func ignored(_ map: DocumentMap, _ labels: [String]?) -> Set<String> {
    func chosen(_ key: String) -> [String] {
      (map[key].list() ?? []).compactMap { item in
        guard let name = item.required().text() else { return nil }
        if let labels, !labels.contains(name) {
          let guess = Spelling.guess(name, among: labels).map { "Did you mean '\($0)'? " } ?? ""
          item.fault("'\(name.prefix(80))' is none of the labels", remedy: guess + "Write it as in 'labels'")
        }
        return name
      }
    }
    let (ignore, only) = (chosen("ignore"), chosen("only"))
    if !ignore.isEmpty, !only.isEmpty {
      map["only"].fault("there is 'ignore' too", remedy: "Give one of them")
    }
    return only.isEmpty ? Set(ignore) : Set(labels ?? []).subtracting(only)
  }

  private func output(_ map: DocumentMap, _ remedy: String) -> String? { map["name"].required(remedy).text() }
}
