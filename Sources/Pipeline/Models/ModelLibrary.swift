internal import BraidCore
internal import BraidInference

/// Finds models by name or path.
enum ModelLibrary {
  /// How models are loaded.
  struct Options {
    /// Where models are looked for by name, in this order.
    var folders: [String]
    /// Threads within a run.
    var threads: Int
    var kernels: KernelChoice
    var limits: ModelLimits
    /// Whether the smaller forms are of use that a package may have.
    var takesLadder: Bool
    /// Whether pictures may come as the bytes that a model makes of them first.
    var takesBytes: Bool
  }

  /// Loads the model that the user calls `name`: a path, or the name of a folder in one of the folders.
  ///
  /// - Throws: ``PipelineError``, `InferenceError`.
  static func load(_ name: String, _ options: Options) throws -> LoadedModel {
    let package = try ModelPackage.open(
      try ModelLocation.path(of: name, folders: options.folders), limits: options.limits)
    let model = try package.load(limits: options.limits)
    let description: ModelDescription
    var note: String?
    if let described = package.description {
      description = package.isRung ? described.resized(for: model) : described
    } else {
      (description, note) = try KnownModels.description(of: model, path: package.modelPath)
    }
    let best = try form(model, description, path: package.modelPath, value: 1, options) { package.error(of: $0) }
    var others: [LoadedForm] = []
    for rung in options.takesLadder ? package.ladder : [] { others.append(try form(rung, like: best, options)) }
    return LoadedModel(given: name, best: best, others: others, note: note)
  }

  /// Makes a model ready as it is described.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - description: what it takes and gives.
  ///   - path: where errors say that it lies.
  ///   - value: what its results count.
  ///   - options: how models are loaded.
  ///   - refuse: the error of faults in the description.
  /// - Returns: the form.
  /// - Throws: that error; `InferenceError` where it cannot be made ready.
  private static func form(
    _ model: Model, _ description: ModelDescription, path: String, value: Double, _ options: Options,
    refuse: ([DescriptionFault]) -> any Error
  ) throws -> LoadedForm {
    let faults = description.contradictions(to: model, plan: nil)
    guard faults.isEmpty else { throw refuse(faults) }
    var session = description.sessionOptions(for: model)
    session.threads = options.threads
    session.kernels = options.kernels
    if options.takesBytes, let (input, _) = description.onePicture { session.storedInputs = [input] }
    let form = try LoadedForm(path: path, model: model, description: description, value: value, options: session)
    let others = description.contradictions(to: model, plan: form.plan)
    guard others.isEmpty else { throw refuse(others) }
    return form
  }

  /// Loads a smaller form of a model, which must take and give the same.
  private static func form(_ rung: ModelPackage.Rung, like best: LoadedForm, _ options: Options) throws -> LoadedForm {
    func differs(_ what: String, _ remedy: String) -> PipelineError {
      PipelineError(.invalidDescription, what, location: rung.location, remedy: remedy)
    }
    guard !best.description.carriesState else {
      throw differs("a model that carries state has no other forms", "Leave out 'variants'")
    }
    let model = try rung.load(limits: options.limits)
    let form = try form(
      model, best.description.resized(for: model), path: rung.modelPath, value: rung.value, options
    ) {
      differs($0.map { "\(rung.modelPath): \($0.message)" }.joined(separator: "; "), $0.first?.remedy ?? "")
    }
    let isSameSize = if case .detections = best.description.decoder { false } else { true }
    for output in best.plan.outputs {
      guard let other = form.plan.outputs.first(where: { $0.name == output.name }) else {
        let known = form.plan.outputs.map(\.name).joined(separator: ", ")
        throw differs("\(rung.modelPath) has no output '\(output.name)', but \(known)", "Export it as the model itself")
      }
      guard !isSameSize || other.shape == output.shape else {
        throw differs(
          "output '\(output.name)' is \(other.shape.map { "\($0)" } ?? "of an open shape") in \(rung.modelPath), not "
            + (output.shape.map { "\($0)" } ?? "of an open shape"), "Export it as the model itself")
      }
    }
    return form
  }
}
