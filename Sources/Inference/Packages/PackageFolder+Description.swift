internal import BraidCore

/// From the file's fields to a description, each checked against its range.
extension PackageFolder {
  func description(_ manifest: Manifest) throws(InferenceError) -> ModelDescription {
    let isName = { (character: Character) in
      character.isASCII && (character.isLetter || character.isNumber || "-_.".contains(character))
    }
    guard !manifest.name.isEmpty, manifest.name.allSatisfy(isName) else {
      throw fault("name", "'\(manifest.name)' is no name", remedy: "Use letters, digits, '-', '_' and '.'")
    }
    guard manifest.version.split(separator: ".").count == 3, manifest.version.allSatisfy(isName) else {
      throw fault("version", "'\(manifest.version)' is no version", remedy: "Write it as 1.0.0")
    }
    guard !manifest.inputs.isEmpty else { throw fault("inputs", "there is none", remedy: "Describe each input") }
    var inputs: [ModelDescription.Input] = []
    for (index, input) in manifest.inputs.enumerated() {
      inputs.append(ModelDescription.Input(name: input.name, source: try source(input, "inputs[\(index)]")))
    }
    let decoder: ModelDescription.Decoder = if let output = manifest.output { try self.decoder(output) } else { .raw }
    return ModelDescription(
      name: manifest.name, version: manifest.version, inputs: inputs, decoder: decoder,
      schedule: try schedule(manifest.schedule ?? [:]), crops: try crops(manifest.crops ?? [:]))
  }

  private func crops(_ settings: [String: Setting]) throws(InferenceError) -> CropDescription {
    var crops = CropDescription()
    for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
      if let (message, remedy) = crops.set(name, to: value.text) {
        throw fault("crops.\(name)", message, remedy: remedy)
      }
    }
    return crops
  }

  private func schedule(_ settings: [String: Setting]) throws(InferenceError) -> ModelSchedule {
    var schedule = ModelSchedule()
    for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
      do throws(SchedulingError) {
        try schedule.set(name, to: value.text, location: "schedule")
      } catch {
        throw fault("schedule.\(name)", error.message, remedy: error.remedy)
      }
    }
    return schedule
  }

  private func source(_ input: Input, _ field: String) throws(InferenceError) -> ModelDescription.Source {
    switch input.kind {
    case "picture": return .picture(try picture(input, field))
    case "features":
      return .features(
        ModelDescription.FeatureWindow(
          feature: try required(input.features, "\(field).features"),
          bands: try number(input.bands, 1...4096, "\(field).bands"),
          sampleRate: try number(input.rate, 1000...384_000, "\(field).rate"),
          rows: try number(input.rows, 1...100_000, "\(field).rows"),
          hopRows: try number(input.hopRows ?? input.rows, 1...100_000, "\(field).hop_rows")))
    case "samples":
      return .samples(
        ModelDescription.SampleWindow(
          sampleRate: try number(input.rate, 1000...384_000, "\(field).rate"),
          hop: try number(input.hop, 1...10_000_000, "\(field).hop"),
          context: try number(input.context ?? 0, 0...10_000_000, "\(field).context")))
    case "state": return .state(from: try required(input.from, "\(field).from"))
    case "constant": return .constant(try required(input.value, "\(field).value"))
    default:
      throw fault(
        "\(field).kind", "'\(input.kind)' is not known", remedy: "It is picture, features, samples, state or constant")
    }
  }

  private func picture(_ input: Input, _ field: String) throws(InferenceError) -> ModelDescription.Picture {
    var picture = ModelDescription.Picture(
      width: try number(input.width, 1...16_384, "\(field).width"),
      height: try number(input.height, 1...16_384, "\(field).height"),
      colour: try choice(input.colour ?? "rgb", "\(field).colour"),
      layout: try choice(input.layout ?? "nchw", "\(field).layout"))
    guard (input.fit ?? "stretch") == "stretch" else {
      throw fault("\(field).fit", "'\(input.fit ?? "")' is not known", remedy: "It is stretch")
    }
    if let range = input.range {
      guard range.count == 2, range.allSatisfy(\.isFinite) else {
        throw fault("\(field).range", "it is not two numbers", remedy: "Write it as [0, 1]")
      }
      picture.low = range[0]
      picture.high = range[1]
    }
    picture.mean = try perChannel(input.mean ?? [0], picture, "\(field).mean")
    picture.std = try perChannel(input.std ?? [1], picture, "\(field).std")
    guard picture.std.allSatisfy({ $0 != 0 }) else {
      throw fault("\(field).std", "it has a zero, and is divided by", remedy: "Use numbers other than zero")
    }
    picture.frames = try number(input.frames ?? 1, 1...64, "\(field).frames")
    return picture
  }

  private func perChannel(
    _ values: [Float], _ picture: ModelDescription.Picture, _ field: String
  ) throws(InferenceError) -> [Float] {
    guard values.count == 1 || values.count == picture.colour.channels, values.allSatisfy(\.isFinite) else {
      throw fault(field, "it has \(values.count) numbers", remedy: "Give one, or \(picture.colour.channels)")
    }
    return values
  }

  private func decoder(_ output: Output) throws(InferenceError) -> ModelDescription.Decoder {
    switch output.decoder {
    case "events":
      let threshold = try fraction(output.threshold ?? 0.5, "output.threshold")
      let offThreshold = try fraction(output.offThreshold ?? min(threshold, 0.35), "output.off_threshold")
      guard offThreshold <= threshold else {
        throw fault("output.off_threshold", "it is above the threshold", remedy: "Give at most \(threshold)")
      }
      return .events(
        output: try required(output.name, "output.name"),
        ModelDescription.Events(
          event: try required(output.event, "output.event"),
          shape: try choice(output.shape ?? "interval", "output.shape"),
          threshold: threshold, offThreshold: offThreshold,
          minimumGapMilliseconds: try number(output.minGapMilliseconds ?? 100, 0...60_000, "output.min_gap_ms"),
          minimumOnMilliseconds: try number(output.minOnMilliseconds ?? 120, 0...60_000, "output.min_on_ms"),
          minimumOffMilliseconds: try number(output.minOffMilliseconds ?? 200, 0...60_000, "output.min_off_ms"),
          paddingMilliseconds: try number(output.padMilliseconds ?? 0, 0...60_000, "output.pad_ms"),
          rows: try eventRows(output.rows ?? []), frame: output.frame ?? 0))
    case "detections":
      return .detections(
        ModelDescription.Detections(
          scores: try required(output.scores, "output.scores"), boxes: try required(output.boxes, "output.boxes"),
          encoding: .corners, labels: try required(output.labels, "output.labels"),
          threshold: try fraction(output.threshold ?? 0.5, "output.threshold"),
          overlap: try fraction(output.overlap ?? 0.5, "output.overlap")))
    case "raw": return .raw
    default:
      throw fault("output.decoder", "'\(output.decoder)' is not known", remedy: "It is events, detections or raw")
    }
  }

  private func eventRows(_ rows: [Int]) throws(InferenceError) -> [Int] {
    for (index, row) in rows.enumerated() {
      _ = try number(row, 0...99_999, "output.rows[\(index)]")
      guard index == 0 || row > rows[index - 1] else {
        throw fault(
          "output.rows[\(index)]", "row \(row) stands behind row \(rows[index - 1])",
          remedy: "Give the values in the order of their rows, and so the rows in ascending order")
      }
    }
    return rows
  }

  private func required<Value>(_ value: Value?, _ field: String) throws(InferenceError) -> Value {
    guard let value else {
      throw fault(field, "the field is missing", remedy: "docs/model-packages.md describes the format")
    }
    return value
  }

  private func number(_ value: Int?, _ range: ClosedRange<Int>, _ field: String) throws(InferenceError) -> Int {
    let value = try required(value, field)
    guard range.contains(value) else {
      throw fault(field, "\(value) is out of range", remedy: "Give \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  private func fraction(_ value: Float, _ field: String) throws(InferenceError) -> Float {
    guard value >= 0, value <= 1 else { throw fault(field, "\(value) is out of range", remedy: "Give 0 to 1") }
    return value
  }

  private func choice<Choice: RawRepresentable & CaseIterable>(
    _ value: String, _ field: String
  ) throws(InferenceError) -> Choice where Choice.RawValue == String {
    guard let choice = Choice(rawValue: value) else {
      let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw fault(field, "'\(value)' is not known", remedy: "It is one of \(known)")
    }
    return choice
  }
}
