internal import BraidCore
internal import Foundation

/// A model's file together with its description.
///
/// A package is a folder with a `braid.json` or `braid.yaml`, or one file `*.onnx`; a file that lies beside a description which
/// names it takes it from there.
public struct ModelPackage: Hashable, Sendable {
  /// The description; nil for a bare file, about which only the model itself can say more.
  public var description: ModelDescription?
  /// Smaller or faster forms of the model that a scheduler may run in its place, best first; none where a file was chosen.
  public var ladder: [Rung] = []
  /// Whether the file is one of the ladder's, chosen by the user: its pictures may be of another size than described.
  public var isRung = false
  let file: PackageFile

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

  /// Reads the model, after checking its hash and those of its data where the package gives them.
  ///
  /// - Throws: as ``Model/load(path:limits:)``; `hash-mismatch`.
  public func load(limits: ModelLimits = .default) throws(InferenceError) -> Model { try file.model(limits: limits) }

  /// Finds the package at `path`.
  ///
  /// - Parameters:
  ///   - path: a folder with a description, an ONNX file, or a folder followed by a slash and the name of a variant.
  ///   - variant: a name under `variants`; nil takes the package's own choice.
  /// - Returns: the file to load, with its description where there is one.
  /// - Throws: ``InferenceError`` if there is nothing at `path` or the description is invalid.
  public static func open(_ path: String, variant: String? = nil) throws(InferenceError) -> ModelPackage {
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      if variant == nil, let (package, name) = inside(path) { return try open(package, variant: name) }
      throw InferenceError(.unreadable, "there is no such model", location: path, remedy: "Check the path")
    }
    if isFolder.boolValue {
      return try package(try PackageReader.manifest(in: PackageFiles(folder: path)), variant: variant)
    }
    let file = Self.bare(path)
    if !file.files.descriptions.isEmpty,
      let package = package(try PackageReader.manifest(in: file.files), file: file.name)
    {
      return package
    }
    return ModelPackage(description: nil, file: file)
  }

  /// The package and the variant that a path names which is none itself: `faces/int8`.
  static func inside(_ path: String) -> (package: String, variant: String)? {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return nil }
    let package = String(path[..<slash])
    let isPackage = !PackageFiles(folder: package).descriptions.isEmpty
    return isPackage ? (package, String(path[path.index(after: slash)...])) : nil
  }

  /// A file that no description names.
  private static func bare(_ path: String) -> PackageFile {
    guard let slash = path.lastIndex(of: "/") else { return PackageFile(files: PackageFiles(folder: ""), name: path) }
    let folder = slash == path.startIndex ? "/" : String(path[..<slash])
    return PackageFile(files: PackageFiles(folder: folder), name: String(path[path.index(after: slash)...]))
  }

  private static func package(_ manifest: PackageManifest, variant: String?) throws(InferenceError) -> ModelPackage {
    guard let variant else {
      var package = ModelPackage(description: manifest.description, file: manifest.file(manifest.model))
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
      return ModelPackage(description: manifest.description, file: manifest.file(found.file))
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
    return ModelPackage(description: manifest.description, isRung: isRung, file: manifest.file(file))
  }
}
