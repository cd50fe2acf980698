internal import BraidCore
internal import Foundation

/// A folder with a `braid.json`, read and checked field by field.
struct PackageFolder {
  static let format = "braid-model/1"
  static let fileName = "braid.json"

  let url: URL

  private var manifestURL: URL { url.appendingPathComponent(Self.fileName) }

  /// Whether the folder has a description at all.
  var exists: Bool { FileManager.default.fileExists(atPath: manifestURL.path) }

  /// The package with its own choice of file, or that of `variant`.
  func package(variant: String?) throws(InferenceError) -> ModelPackage {
    let manifest = try manifest()
    let description = try description(manifest)
    guard let variant else {
      return ModelPackage(
        modelPath: try path(of: manifest.model, field: "model"), description: description,
        ladder: try ladder(manifest.variants))
    }
    let named = manifest.variants?.named ?? [:]
    guard let file = named[variant] else {
      let known = named.keys.sorted().joined(separator: ", ")
      throw fault("variants", "there is no variant '\(variant)'", remedy: "It has: \(known)")
    }
    return ModelPackage(modelPath: try path(of: file, field: "variants.\(variant)"), description: description)
  }

  /// The package of this file, if the description names it.
  func package(file: String, path: String) throws(InferenceError) -> ModelPackage? {
    let manifest = try manifest()
    guard manifest.model == file || manifest.variants?.files.contains(file) == true else { return nil }
    let isRung = if case .ladder = manifest.variants { manifest.model != file } else { false }
    return ModelPackage(modelPath: path, description: try description(manifest), isRung: isRung)
  }

  private func ladder(_ variants: Variants?) throws(InferenceError) -> [ModelPackage.Rung] {
    guard case .ladder(let rungs) = variants else { return [] }
    guard rungs.count <= 8 else { throw fault("variants", "there are \(rungs.count)", remedy: "Give 8 at most") }
    var ladder: [ModelPackage.Rung] = []
    for (place, rung) in rungs.enumerated() {
      let above = ladder.last?.value ?? 1
      guard rung.value > 0, rung.value <= above else {
        throw fault(
          "variants[\(place)].value", "\(rung.value) is out of range",
          remedy: "Give a number above 0 and at most \(above): the best form is first")
      }
      let field = "variants[\(place)].file"
      ladder.append(
        ModelPackage.Rung(
          modelPath: try path(of: rung.file, field: field), value: rung.value, location: "\(manifestURL.path): \(field)"
        ))
    }
    return ladder
  }

  private func path(of file: String, field: String) throws(InferenceError) -> String {
    guard !file.isEmpty, !file.hasPrefix("/"), !file.split(separator: "/").contains("..") else {
      throw fault(field, "'\(file)' leads out of the package", remedy: "Name a file inside the folder")
    }
    return url.appendingPathComponent(file).path
  }

  private func manifest() throws(InferenceError) -> Manifest {
    let data: Data
    do {
      data = try Data(contentsOf: manifestURL)
    } catch {
      throw InferenceError(
        .unreadable, "the description cannot be read", location: manifestURL.path,
        remedy: "A package is a folder with a \(Self.fileName) in it", cause: error.localizedDescription)
    }
    let manifest: Manifest
    do {
      manifest = try JSONDecoder().decode(Manifest.self, from: data)
    } catch let error as DecodingError {
      throw Self.explained(error, file: manifestURL.path)
    } catch {
      throw fault("", "it is not valid JSON", remedy: "Mend the JSON", cause: error.localizedDescription)
    }
    guard manifest.format == Self.format else {
      throw fault("format", "'\(manifest.format)' is not known", remedy: "This version reads '\(Self.format)'")
    }
    return manifest
  }

  func fault(_ field: String, _ message: String, remedy: String, cause: String? = nil) -> InferenceError {
    InferenceError(
      .invalidPackage, message, location: field.isEmpty ? manifestURL.path : "\(manifestURL.path): \(field)",
      remedy: remedy, cause: cause)
  }

  private static func explained(_ error: DecodingError, file: String) -> InferenceError {
    let context: DecodingError.Context
    var field: [any CodingKey]
    var message: String
    switch error {
    case .keyNotFound(let key, let found):
      context = found
      field = found.codingPath + [key]
      message = "the field is missing"
    case .typeMismatch(let type, let found):
      context = found
      field = found.codingPath
      message = "the field must be \(Self.name(of: type))"
    case .valueNotFound(_, let found):
      context = found
      field = found.codingPath
      message = "the field must not be null"
    case .dataCorrupted(let found):
      context = found
      field = found.codingPath
      message = field.isEmpty ? "it is not valid JSON" : "the value is not one of those known"
    @unknown default:
      return InferenceError(.invalidPackage, "it cannot be read", location: file, remedy: "Mend the JSON")
    }
    let path = field.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
    return InferenceError(
      .invalidPackage, message, location: path.isEmpty ? file : "\(file): \(path.drop { $0 == "." })",
      remedy: "docs/model-packages.md describes the format", cause: context.debugDescription)
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Int.Type: "a whole number"
    case is Float.Type, is Double.Type: "a number"
    default: "of another type"
    }
  }
}
