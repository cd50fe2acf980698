internal import BraidCore
internal import Foundation

/// A model's file together with its description.
///
/// A package is a folder with a `braid.json` or `braid.yaml`, an archive of one, a description that names a model beside it, or
/// one file `*.onnx`; such a file that lies beside a `braid.json` which names it takes its description from there.
public struct ModelPackage: Hashable, Sendable {
  /// The description; nil for a bare file, about which only the model itself can say more.
  public var description: ModelDescription?
  /// Smaller or faster forms of the model that a scheduler may run in its place, best first; none where a file was chosen.
  public var ladder: [Rung] = []
  /// Whether the file is one of the ladder's, chosen by the user: its pictures may be of another size than described.
  public var isRung = false
  let file: PackageFile
  /// What the description was read from.
  var document: Document?

  /// A form of the model beside its own.
  public struct Rung: Hashable, Sendable {
    /// What its results count beside those of the model itself, above 0 and at most 1.
    public var value: Double
    /// Where errors say that it stands: the description's file and field.
    public var location: String
    let file: PackageFile

    /// What errors call the ONNX file.
    public var modelPath: String { file.location }

    /// Reads its model.
    ///
    /// - Throws: as ``ModelPackage/load(limits:)``.
    public func load(limits: ModelLimits = .default) throws(InferenceError) -> Model { try file.model(limits: limits) }
  }

  /// What errors call the ONNX file: its path, for a file that lies by itself or in a folder.
  public var modelPath: String { file.location }

  /// Bytes of the ONNX file, inflated where it lies in an archive, without data that it keeps beside it; nil where it is not there.
  public var modelBytes: Int? { file.files.byteCount(of: file.name) }

  /// The file that the description was read from, as errors call it; nil for a bare file.
  public var descriptionPath: String? { document?.file }

  /// Reads the model, after checking its hash and those of its data where the package gives them.
  ///
  /// - Throws: as ``Model/load(path:limits:)``; `hash-mismatch`; `invalid-package` for a file without a hash among others with one,
  ///   and for a link that leads out of the package.
  public func load(limits: ModelLimits = .default) throws(InferenceError) -> Model { try file.model(limits: limits) }

  /// What is wrong with a description, with the places of its fields; at least one fault.
  public func error(of faults: [DescriptionFault]) -> InferenceError {
    InferenceError(
      DocumentError(
        .invalid, file: document?.file ?? modelPath,
        faults.map { fault in
          DocumentFault(
            place: document?.place(of: fault.field), field: document == nil ? "" : fault.field, message: fault.message,
            remedy: fault.remedy)
        }))
  }

  /// Whether a folder with a description, an archive or a description lies at a path.
  static func isPackage(_ path: String) -> Bool {
    PackageArchive.isArchive(path) || PackageFiles.isDescription(path)
      || !PackageFiles(folder: path).descriptions.isEmpty
  }

  /// Finds the package at `path`.
  ///
  /// - Parameters:
  ///   - path: a folder with a description, an archive, or a description by any name that ends with `.json`, `.yaml` or `.yml`,
  ///     each maybe followed by a slash and the name of a variant or of a file of it; or an ONNX file.
  ///   - variant: a name under `variants`; nil takes the package's own choice.
  ///   - limits: bounds on an archive.
  /// - Returns: the file to load, with its description where there is one.
  /// - Throws: ``InferenceError`` if there is nothing at `path` or the description is invalid.
  public static func open(
    _ path: String, variant: String? = nil, limits: ModelLimits = .default
  ) throws(InferenceError) -> ModelPackage {
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      if variant == nil, let (package, name) = inside(path) { return try open(package, variant: name, limits: limits) }
      throw InferenceError(.unreadable, "there is no such model", location: path, remedy: "Check the path")
    }
    if isFolder.boolValue || isPackage(path) {
      return try package(try PackageReader.manifest(in: PackageFiles(path: path, limits: limits)), variant: variant)
    }
    let file = PackageFile(path: path)
    if !file.files.descriptions.isEmpty,
      let package = package(try PackageReader.manifest(in: file.files.closed), file: file.name)
    {
      return package
    }
    return ModelPackage(description: nil, file: file)
  }

  /// The file at `path` by itself, whatever a description beside it says: without hashes, bare.
  public static func bare(_ path: String) -> ModelPackage {
    ModelPackage(description: nil, file: PackageFile(path: path))
  }

  /// Whether a description beside the file at `path` tells the hash that it must have.
  public static func isHashed(_ path: String) -> Bool {
    let file = PackageFile(path: path)
    guard !file.files.descriptions.isEmpty, let manifest = try? PackageReader.manifest(in: file.files.closed) else {
      return false
    }
    return manifest.hashes[file.name] != nil
  }

  /// What lies on the disk where a package, or a variant of one, is named: `faces.braidmodel` for `faces.braidmodel/int8`.
  public static func container(of path: String) -> String {
    FileManager.default.fileExists(atPath: path) ? path : inside(path)?.package ?? path
  }

  /// Whether a package lies at a path, or what a package has inside: `faces.braidmodel/int8`.
  public static func exists(at path: String) -> Bool {
    FileManager.default.fileExists(atPath: path) || inside(path) != nil
  }

  /// The package and the variant that a path names at which nothing lies.
  private static func inside(_ path: String) -> (package: String, variant: String)? {
    var end = path.endIndex
    while let slash = path[..<end].lastIndex(of: "/"), slash != path.startIndex {
      let package = String(path[..<slash])
      if FileManager.default.fileExists(atPath: package) {
        return isPackage(package) ? (package, String(path[path.index(after: slash)...])) : nil
      }
      end = slash
    }
    return nil
  }

  private static func package(_ manifest: PackageManifest, variant: String?) throws(InferenceError) -> ModelPackage {
    guard let variant else {
      // Without a fault there is a model.
      var package = made(manifest, file: manifest.model ?? "")
      if case .ladder(let rungs) = manifest.variants {
        package.ladder = rungs.enumerated().map { place, rung in
          let field = "variants[\(place)].file"
          return Rung(
            value: rung.value, location: "\(manifest.document.file):\(manifest.document.place(of: field)): \(field)",
            file: manifest.file(rung.file))
        }
      }
      return package
    }
    let named = if case .named(let variants) = manifest.variants { variants } else { [(name: String, file: String)]() }
    if let found = named.first(where: { $0.name == variant }) {
      return made(manifest, file: found.file)
    }
    if let package = package(manifest, file: variant) { return package }
    let names = named.map(\.name)
    let guess = Spelling.guess(variant, among: names).map { "Did you mean '\($0)'? " } ?? ""
    throw manifest.fault(
      "variants", "there is no variant '\(variant.prefix(80))'",
      remedy: guess + (names.isEmpty ? "It has none" : "It has \(names.joined(separator: ", "))"))
  }

  /// The package of this file, if the description names it.
  private static func package(_ manifest: PackageManifest, file: String) -> ModelPackage? {
    guard manifest.model == file || manifest.variants.files.contains(file) else { return nil }
    let isRung = if case .ladder = manifest.variants { manifest.model != file } else { false }
    var package = made(manifest, file: file)
    package.isRung = isRung
    return package
  }

  private static func made(_ manifest: PackageManifest, file: String) -> ModelPackage {
    ModelPackage(description: manifest.description, file: manifest.file(file), document: manifest.document)
  }
}
