internal import BraidCore
public import BraidInference
internal import Foundation

/// What a model is given in real use: samples made from clips by the session's own way from picture and sound to tensors, or
/// read from files of arrays.
public struct ModelMaterial: Sendable {
  /// The model, which may lie in an archive.
  public let package: ModelPackage
  /// Everything that was read: the model's files, and the material's.
  public let files: [String]
  /// What the model takes and means, where it is known.
  public let description: ModelDescription?
  /// In the order of their times.
  public let samples: [CalibrationSample]
  /// The shapes and constant inputs that the samples were made with.
  public let options: SessionOptions
  /// Inputs that carry state.
  public let states: Set<String>
  /// What was taken for granted.
  public let notes: [String]

  /// How material is gathered.
  public struct Options: Sendable {
    /// The most samples that are kept.
    public var limit = 240
    /// The most bytes that they take.
    public var byteLimit = 1 << 29
    /// Where models are looked for by name.
    public var folders: [String] = []
    /// Bounds on what the model may ask for.
    public var limits = ModelLimits.default
    /// Whole shapes for inputs, by name, for models that take arrays.
    public var inputShapes: [String: [Int]] = [:]
    /// A file that says which classes the samples are of, as ``LabelAccuracy`` counts them; see docs/quantization.md for its forms.
    public var labels: String?
    /// What is to be written of it, which must not be what is read.
    public var written: [WrittenFiles.File] = []

    /// 240 samples in at most half a gigabyte.
    public init() {}
  }

  /// Gathers samples.
  ///
  /// - Parameters:
  ///   - name: the model: a file, a package's folder, or the name of an installed one.
  ///   - sources: clips, `.npy` and `.npz` files, or folders of such.
  ///   - options: bounds.
  ///   - progress: called with what is being done.
  /// - Throws: ``PipelineError`` for what cannot be read or gives no samples; `InferenceError`.
  public init(
    model name: String, from sources: [String], options: Options = Options(), progress: ((String) -> Void)? = nil
  ) throws {
    let path = try ModelLocation.path(of: name, folders: options.folders)
    let package = try ModelPackage.open(path)
    let files = try Self.files(sources)
    try WrittenFiles.check(
      options.written, keeping: files + (options.labels.map { [$0] } ?? []) + ModelPackage.paths(path, package))
    let model = try package.load(limits: options.limits)
    let arrays = files.filter(ArraySamples.isArray)
    let clips = files.filter { !ArraySamples.isArray($0) }
    guard arrays.isEmpty || clips.isEmpty else {
      throw PipelineError(
        .configuration, "there are clips and arrays among what to calibrate with", location: "--calibrate",
        remedy: "Give one or the other")
    }
    self.package = package
    var notes: [String] = []
    var description = package.description
    var session = SessionOptions()
    session.inputShapes = options.inputShapes
    let labels = try options.labels.map(SampleLabels.init)
    var all: [CalibrationSample] = []
    var origins: [String] = []
    if !arrays.isEmpty {
      // What arrays hold needs no description; what comes out may have one.
      if description == nil, let known = try? KnownModels.description(of: model, path: package.modelPath),
        known.0.decoder != .raw
      {
        description = known.0
        notes.append("outputs are read as those of \(known.note)")
      }
      let read = try ArraySamples(model, arrays, constants: description?.constants ?? [:], limits: options.limits)
      (all, origins) = (read.samples, read.origins)
      session.inputShapes.merge(read.shapes) { $1 }
      session.constantInputs = description?.constants ?? [:]
    } else {
      if description == nil {
        let known = try KnownModels.description(of: model, path: package.modelPath)
        description = known.0
        notes.append(known.note)
      }
      guard description?.resultInput == nil else {
        throw PipelineError(
          .configuration, "the model takes the results of another, which a clip alone does not give",
          location: "--calibrate", remedy: "Give .npy files of what its inputs take")
      }
      for (place, clip) in clips.enumerated() {
        progress?(clips.count > 1 ? "clip \(place + 1) of \(clips.count): \(clip)" : clip)
        all += try Self.samples(of: name, clip, parts: clips.count, options)
        origins += repeatElement(clip, count: all.count - origins.count)
      }
      session.constantInputs = description?.constants ?? [:]
      for (input, tensor) in all.first?.inputs ?? [:] { session.inputShapes[input] = tensor.shape.dimensions }
    }
    try labels?.mark(
      &all, files: origins, isNumbered: !arrays.isEmpty,
      classes: description.flatMap { AnswerDecoder.classes($0.decoder) } ?? [])
    // Numbers of labels are those of the arrays, so what is too much goes after.
    if !arrays.isEmpty { all = Self.evenly(all, options) }
    samples = all
    self.files = files
    self.description = description
    self.options = session
    states = description?.states ?? []
    self.notes = notes
  }

  /// What the model was given while a session ran it on a clip.
  private static func samples(
    of model: String, _ clip: String, parts: Int, _ options: Options
  ) throws -> [CalibrationSample] {
    let tap = ModelTap(limit: max(8, options.limit / parts), byteLimit: options.byteLimit / parts)
    var configuration = SessionConfiguration(inputs: [clip])
    configuration.models = .named([model])
    configuration.features = .named("")
    configuration.modelFolders = options.folders
    configuration.modelLimits = options.limits
    configuration.skip = .none
    configuration.isDeterministic = true
    configuration.output = "/dev/null"
    configuration.tap = tap
    let failure = Guarded<(any DescribedError)?>(nil)
    let session = Session(
      configuration,
      observer: Session.Observer(
        note: { _ in }, error: { error in failure.withLock { if $0 == nil { $0 = error } } }, progress: nil))
    let status = session.run()
    if status != .done {
      throw failure.withLock { $0 }
        ?? PipelineError(.configuration, "the clip could not be run to its end", location: clip)
    }
    guard tap.runs > 0 else {
      throw PipelineError(
        .configuration, "nothing in it reached the model", location: clip,
        remedy: "Give a clip that is longer than one of the model's windows")
    }
    return tap.samples
  }

  /// As many of the samples as are kept, evenly spread.
  private static func evenly(_ samples: [CalibrationSample], _ options: Options) -> [CalibrationSample] {
    let room = max(2, min(options.limit, options.byteLimit / max(1, samples.first?.byteCount ?? 1)))
    guard samples.count > room else { return samples }
    return (0..<room).map { samples[$0 * samples.count / room] }
  }

  /// The files that `sources` name, those of folders by name.
  private static func files(_ sources: [String]) throws(PipelineError) -> [String] {
    var files: [String] = []
    for source in sources {
      var isFolder: ObjCBool = false
      guard unsafe FileManager.default.fileExists(atPath: source, isDirectory: &isFolder) else {
        throw PipelineError(
          .configuration, "there is no such file or folder", location: source, remedy: "Check the path")
      }
      guard isFolder.boolValue else {
        files.append(source)
        continue
      }
      let names = (try? FileManager.default.contentsOfDirectory(atPath: source)) ?? []
      let inside = names.filter { name in
        !name.hasPrefix(".") && ![".json", ".jsonl", ".csv"].contains { name.hasSuffix($0) }
      }.sorted()
      guard !inside.isEmpty else {
        throw PipelineError(
          .configuration, "the folder holds nothing to calibrate with", location: source,
          remedy: "Put clips or .npy files into it")
      }
      files += inside.map { "\(source)/\($0)" }
    }
    return files
  }
}

extension ModelDescription {
  /// The inputs that are always the same number.
  var constants: [String: Int] {
    var constants: [String: Int] = [:]
    for input in inputs { if case .constant(let value) = input.source { constants[input.name] = value } }
    return constants
  }

  /// The inputs that carry state.
  var states: Set<String> {
    Set(inputs.filter { if case .state = $0.source { true } else { false } }.map(\.name))
  }
}
