internal import Foundation

/// Where a package's files lie.
struct PackageFiles: Hashable, Sendable {
  /// The folder; empty for the one that the program runs in.
  let folder: String

  /// What descriptions are called, in the order in which they are looked for.
  static let descriptions = ["braid.json", "braid.yaml", "braid.yml"]

  /// The descriptions that there are.
  var descriptions: [String] { Self.descriptions.filter { has($0) } }

  /// Whether there is a file of this name, a path inside the package.
  func has(_ file: String) -> Bool {
    var isFolder: ObjCBool = false
    return unsafe FileManager.default.fileExists(atPath: location(of: file), isDirectory: &isFolder)
      && !isFolder.boolValue
  }

  /// What errors call a file.
  func location(of file: String) -> String {
    folder.isEmpty || folder.hasSuffix("/") ? folder + file : "\(folder)/\(file)"
  }

  /// The whole of a file.
  ///
  /// - Throws: `unreadable`, `limit-exceeded`.
  func read(_ file: String, limit: Int) throws(InferenceError) -> [UInt8] {
    do throws(InferenceError) {
      return try ModelFile.read(location(of: file), limit: limit)
    } catch {
      throw error.within(location(of: file))
    }
  }

  /// The paths of all files, sorted; not those whose names begin with a dot.
  func names() -> [String] {
    guard let walk = FileManager.default.enumerator(atPath: folder.isEmpty ? "." : folder) else { return [] }
    var names: [String] = []
    while let name = walk.nextObject() as? String {
      let isHidden = name.split(separator: "/").contains { $0.hasPrefix(".") }
      if !isHidden, walk.fileAttributes?[.type] as? FileAttributeType != .typeDirectory { names.append(name) }
    }
    return names.sorted()
  }

  /// What is wrong with the name of a file in a package; nil where nothing is.
  static func fault(inName name: String) -> String? {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    if name.hasPrefix("/") || parts.contains("..") { return "it leads out of the package" }
    if name.contains("\\") { return "it has a backslash" }
    if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "it has a control character" }
    if parts.contains("") || parts.contains(".") { return "it is no plain path" }
    return name.utf8.count > 1024 ? "it is too long" : nil
  }
}
