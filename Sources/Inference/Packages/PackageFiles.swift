internal import Foundation

/// Where a package's files lie.
struct PackageFiles: Hashable, Sendable {
  private enum Place: Hashable {
    case folder(String)
    case archive(PackageArchive)
  }

  private let place: Place
  /// The description, where it was named itself; the folder may then have other files too.
  let namedDescription: String?
  /// Whether links may lead out of the folder: of files that a user names one by one, and that are no package.
  private let isOpen: Bool

  /// Files in a folder; an empty path is the folder that the program runs in.
  init(folder: String, description: String? = nil, isOpen: Bool = false) {
    self.init(place: .folder(folder), namedDescription: description, isOpen: isOpen)
  }

  private init(place: Place, namedDescription: String?, isOpen: Bool = false) {
    self.place = place
    self.namedDescription = namedDescription
    self.isOpen = isOpen
  }

  /// The same files as those of a package.
  var closed: PackageFiles { PackageFiles(place: place, namedDescription: namedDescription) }

  /// The files of a package at a path: a folder, an archive, or a description that lies in a folder.
  ///
  /// - Throws: as ``PackageArchive/init(path:limits:)``.
  init(path: String, limits: ModelLimits = .default) throws(InferenceError) {
    if PackageArchive.isArchive(path) {
      self.init(place: .archive(try PackageArchive(path: path, limits: limits)), namedDescription: nil)
    } else if Self.isDescription(path) {
      let file = PackageFile(path: path)
      self.init(folder: file.files.folder, description: file.name)
    } else {
      self.init(folder: path)
    }
  }

  /// Whether a file is a description, by its name.
  static func isDescription(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    guard ["json", "yaml", "yml"].contains(where: { path.hasSuffix(".\($0)") }) else { return false }
    return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
  }

  private var folder: String { if case .folder(let folder) = place { folder } else { "" } }

  /// What descriptions are called, in the order in which they are looked for.
  static let descriptions = ["braid.json", "braid.yaml", "braid.yml"]

  /// The descriptions that there are.
  var descriptions: [String] {
    namedDescription.map { [$0] } ?? Self.descriptions.filter { byteCount(of: $0) != nil }
  }

  /// What errors call the package.
  var path: String {
    switch place {
    case .folder(let folder): namedDescription.map(location) ?? (folder.isEmpty ? "." : folder)
    case .archive(let archive): archive.path
    }
  }

  /// What errors call a file.
  func location(of file: String) -> String {
    switch place {
    case .folder(let folder): folder.isEmpty || folder.hasSuffix("/") ? folder + file : "\(folder)/\(file)"
    case .archive(let archive): "\(archive.path): \(file)"
    }
  }

  /// Bytes of a file; nil where there is none of this name, a path inside the package.
  func byteCount(of file: String) -> Int? {
    switch place {
    case .archive(let archive): return archive.byteCount(of: file)
    case .folder:
      let attributes = try? FileManager.default.attributesOfItem(
        atPath: URL(fileURLWithPath: location(of: file)).resolvingSymlinksInPath().path)
      guard attributes?[.type] as? FileAttributeType == .typeRegular else { return nil }
      return attributes?[.size] as? Int
    }
  }

  /// The whole of a file. A link is followed where it leads to another file of the folder.
  ///
  /// - Throws: `unreadable`, `limit-exceeded`, `invalid-package` for a link that leads out of the package, and of an archive
  ///   `not-an-archive`; located at the file.
  func read(_ file: String, limit: Int) throws(InferenceError) -> [UInt8] {
    do throws(InferenceError) {
      switch place {
      case .archive(let archive): return try archive.read(file, limit: limit)
      case .folder: return try ModelFile.read(try target(of: file), limit: limit)
      }
    } catch {
      throw error.within(location(of: file))
    }
  }

  /// The path of what is read for a file of a folder.
  private func target(of file: String) throws(InferenceError) -> String {
    let path = location(of: file)
    // A description that a user names himself may lie anywhere; what is not there is told by who reads it.
    if isOpen || file == namedDescription { return path }
    guard let folder = RealPath(folder.isEmpty ? "." : folder), let real = RealPath(path) else { return path }
    guard real.isInside(folder) else {
      throw InferenceError(
        .invalidPackage, "it is a link that leads out of the package", remedy: "Put the file itself into the package")
    }
    return real.text
  }

  /// What reads the data that a model keeps in other files.
  ///
  /// - Parameters:
  ///   - model: the model's file.
  ///   - hashes: what files must have as their SHA-256, by path inside the package.
  ///   - limits: bounds on what is read.
  /// - Returns: nil where the model's folder cannot be found.
  func externalData(
    of model: String, hashes: [String: String], limits: ModelLimits = .default
  ) -> ExternalData? {
    let folder = model.lastIndex(of: "/").map { String(model[...$0]) } ?? ""
    var inner: [String: String] = [:]
    for (name, hash) in hashes where name.hasPrefix(folder) { inner[String(name.dropFirst(folder.count))] = hash }
    switch place {
    case .archive(let archive): return ExternalData(archive: archive, folder: folder, hashes: inner, limits: limits)
    case .folder: return ExternalData(modelPath: location(of: model), hashes: inner, limits: limits)
    }
  }

  /// The paths of all files, sorted; of a folder not those whose names begin with a dot.
  func names() -> [String] {
    switch place {
    case .archive(let archive): return archive.names
    case .folder(let folder):
      guard let walk = FileManager.default.enumerator(atPath: folder.isEmpty ? "." : folder) else { return [] }
      var names: [String] = []
      while let name = walk.nextObject() as? String {
        let isHidden = name.split(separator: "/").contains { $0.hasPrefix(".") }
        if !isHidden, walk.fileAttributes?[.type] as? FileAttributeType != .typeDirectory { names.append(name) }
        // No package has so many; a folder that is none may.
        if names.count > 10_000 { break }
      }
      return names.sorted()
    }
  }

  /// What is wrong with the name of a file in a package; nil where nothing is.
  static func fault(inName name: String) -> String? {
    // By bytes, as the system reads paths: a slash and an accent after it are one character.
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    func has(_ part: String) -> Bool { parts.contains { $0.elementsEqual(part.utf8) } }
    if name.utf8.first == UInt8(ascii: "/") || has("..") { return "it leads out of the package" }
    if name.utf8.contains(UInt8(ascii: "\\")) { return "it has a backslash" }
    if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "it has a control character" }
    if has("") || has(".") { return "it is no plain path" }
    return name.utf8.count > 1024 ? "it is too long" : nil
  }
}
