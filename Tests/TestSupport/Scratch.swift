public import Foundation

/// A folder of its own for one test's files, removed with it.
public final class Scratch {
  /// The folder.
  public let folder: URL

  /// Makes the folder.
  public init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  /// The path of a file of this name.
  public func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// Makes a folder, and writes a file of this name.
  @discardableResult
  public func write(_ name: String, folder inner: String, _ data: Data) throws -> String {
    let path = folder.appendingPathComponent(inner)
    try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
    return try write(name, data)
  }

  /// Writes a file of this name and returns its path.
  @discardableResult
  public func write(_ name: String, _ data: Data) throws -> String {
    try data.write(to: folder.appendingPathComponent(name))
    return path(name)
  }
}
