internal import BraidCore
internal import Foundation

/// A model's file together with its description.
///
/// A package is a folder with a `braid.json`, or one file `*.onnx`; a file that lies beside a `braid.json` which names
/// it takes its description from there.
public struct ModelPackage: Hashable, Sendable {
  /// The ONNX file to load.
  public var modelPath: String
  /// The description; nil for a bare file, about which only the model itself can say more.
  public var description: ModelDescription?
  /// Smaller or faster forms of the model that a scheduler may run in its place, best first; none where a file was chosen.
  public var ladder: [Rung] = []

  /// Whether the file is one of the ladder's, chosen by the user: its pictures may be of another size than described.
  public var isRung = false

  /// A form of the model beside its own.
  public struct Rung: Hashable, Sendable {
    /// The ONNX file to load.
    public var modelPath: String
    /// What its results count beside those of the model itself, above 0 and at most 1.
    public var value: Double
    /// Where errors say that it stands: the description's file and field.
    public var location: String
  }

  /// Finds the package at `path`, a folder or a file.
  ///
  /// - Parameters:
  ///   - path: a folder with a `braid.json`, or an ONNX file.
  ///   - variant: `float` or another name under `variants`; nil takes the package's own choice.
  /// - Returns: the file to load, with its description where there is one.
  /// - Throws: ``InferenceError`` if there is nothing at `path` or the description is invalid.
  public static func open(_ path: String, variant: String? = nil) throws(InferenceError) -> ModelPackage {
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw InferenceError(.unreadable, "there is no such model", location: path, remedy: "Check the path")
    }
    let file = URL(fileURLWithPath: path)
    if isFolder.boolValue {
      let folder = PackageFolder(url: file)
      return try folder.package(variant: variant)
    }
    let folder = PackageFolder(url: file.deletingLastPathComponent())
    if folder.exists, let package = try folder.package(file: file.lastPathComponent, path: path) { return package }
    return ModelPackage(modelPath: path, description: nil)
  }
}
