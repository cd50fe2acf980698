public import BraidCore

/// A package, or a model by itself, looked at as a whole: what it says, what it has, and everything that is wrong with it.
public struct PackageInspection: Sendable {
  /// A file of the package.
  public struct File: Hashable, Sendable {
    /// Its path inside the package.
    public var name: String
    /// Its size.
    public var byteCount: Int
    /// Its SHA-256; nil where it cannot be read.
    public var sha256: String?
    /// The SHA-256 that the package says; nil where it says none.
    public var expected: String?
  }

  /// A form of the model: itself, or a variant.
  public struct Form: Sendable {
    /// The field that names it: `model`, `variants.int8`, `variants[0].file`.
    public var field: String
    /// Its file inside the package.
    public var file: String
    /// The model; nil where it cannot be loaded, and of variants, of which there may be many.
    public var model: Model?
    /// What it takes: its pictures may be of another size than described, where it is of a ladder.
    public var description: ModelDescription?
    /// It made ready; nil where it cannot be, and of variants.
    public var plan: Plan?
  }

  /// What errors call it.
  public let path: String
  /// The description's file; nil for a model by itself.
  public private(set) var descriptionFile: String?
  /// What it says, or what is known of a model by itself; nil where too little of it can be read.
  public private(set) var description: ModelDescription?
  /// What was taken for granted of a model without a description; nil where it has one.
  public private(set) var note: String?
  /// The files, by name.
  public private(set) var files: [File] = []
  /// The model, and its other forms.
  public private(set) var forms: [Form] = []
  /// Everything that is wrong, in the order of the description.
  public var faults: [DocumentFault] { collected.sorted() }
  /// What is not wrong and yet good to know: forms that run, but not in sessions.
  public private(set) var warnings: [DocumentFault] = []
  private var collected = FaultList()
  private var document: Document?

  /// Looks at what lies at a path: a folder, an archive, or an ONNX file, which is looked at by itself.
  ///
  /// Every file is read, and every form of the model loaded, made ready and run once on zeros.
  ///
  /// - Parameters:
  ///   - path: where it lies.
  ///   - limits: bounds on what is read.
  /// - Throws: `unreadable` where there is nothing; `not-an-archive` or `limit-exceeded` for an archive that nothing can be read of.
  public init(path: String, limits: ModelLimits = .default) throws(InferenceError) {
    self.path = path
    guard ModelPackage.exists(at: path) else {
      throw InferenceError(.unreadable, "there is no such model", location: path, remedy: "Check the path")
    }
    if ModelPackage.isPackage(path) {
      try inspect(PackageFiles(path: path, limits: limits), limits)
    } else {
      try inspect(try ModelPackage.open(path, limits: limits), limits)
    }
  }

  /// Adds a fault of a field, with its place.
  public mutating func add(_ fault: DescriptionFault) {
    collected.add(
      DocumentFault(
        place: document?.place(of: fault.field), field: fault.field, message: fault.message, remedy: fault.remedy))
  }

  /// The description's file and the place of a fault, as errors tell them: `faces/braid.json:3:5`.
  public func location(of fault: DocumentFault) -> String {
    let file = descriptionFile ?? path
    return fault.place.map { "\(file):\($0)" } ?? file
  }

  // MARK: A package

  private mutating func inspect(_ package: PackageFiles, _ limits: ModelLimits) throws(InferenceError) {
    let reading = try PackageReader.read(package)
    descriptionFile = reading.file
    document = reading.document
    for fault in reading.faults { collected.add(fault) }
    let manifest = reading.manifest
    description = manifest?.description
    readFiles(package, manifest, limits)
    guard let manifest else { return }
    if let model = manifest.model {
      load("model", manifest.file(model), isRung: false, limits)
    }
    switch manifest.variants {
    case .named(let variants):
      for variant in variants { load("variants.\(variant.name)", manifest.file(variant.file), isRung: false, limits) }
    case .ladder(let rungs):
      for (place, rung) in rungs.enumerated() {
        load("variants[\(place)].file", manifest.file(rung.file), isRung: true, limits)
      }
    }
  }

  /// Lists files with their hashes, and notes those that are missing, unnamed, or others than they should be.
  private mutating func readFiles(_ package: PackageFiles, _ manifest: PackageManifest?, _ limits: ModelLimits) {
    let hashes = manifest?.hashes ?? [:]
    let names = package.namedDescription == nil ? package.names() : manifest?.mentioned ?? []
    for name in names where !PackageFiles.descriptions.contains(name) {
      guard let byteCount = package.byteCount(of: name) else { continue }
      let expected = hashes[name]
      var file = File(name: name, byteCount: byteCount, sha256: nil, expected: expected)
      do throws(InferenceError) {
        file.sha256 = SHA256.digest(try package.read(name, limit: limits.fileBytes))
      } catch {
        add(DescriptionFault(Self.field(ofHash: name), error.description, remedy: ""))
      }
      files.append(file)
      if let found = file.sha256, let expected, found != expected {
        add(
          DescriptionFault(
            Self.field(ofHash: name), "the SHA-256 of \(name) is \(found), and the package says \(expected)",
            remedy: "Fetch the package again; if you changed the file yourself, 'braid model pack' writes the new hash")
        )
      }
      if expected == nil, !hashes.isEmpty {
        add(
          DescriptionFault(
            "sha256", "\(name) is in the package, and its hash is not given",
            remedy: "Remove the file, or let 'braid model pack' write the hash"))
      }
    }
    let present = Set(files.map(\.name))
    for name in hashes.keys.sorted() where !present.contains(name) {
      let guess = Spelling.guess(name, among: files.map(\.name)).map { "Did you mean '\($0)'? " } ?? ""
      add(
        DescriptionFault(
          Self.field(ofHash: name), "\(name) is not in the package",
          remedy: "\(guess)Add the file, or leave its hash out"))
    }
  }

  private static func field(ofHash name: String) -> String { DocumentField.path("sha256", name) }

  // MARK: Models

  /// Loads a form, and notes in what it and the description contradict each other.
  private mutating func load(_ field: String, _ file: PackageFile, isRung: Bool, _ limits: ModelLimits) {
    var form = Form(field: field, file: file.name)
    defer {
      if !forms.isEmpty { (form.model, form.plan) = (nil, nil) }
      forms.append(form)
    }
    do throws(InferenceError) {
      let model = try file.withoutHashes.model(limits: limits)
      form.model = model
      guard let description else {
        form.plan = try? Plan(model)
        return
      }
      let own = isRung ? description.resized(for: model) : description
      form.description = own
      let before = own.contradictions(to: model, plan: nil)
      guard before.isEmpty else { return addAll(before, of: file, isModel: field == "model" || field.isEmpty) }
      let plan = try Plan(model, options: own.sessionOptions(for: model))
      form.plan = plan
      let after = own.contradictions(to: model, plan: plan)
      guard after.isEmpty else { return addAll(after, of: file, isModel: field == "model" || field.isEmpty) }
      try InferenceSession(plan).run()
    } catch {
      let located = error.location.hasPrefix(file.location) ? error : error.within(file.location)
      if error.runsNodeByNode, let model = form.model, let own = form.description, runsNodeByNode(model, own) {
        return warnings.append(
          DocumentFault(
            place: document?.place(of: field), field: field,
            message: "it is run node by node, which sessions do not do: \(error.reason)",
            remedy: "Export it with fixed shapes to run it in sessions; 'braid model run' runs it as it is"))
      }
      add(
        DescriptionFault(
          field, "\(located.location): \(located.message)\(located.cause.map { " (\($0))" } ?? "")",
          remedy: error.remedy))
    }
  }

  /// Whether it gives anything for zeros, with 1 for open dimensions.
  private func runsNodeByNode(_ model: Model, _ description: ModelDescription) -> Bool {
    do throws(InferenceError) {
      let options = description.sessionOptions(for: model)
      var values: [String: ModelValue] = [:]
      for info in model.inputs where info.form == .tensor && options.constantInputs[info.name] == nil {
        values[info.name] = .tensor(try Tensor(zeros: try PlanBuilder.type(of: info, options, model.limits)))
      }
      _ = try DynamicSession(model, options: options).run(values)
      return true
    } catch {
      return false
    }
  }

  private mutating func addAll(_ faults: [DescriptionFault], of file: PackageFile, isModel: Bool) {
    for fault in faults {
      let message = isModel ? fault.message : "\(file.name): \(fault.message)"
      add(DescriptionFault(fault.field, message, remedy: fault.remedy))
    }
  }

  // MARK: A model by itself

  private mutating func inspect(_ package: ModelPackage, _ limits: ModelLimits) throws(InferenceError) {
    let file = package.file
    document = package.document
    descriptionFile = package.document?.file
    description = package.description
    if let byteCount = file.files.byteCount(of: file.name) {
      files.append(File(name: file.name, byteCount: byteCount, sha256: nil, expected: file.hashes[file.name]))
    }
    do throws(InferenceError) {
      let model = try package.load(limits: limits)
      if !files.isEmpty { files[0].sha256 = model.sha256 }
      if description == nil { (description, note) = try KnownModels.description(of: model, path: file.location) }
    } catch {
      if error.code == .hashMismatch || error.code == .undescribedModel {
        add(DescriptionFault("", error.message, remedy: error.remedy))
      }
    }
    load("", file, isRung: package.isRung, limits)
  }
}

/// Faults in the order of a document.
private struct FaultList: Sendable {
  private var faults: [DocumentFault] = []

  mutating func add(_ fault: DocumentFault) { faults.append(fault) }

  func sorted() -> [DocumentFault] {
    let ordered = DocumentFaults(file: "")
    for fault in faults { ordered.add(fault) }
    return ordered.faults
  }
}
