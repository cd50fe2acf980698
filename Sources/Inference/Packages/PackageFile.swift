/// A file of a package, with the hashes that it and its data must have.
struct PackageFile: Hashable, Sendable {
  /// Where it lies.
  var files: PackageFiles
  /// Its path inside the package.
  var name: String
  /// What files must have as their SHA-256, by path inside the package.
  var hashes: [String: String] = [:]

  /// A file of a package.
  init(files: PackageFiles, name: String, hashes: [String: String] = [:]) {
    self.files = files
    self.name = name
    self.hashes = hashes
  }

  /// A file by its path.
  init(path: String) {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ""
    self.init(
      files: PackageFiles(folder: folder), name: slash.map { String(path[path.index(after: $0)...]) } ?? path)
  }

  /// What errors call it.
  var location: String { files.location(of: name) }

  /// The same file, of which no hash is checked.
  var withoutHashes: PackageFile { PackageFile(files: files, name: name) }

  /// Reads the model that it holds.
  ///
  /// - Throws: as ``Model/load(path:limits:)``; `hash-mismatch`.
  func model(limits: ModelLimits) throws(InferenceError) -> Model {
    do throws(InferenceError) {
      let bytes = try files.read(name, limit: limits.fileBytes)
      let sha256 = SHA256.digest(bytes)
      try Self.check(sha256, is: hashes[name])
      return try Model(
        bytes: bytes, sha256: sha256, name: stem, limits: limits,
        externalData: files.externalData(of: name, hashes: hashes))
    } catch {
      throw error.location.hasPrefix(location) ? error : error.within(location)
    }
  }

  /// The file's name without its extension.
  private var stem: String {
    let last = name.split(separator: "/").last.map(String.init) ?? name
    return last.hasSuffix(".onnx") ? String(last.dropLast(5)) : last
  }

  /// - Throws: `hash-mismatch` where a file's hash is not the one that the package says.
  static func check(_ found: String, is expected: String?) throws(InferenceError) {
    guard let expected, expected != found else { return }
    throw InferenceError(
      .hashMismatch, "its SHA-256 is \(found), and the package says \(expected)",
      remedy: "Fetch the package again; if you changed the file yourself, 'braid model pack' writes the new hash")
  }
}
