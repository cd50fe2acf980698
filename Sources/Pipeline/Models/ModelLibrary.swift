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
  }

  /// Loads the model that the user calls `name`: a path, or the name of a folder in one of the folders.
  ///
  /// - Throws: ``PipelineError``, `InferenceError`.
  static func load(_ name: String, _ options: Options) throws -> LoadedModel {
    let package = try ModelPackage.open(try ModelLocation.path(of: name, folders: options.folders))
    let model = try package.load(limits: options.limits)
    let description: ModelDescription
    var note: String?
    if let described = package.description {
      description = package.isRung ? described.resized(for: model) : described
    } else {
      (description, note) = try KnownModels.description(of: model, path: package.modelPath)
    }
    let best = try form(model, description, path: package.modelPath, value: 1, options)
    var others: [LoadedForm] = []
    for rung in options.takesLadder ? package.ladder : [] { others.append(try form(rung, like: best, options)) }
    return LoadedModel(given: name, best: best, others: others, note: note)
  }

  private static func form(
    _ model: Model, _ description: ModelDescription, path: String, value: Double, _ options: Options
  ) throws -> LoadedForm {
    try check(description, against: model, path: path)
    var session = SessionOptions()
    session.threads = options.threads
    session.kernels = options.kernels
    for input in description.inputs {
      switch input.source {
      case .constant(let value): session.constantInputs[input.name] = value
      case .samples(let window): session.inputShapes[input.name] = [1, window.context + window.hop]
      case .picture, .features, .state: break
      }
    }
    let form = try LoadedForm(path: path, model: model, description: description, value: value, options: session)
    try check(description, against: form.plan, path: path)
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
      model, best.description.resized(for: model), path: rung.modelPath, value: rung.value, options)
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

  private static func check(
    _ description: ModelDescription, against model: Model, path: String
  ) throws(PipelineError) {
    let known = Set(model.inputs.map(\.name))
    for input in description.inputs where !known.contains(input.name) {
      throw PipelineError(
        .invalidDescription, "the model has no input '\(input.name)'", location: path,
        remedy: "Its inputs are \(model.inputs.map(\.name).joined(separator: ", "))")
    }
    for input in model.inputs where !description.inputs.contains(where: { $0.name == input.name }) {
      throw PipelineError(
        .invalidDescription, "nothing is said of the model's input '\(input.name)'", location: path,
        remedy: "Describe it in braid.json")
    }
  }

  /// Checks that what will be staged has as many values as the plan's inputs.
  private static func check(
    _ description: ModelDescription, against plan: Plan, path: String
  ) throws(PipelineError) {
    for input in description.inputs {
      let count: Int
      switch input.source {
      case .picture(let picture):
        count = picture.width * picture.height * picture.colour.channels * picture.frames
      case .features(let window): count = window.rows * window.bands
      case .samples(let window): count = window.context + window.hop
      case .state, .constant: continue
      }
      guard let info = plan.inputs.first(where: { $0.name == input.name }), let shape = info.shape else { continue }
      guard shape.elementCount == count else {
        throw PipelineError(
          .invalidDescription,
          "input '\(input.name)' is \(shape), which is not the \(count) values that the description makes",
          location: path, remedy: "Make the description's sizes those of the model")
      }
    }
  }
}

extension ModelDescription {
  /// The same for a form of the model whose single pictures are of another size: that of its input.
  fileprivate func resized(for model: Model) -> ModelDescription {
    var resized = self
    for (place, input) in inputs.enumerated() where !isMoment {
      guard case .picture(var picture) = input.source, picture.frames == 1,
        let sizes = model.inputs.first(where: { $0.name == input.name })?.dimensions, sizes.count == 4
      else { continue }
      // The number of pictures at once may be open.
      let (first, second) = picture.layout == .nchw ? (sizes[2], sizes[3]) : (sizes[1], sizes[2])
      guard case .fixed(let height) = first, case .fixed(let width) = second else { continue }
      (picture.height, picture.width) = (height, width)
      resized.inputs[place].source = .picture(picture)
    }
    return resized
  }
}
