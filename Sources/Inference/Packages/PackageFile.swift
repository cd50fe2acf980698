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
      files: PackageFiles(folder: folder, isOpen: true),
      name: slash.map { String(path[path.index(after: $0)...]) } ?? path)
  }

  /// What errors call it.
  var location: String { files.location(of: name) }

  /// The same file, of which no hash is checked.
  var withoutHashes: PackageFile { PackageFile(files: files, name: name) }

  /// Reads the model that it holds.
  ///
  /// - Throws: as ``Model/load(path:limits:)``; `hash-mismatch`, `invalid-package`.
  func model(limits: ModelLimits) throws(InferenceError) -> Model {
    do throws(InferenceError) {
      let bytes = try files.read(name, limit: limits.fileBytes)
      let sha256 = SHA256.digest(bytes)
      try Self.check(sha256, of: name, in: hashes)
      return try Model(
        bytes: bytes, sha256: sha256, name: stem, limits: limits,
        externalData: files.externalData(of: name, hashes: hashes, limits: limits))
    } catch {
      throw error.location.hasPrefix(location) ? error : error.within(location)
    }
  }

  /// The file's name without its extension.
  private var stem: String {
    let last = name.split(separator: "/").last.map(String.init) ?? name
    return last.hasSuffix(".onnx") ? String(last.dropLast(5)) : last
  }

  /// Compares a file's hash with the one that the package says; one that says none of any file is content with all.
  ///
  /// - Throws: `hash-mismatch` where it is another; `invalid-package` where the package says those of other files, and not this one's.
  static func check(_ found: String, of name: String, in hashes: [String: String]) throws(InferenceError) {
    guard let expected = hashes[name] else {
      if hashes.isEmpty { return }
      throw InferenceError(
        .invalidPackage, "the package gives the SHA-256 of other files, and not of this one",
        remedy: "'braid model pack' writes those of all files")
    }
    guard expected != found else { return }
    throw InferenceError(
      .hashMismatch, "its SHA-256 is \(found), and the package says \(expected)",
      remedy: "Fetch the package again; if you changed the file yourself, 'braid model pack' writes the new hash")
  }
}
