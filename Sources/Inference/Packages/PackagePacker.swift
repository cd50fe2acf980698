internal import BraidCore
internal import Foundation

/// Makes packages: of a folder with a description, of an archive, or of a model by itself with what is known or inferred of it.
///
/// The description in it is written anew as JSON with the SHA-256 of every file. Nothing is left behind of a package with faults.
public struct PackagePacker {
  /// What is to be said in place of what the description says. Nil where nothing is.
  public struct Changes: Sendable {
    /// The model's name.
    public var name: String?
    /// Its semantic version.
    public var version: String?
    /// What it does, in a word.
    public var task: String?
    /// Its licence: an SPDX identifier, or a text.
    public var licence: String?
    /// Where it was taken from.
    public var source: String?
    /// What it is.
    public var summary: String?
    /// A file with the names of the classes, one a line.
    public var labels: String?
    /// Of a model by itself: how it takes its picture.
    public var picture: (@Sendable (inout ModelDescription.Picture) -> Void)?

    /// Nothing is to be changed.
    public init() {}
  }

  /// What was made.
  public struct Packed: Sendable {
    /// Where it was written.
    public var path: String
    /// What was taken for granted of a model by itself; nil where there was a description.
    public var note: String?
    /// The package as it was written.
    public var inspection: PackageInspection
  }

  private let path: String
  private let changes: Changes
  private let limits: ModelLimits
  private let inspect: (String) throws -> PackageInspection

  /// A packer of what lies at a path.
  ///
  /// - Parameters:
  ///   - path: a folder with a description, an archive, or an ONNX file.
  ///   - changes: what is to be said otherwise.
  ///   - limits: bounds on what is read.
  ///   - inspect: looks at a package and tells everything that is wrong with it.
  public init(
    path: String, changes: Changes, limits: ModelLimits = .default,
    inspect: @escaping (String) throws -> PackageInspection
  ) {
    self.path = path
    self.changes = changes
    self.limits = limits
    self.inspect = inspect
  }

  /// Packs, checks what was written, and only then puts it in place.
  ///
  /// - Parameter output: an archive, where it ends with `.braidmodel`, which is replaced; else a folder that does not exist.
  ///   Nil for an archive of the model's name in the folder that the program runs in.
  /// - Returns: what was written.
  /// - Throws: `InferenceError`, `invalid-package` for a package with faults, all of which it tells.
  public func pack(to output: String?) throws -> Packed {
    var contents = ModelPackage.isPackage(path) ? try contentsOfPackage() : try contentsOfModel()
    var root = contents.root
    for (key, value) in [
      ("name", changes.name), ("version", changes.version), ("task", changes.task), ("licence", changes.licence),
      ("source", changes.source), ("description", changes.summary),
    ] {
      if let value { root = root.setting(key, to: DocumentNode(.text(value))) }
    }
    if let labels = changes.labels {
      contents.files.removeAll { $0.name == "labels.txt" }
      // Those that were there before are nobody's then.
      if case .text(let old)? = root["output"]?["labels"]?.content { contents.files.removeAll { $0.name == old } }
      let file = PackageFile(path: labels)
      contents.files.append(("labels.txt", try file.files.read(file.name, limit: PackageReader.labelLimit)))
      let decoder = (root["output"] ?? DocumentNode(map: [])).setting("labels", to: DocumentNode(.text("labels.txt")))
      root = root.setting("output", to: decoder)
    }
    contents.files.sort { $0.name < $1.name }
    let hashes = contents.files.map { (key: $0.name, value: DocumentNode(.text(SHA256.digest($0.bytes)))) }
    root = root.setting("sha256", to: DocumentNode(map: hashes))
    contents.files.append((PackageFiles.descriptions[0], Array(root.json.utf8)))

    let name: String = if case .text(let name)? = root["name"]?.content { name } else { "model" }
    let target = output ?? "\(name).braidmodel"
    let inspection = try place(contents.files, at: target)
    return Packed(path: target, note: contents.note, inspection: inspection)
  }

  // MARK: What goes in

  private struct Contents {
    var root: DocumentNode
    var files: [(name: String, bytes: [UInt8])]
    var note: String?
  }

  private func contentsOfPackage() throws -> Contents {
    guard changes.picture == nil else {
      throw InferenceError(
        .invalidOption, "how the model takes its picture stands in the package's description", location: path,
        remedy: "Change it there")
    }
    let inspection = try inspect(path)
    // Hashes are written anew.
    let faults = inspection.faults.filter { !$0.field.hasPrefix("sha256") }
    guard faults.isEmpty else {
      throw InferenceError(DocumentError(.invalid, file: inspection.descriptionFile ?? inspection.path, faults))
    }
    let package = try PackageFiles(path: path, limits: limits)
    let reading = try PackageReader.read(package)
    guard let document = reading.document, let manifest = reading.manifest else {
      throw InferenceError(.invalidPackage, "its description cannot be read", location: path)
    }
    var files: [(name: String, bytes: [UInt8])] = []
    var total = 0
    let names = package.namedDescription == nil ? package.names() : manifest.mentioned
    for name in names where !PackageFiles.descriptions.contains(name) && !name.hasSuffix(".braidmodel") {
      let bytes = try package.read(name, limit: limits.fileBytes)
      total += bytes.count
      guard files.count < PackageArchive.entryLimit - 1, total <= limits.totalBytes else {
        throw InferenceError(
          .limitExceeded, "it has more than \(PackageArchive.entryLimit - 1) files or \(limits.totalBytes) bytes",
          location: path, remedy: "Keep nothing in it that is not the model's")
      }
      files.append((name, bytes))
    }
    return Contents(root: document.root, files: files, note: nil)
  }

  private func contentsOfModel() throws -> Contents {
    let package = try ModelPackage.open(path, limits: limits)
    let file = package.file
    let data = file.files.externalData(of: file.name, hashes: [:])
    let bytes = try file.files.read(file.name, limit: limits.fileBytes)
    let model = try Model(
      bytes: bytes, sha256: SHA256.digest(bytes), name: file.name, limits: limits, externalData: data)
    var (description, note) = try KnownModels.description(of: model, path: path)
    if let change = changes.picture {
      var isChanged = false
      for place in description.inputs.indices {
        guard case .picture(var picture) = description.inputs[place].source else { continue }
        change(&picture)
        description.inputs[place].source = .picture(picture)
        isChanged = true
      }
      guard isChanged else {
        throw InferenceError(
          .invalidOption, "the model takes no picture", location: path, remedy: "Leave out what is said of it")
      }
    }
    let root = description.document(model: "model.onnx")
    var files: [(name: String, bytes: [UInt8])] = [("model.onnx", bytes)]
    for name in data?.files ?? [] { files.append((name, try file.files.read(name, limit: limits.fileBytes))) }
    return Contents(root: root, files: files, note: note)
  }

  // MARK: Where it goes

  private func place(_ files: [(name: String, bytes: [UInt8])], at path: String) throws -> PackageInspection {
    let isArchive = path.hasSuffix(".braidmodel")
    if !isArchive, FileManager.default.fileExists(atPath: path) {
      throw InferenceError(
        .unwritable, "it exists", location: path, remedy: "Name a folder that does not, or a file NAME.braidmodel")
    }
    var plain = path
    while plain.hasSuffix("/") { plain.removeLast() }
    let scratch = try scratch(for: plain)
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let temporary = isArchive ? "\(scratch)/package.braidmodel" : "\(scratch)/package"
    do throws(InferenceError) {
      if isArchive {
        try PackageArchiveWriter.write(files, to: temporary)
      } else {
        try writeFolder(files, to: temporary)
      }
    } catch {
      throw InferenceError(error.code, error.message, location: path, remedy: error.remedy, cause: error.cause)
    }
    let inspection = try inspect(temporary)
    guard inspection.faults.isEmpty else { throw refused(inspection.faults, written: temporary) }
    let folder = URL(fileURLWithPath: plain).deletingLastPathComponent()
    if !isArchive { try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
    guard unsafe rename(temporary, plain) == 0 else {
      throw InferenceError(
        .unwritable, "it cannot be written", location: path, remedy: "Check the folder and the space",
        cause: unsafe String(cString: strerror(errno)))
    }
    return inspection
  }

  /// A new empty folder in the nearest folder around `path` that there is, and so on its disk; to be removed.
  private func scratch(for path: String) throws(InferenceError) -> String {
    var folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    while !FileManager.default.fileExists(atPath: folder.path), folder.path != "/" { folder.deleteLastPathComponent() }
    var template = Array("\(folder.path)/.braid-pack.XXXXXX".utf8CString)
    let isMade = unsafe template.withUnsafeMutableBufferPointer { name in
      unsafe name.baseAddress.map { unsafe mkdtemp($0) != nil } ?? false
    }
    guard isMade else {
      throw InferenceError(
        .unwritable, "it cannot be written", location: path, remedy: "Check the folder and the space",
        cause: unsafe String(cString: strerror(errno)))
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private func writeFolder(_ files: [(name: String, bytes: [UInt8])], to folder: String) throws(InferenceError) {
    for file in files {
      guard let fault = PackageFiles.fault(inName: file.name) else { continue }
      throw InferenceError(
        .invalidPackage, fault, location: "'\(file.name.prefix(200))'", remedy: "Give the file a plain name")
    }
    do {
      for file in files {
        let url = URL(fileURLWithPath: folder).appendingPathComponent(file.name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(file.bytes).write(to: url)
      }
    } catch {
      throw InferenceError(
        .unwritable, "it cannot be written", location: folder, remedy: "Check the folder and the space",
        cause: error.localizedDescription)
    }
  }

  /// The options that say what stands in a field.
  private static let options = [
    "name": "--name", "version": "--model-version", "task": "--task", "licence": "--licence", "source": "--source",
    "description": "--about", "output.labels": "--labels",
  ]

  /// The faults of what was written for now, as faults of what it was made of: its own description nobody has seen.
  private func refused(_ faults: [DocumentFault], written: String) -> InferenceError {
    InferenceError(
      DocumentError(
        .invalid, file: path,
        faults.map { fault in
          let message = fault.message.replacingOccurrences(of: written + "/", with: "")
            .replacingOccurrences(of: written, with: path)
          let option = Self.options[fault.field].map { "Say it with \($0)" }
          let remedy = [fault.remedy, option ?? ""].filter { !$0.isEmpty }.joined(separator: ". ")
          return DocumentFault(place: nil, field: fault.field, message: message, remedy: remedy)
        }))
  }
}
