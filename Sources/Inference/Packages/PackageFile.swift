/// A file of a package, with the hash that it must have.
struct PackageFile: Hashable, Sendable {
  /// Where it lies.
  var files: PackageFiles
  /// Its path inside the package.
  var name: String
  /// Its SHA-256, where the package says it.
  var hash: String?
  /// Those of all files that may hold its data.
  var hashes: [String: String] = [:]

  /// What errors call it.
  var location: String { files.location(of: name) }

  /// Reads the model that it holds.
  ///
  /// - Throws: as ``Model/load(path:limits:)``; `hash-mismatch`.
  func model(limits: ModelLimits) throws(InferenceError) -> Model {
    do throws(InferenceError) {
      let bytes = try ModelFile.read(location, limit: limits.fileBytes)
      let sha256 = SHA256.digest(bytes)
      try Self.check(sha256, is: hash)
      return try Model(
        bytes: bytes, sha256: sha256, name: stem, limits: limits,
        externalData: ExternalData(modelPath: location, hashes: dataHashes))
    } catch {
      throw error.within(location)
    }
  }

  /// The hashes by path from the model's own folder.
  private var dataHashes: [String: String] {
    let folder = name.lastIndex(of: "/").map { String(name[...$0]) } ?? ""
    return Dictionary(
      uniqueKeysWithValues: hashes.compactMap {
        $0.key.hasPrefix(folder) ? (String($0.key.dropFirst(folder.count)), $0.value) : nil
      })
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
