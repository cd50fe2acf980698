internal import BraidCore

/// A description as the fields of a `braid.json`.
extension ModelDescription {
  /// The fields, those that are as without them left out.
  ///
  /// - Parameter model: the ONNX file inside the package.
  /// - Returns: the fields.
  func document(model: String) -> DocumentNode {
    var fields: [(key: String, value: DocumentNode)] = [
      ("format", Self.text(PackageManifest.format)), ("name", Self.text(name)), ("version", Self.text(version)),
    ]
    for (key, value) in [
      ("task", about.task), ("licence", about.licence), ("source", about.source), ("description", about.summary),
    ] {
      if let value { fields.append((key, Self.text(value))) }
    }
    fields.append(("model", Self.text(model)))
    fields.append(("inputs", DocumentNode(.list(inputs.map(\.document)))))
    fields.append(("output", decoder.document))
    return DocumentNode(map: fields)
  }

  static func text(_ text: String) -> DocumentNode { DocumentNode(.text(text)) }
  static func whole(_ number: Int) -> DocumentNode { DocumentNode(.whole(Int64(number))) }

  /// A number by its shortest digits, whole where it is.
  static func number(_ number: Float) -> DocumentNode {
    Int64(exactly: number).map { DocumentNode(.whole($0)) }
      ?? DocumentNode(.number(Double("\(number)") ?? Double(number)))
  }

  static func numbers(_ numbers: [Float]) -> DocumentNode {
    numbers.count == 1 ? number(numbers[0]) : DocumentNode(.list(numbers.map(number)))
  }
}

extension ModelDescription.Input {
  fileprivate var document: DocumentNode {
    typealias Description = ModelDescription
    var fields: [(key: String, value: DocumentNode)] = [("name", Description.text(name))]
    switch source {
    case .picture(let picture): fields += [("kind", Description.text("picture"))] + picture.fields
    case .features(let window):
      fields += [
        ("kind", Description.text("features")), ("features", Description.text(window.feature)),
        ("bands", Description.whole(window.bands)), ("rate", Description.whole(window.sampleRate)),
        ("rows", Description.whole(window.rows)), ("hop_rows", Description.whole(window.hopRows)),
      ]
      if window.isBandsFirst { fields.append(("bands_first", DocumentNode(.flag(true)))) }
    case .samples(let window):
      fields += [
        ("kind", Description.text("samples")), ("rate", Description.whole(window.sampleRate)),
        ("hop", Description.whole(window.hop)), ("context", Description.whole(window.context)),
      ]
    case .results(let window):
      fields += [
        ("kind", Description.text("results")), ("values", Description.whole(window.values)),
        ("history", Description.whole(window.history)),
      ]
      if let from = window.from { fields.append(("from", Description.text(from))) }
    case .state(let output): fields += [("kind", Description.text("state")), ("from", Description.text(output))]
    case .constant(let value):
      fields += [("kind", Description.text("constant")), ("value", Description.whole(value))]
    }
    return DocumentNode(map: fields)
  }
}

extension ModelDescription.Picture {
  fileprivate var fields: [(key: String, value: DocumentNode)] {
    typealias Description = ModelDescription
    var fields: [(key: String, value: DocumentNode)] = [
      ("width", Description.whole(width)), ("height", Description.whole(height)),
      ("colour", Description.text(colour.rawValue)), ("layout", Description.text(layout.rawValue)),
      ("range", Description.numbers([low, high])),
    ]
    if mean != [0] { fields.append(("mean", Description.numbers(mean))) }
    if std != [1] { fields.append(("std", Description.numbers(std))) }
    fields.append(("fit", Description.text(fit.rawValue)))
    if fit == .contain {
      fields.append(("pad", Description.numbers(pad.map { Float($0) })))
      fields.append(("anchor", Description.text(anchor.rawValue)))
    }
    if frames != 1 { fields.append(("frames", Description.whole(frames))) }
    return fields
  }
}
