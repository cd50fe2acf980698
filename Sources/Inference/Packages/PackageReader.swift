internal import BraidCore

/// Reads a package's description field by field, and notes everything that is wrong with it.
///
/// What each field may be stands here and in its extensions, once; `docs/model-packages.md` says it for users.
struct PackageReader {
  let files: PackageFiles
  let faults: DocumentFaults

  /// The most bytes of a file with labels.
  static let labelLimit = 4 << 20
  /// The most files with hashes: of a folder more than of an archive, where a model may keep each tensor in a file.
  private static let hashLimit = 1024

  /// What was read of a description, and what is wrong with it.
  struct Reading {
    /// The description's file as errors tell it.
    var file: String
    /// Nil for what is neither YAML nor JSON.
    var document: Document?
    /// As much as can be read; nil for another format, or for what is no map.
    var manifest: PackageManifest?
    /// In the order of the document.
    var faults: [DocumentFault]
  }

  /// The description in a folder or an archive, where nothing is wrong with it. The labels' hash is compared, as they are read here;
  /// a model's when it is loaded.
  ///
  /// - Throws: `unreadable`, `invalid-package` with every fault at once, `hash-mismatch`.
  static func manifest(in files: PackageFiles) throws(InferenceError) -> PackageManifest {
    let reading = try read(files)
    guard reading.faults.isEmpty, let manifest = reading.manifest else {
      throw InferenceError(DocumentError(.invalid, file: reading.file, reading.faults))
    }
    if let labels = manifest.labelFile, !manifest.hashes.isEmpty {
      let bytes = try files.read(labels, limit: labelLimit)
      do throws(InferenceError) {
        try PackageFile.check(SHA256.digest(bytes), of: labels, in: manifest.hashes)
      } catch {
        throw error.within(files.location(of: labels))
      }
    }
    return manifest
  }

  /// The description in a folder or an archive, whatever is wrong with it.
  ///
  /// - Throws: `unreadable` or `invalid-package` where there is none, or more than one.
  static func read(_ files: PackageFiles) throws(InferenceError) -> Reading {
    let names = files.descriptions
    guard let name = names.first else {
      throw InferenceError(
        .unreadable, "there is no description", location: files.path,
        remedy: "A package has a \(PackageFiles.descriptions[0]) in it; docs/model-packages.md describes it")
    }
    guard names.count == 1 else {
      throw InferenceError(
        .invalidPackage, "there are \(names.count) descriptions: \(names.joined(separator: ", "))",
        location: files.path, remedy: "Keep one")
    }
    var reading = Reading(file: files.location(of: name), faults: [])
    let bytes = try files.read(name, limit: DocumentLimits().bytes)
    do throws(DocumentError) {
      let document = try Document(bytes, file: reading.file)
      let faults = DocumentFaults(file: reading.file)
      reading.document = document
      reading.manifest = PackageReader(files: files, faults: faults).manifest(document)
      reading.faults = faults.faults
    } catch {
      reading.faults = error.faults
    }
    return reading
  }

  /// As much as can be read of the description in a document; nil for another format, or for what is no map. Where anything is
  /// missing, there are faults.
  func manifest(_ document: Document) -> PackageManifest? {
    let map = document.map(faults)
    let format = map["format"].required("This version reads '\(PackageManifest.format)'").text()
    if let format, format != PackageManifest.format {
      // Another format has other fields: nothing else can be said of it.
      map["format"].fault(
        "'\(format.prefix(80))' is not known", remedy: "This version reads '\(PackageManifest.format)'")
      return nil
    }
    let name = name(map["name"].required())
    let version = version(map["version"].required())
    let model = fileName(map["model"].required("Name the ONNX file"))
    let variants = variants(map["variants"])
    let inputs = inputs(map["inputs"].required("Describe each input of the model"))
    var labelFile: String?
    let decoder = decoder(map["output"], inputs: inputs, labelFile: &labelFile)
    let schedule = schedule(map["schedule"])
    let crops = crops(map["crops"])
    let track = track(map["track"])
    let about = about(map)
    let hashes = hashes(map["sha256"])
    _ = map["tick"].choice(among: ["picture"])
    map.refuseOthers()
    var description: ModelDescription?
    // What has no name, or outputs that cannot be told, is compared with the model all the same; its faults keep it from being run.
    if let inputs {
      var whole = ModelDescription(
        name: name ?? "?", version: version ?? "?", inputs: inputs, decoder: decoder ?? .raw)
      whole.schedule = schedule
      whole.crops = crops
      whole.track = track
      whole.about = about
      description = whole
    }
    return PackageManifest(
      files: files, document: document, description: description, model: model, variants: variants, hashes: hashes,
      labelFile: labelFile)
  }

  private func name(_ field: DocumentField) -> String? {
    guard let text = field.text() else { return nil }
    let isName =
      !text.isEmpty && text.utf8.count <= 80
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    if !isName {
      field.fault("'\(text.prefix(80))' is no name", remedy: "Use letters, digits, '-', '_' and '.', 80 at most")
    }
    return isName ? text : nil
  }

  private func version(_ field: DocumentField) -> String? {
    guard let text = field.text() else { return nil }
    if SemanticVersion.isValid(text) { return text }
    field.fault(
      "'\(text.prefix(80))' is no semantic version", remedy: "Write it as 1.0.0, see semver.org")
    return nil
  }

  private func about(_ map: DocumentMap) -> ModelDescription.About {
    func line(_ key: String, _ limit: Int) -> String? {
      guard let text = map[key].text() else { return nil }
      guard !text.isEmpty, text.count <= limit else {
        map[key].fault("it has \(text.count) characters", remedy: "Give 1 to \(limit)")
        return nil
      }
      return text
    }
    return ModelDescription.About(
      task: line("task", 80), licence: line("licence", 20_000), source: line("source", 2000),
      summary: line("description", 20_000))
  }

  /// The name of a file inside the package.
  func fileName(_ field: DocumentField) -> String? {
    guard let text = field.text() else { return nil }
    if let fault = text.isEmpty ? "it is empty" : PackageFiles.fault(inName: text) {
      field.fault("'\(text.prefix(80))': \(fault)", remedy: "Name a file inside the package")
      return nil
    }
    return text
  }

  private func variants(_ field: DocumentField) -> PackageManifest.Variants {
    guard field.isPresent else { return .named([]) }
    if case .list? = field.content { return .ladder(ladder(field)) }
    guard let map = field.map() else { return .named([]) }
    let given = map.fields
    if given.count > PackageArchive.entryLimit {
      field.fault("there are \(given.count)", remedy: "Give \(PackageArchive.entryLimit) at most")
    }
    return .named(
      given.prefix(PackageArchive.entryLimit).compactMap { name, field in
        if PackageFiles.fault(inName: name) != nil || name.contains("/") {
          field.fault("'\(name.prefix(80))' is no name of a variant", remedy: "Use a short name, such as int8")
        }
        return fileName(field.required()).map { (name, $0) }
      })
  }

  /// The values of a list, of which there may not be many: the first ones, where there are more.
  func list(_ field: DocumentField, _ limit: Int) -> [DocumentField]? {
    guard let items = field.list() else { return nil }
    if items.count > limit { field.fault("there are \(items.count)", remedy: "Give \(limit) at most") }
    return Array(items.prefix(limit))
  }

  private func ladder(_ field: DocumentField) -> [(file: String, value: Double)] {
    let rungs = list(field, 8) ?? []
    var ladder: [(file: String, value: Double)] = []
    for rung in rungs {
      guard let rung = rung.map() else { continue }
      let above = ladder.last?.value ?? 1
      let file = fileName(rung["file"].required("Name the ONNX file"))
      let value = rung["value"].required("Say what a result counts beside one of the model itself").number()
      rung.refuseOthers()
      guard let value else { continue }
      guard value > 0, value <= above else {
        rung["value"].fault(
          "\(value) is out of range", remedy: "Give a number above 0 and at most \(above): the best form is first")
        continue
      }
      if let file { ladder.append((file, value)) }
    }
    return ladder
  }

  private func hashes(_ field: DocumentField) -> [String: String] {
    var hashes: [String: String] = [:]
    let given = field.map()?.fields ?? []
    if given.count > Self.hashLimit {
      field.fault("there are \(given.count)", remedy: "Keep only files of the package, \(Self.hashLimit) at most")
    }
    for (name, field) in given.prefix(Self.hashLimit) {
      if let fault = PackageFiles.fault(inName: name) {
        field.fault("'\(name.prefix(80))': \(fault)", remedy: "Name a file inside the package")
      }
      guard let hash = field.required().text() else { continue }
      guard SHA256.isDigest(hash) else {
        field.fault(
          "'\(hash.prefix(80))' is no SHA-256", remedy: "Give 64 hexadecimal digits, as sha256sum prints them")
        continue
      }
      hashes[name] = hash.lowercased()
    }
    return hashes
  }

  private func crops(_ field: DocumentField) -> CropDescription {
    var crops = CropDescription()
    for (name, field) in field.map()?.fields ?? [] {
      guard let text = setting(field), let (message, remedy) = crops.set(name, to: text) else { continue }
      field.fault(message, remedy: remedy)
    }
    return crops
  }

  /// `true`, or settings.
  private func track(_ field: DocumentField) -> TrackDescription? {
    guard field.isPresent else { return nil }
    if case .flag(let isOn)? = field.content { return isOn ? TrackDescription() : nil }
    var track = TrackDescription()
    for (name, field) in field.map()?.fields ?? [] {
      guard let text = setting(field), let (message, remedy) = track.set(name, to: text) else { continue }
      field.fault(message, remedy: remedy)
    }
    return track
  }

  private func schedule(_ field: DocumentField) -> ModelSchedule {
    var schedule = ModelSchedule()
    for (name, field) in field.map()?.fields ?? [] {
      guard let text = setting(field) else { continue }
      do throws(SchedulingError) {
        try schedule.set(name, to: text, location: "schedule")
      } catch {
        field.fault(error.message, remedy: error.remedy)
      }
    }
    return schedule
  }

  /// A setting as the command line writes it.
  private func setting(_ field: DocumentField) -> String? {
    if case .flag(let flag)? = field.content { return flag ? "yes" : "no" }
    return field.required().text()
  }
}
