import BraidCore
public import Foundation

/// Real clips and models that stand beside the project on some machines, and are not ours to commit.
public enum SharedData {
  /// The folder `../shared/data` beside the package's root.
  public static let folder: URL = packageRoot.deletingLastPathComponent().appendingPathComponent("shared/data")

  /// The package's root folder.
  public static let packageRoot: URL = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Whether the folder is there. Says so on stderr when it is not, because tests that need it are then skipped.
  public static let isPresent: Bool = {
    let present = FileManager.default.fileExists(atPath: folder.path)
    if !present {
      FileHandle.standardError.write(
        Data("note: ../shared/data is absent: tests on real clips and models are skipped\n".utf8))
    }
    return present
  }()

  /// A clip of the folder, by file name.
  public static func media(_ name: String) -> String { folder.appendingPathComponent("media/\(name)").path }

  /// A model of the folder, by file name.
  public static func model(_ name: String) -> String { folder.appendingPathComponent("models/\(name)").path }

  /// A file of the project's own samples, by its path under `samples/`.
  public static func sample(_ path: String) -> String { packageRoot.appendingPathComponent("samples/\(path)").path }
}
