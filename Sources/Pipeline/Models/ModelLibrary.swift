internal import BraidCore
internal import BraidInference

/// A model that was found, loaded and described, before it is bound to a stream.
struct LoadedModel {
  /// What the user called it.
  let given: String
  let path: String
  let model: Model
  /// The model made ready to run, on as many threads as it says.
  private(set) var plan: Plan
  private let options: SessionOptions
  let description: ModelDescription
  /// What was taken for granted about a model without a description.
  let note: String?

  init(given: String, path: String, model: Model, options: SessionOptions, description: ModelDescription, note: String?)
    throws(InferenceError)
  {
    self.given = given
    self.path = path
    self.model = model
    self.options = options
    self.description = description
    self.note = note
    plan = try Plan(model, options: options)
  }

  /// Makes it ready anew to run on so many threads, if it is not.
  mutating func divide(among threads: Int) throws(InferenceError) {
    guard plan.threads != threads else { return }
    var options = options
    options.threads = threads
    plan = try Plan(model, options: options)
  }
}

/// Finds models by name or path.
enum ModelLibrary {
  /// Loads the model that the user calls `name`: a path, or the name of a folder in one of `folders`.
  ///
  /// - Throws: ``PipelineError``, `InferenceError`.
  static func load(
    _ name: String, folders: [String], threads: Int, kernels: KernelChoice, limits: ModelLimits
  ) throws -> LoadedModel {
    let package = try ModelPackage.open(try ModelLocation.path(of: name, folders: folders))
    let model = try Model.load(path: package.modelPath, limits: limits)
    let description: ModelDescription
    var note: String?
    if let described = package.description {
      description = described
    } else {
      (description, note) = try KnownModels.description(of: model, path: package.modelPath)
    }
    try check(description, against: model, path: package.modelPath)
    var options = SessionOptions()
    options.threads = threads
    options.kernels = kernels
    for input in description.inputs {
      switch input.source {
      case .constant(let value): options.constantInputs[input.name] = value
      case .samples(let window): options.inputShapes[input.name] = [1, window.context + window.hop]
      case .picture, .features, .state: break
      }
    }
    let loaded = try LoadedModel(
      given: name, path: package.modelPath, model: model, options: options, description: description, note: note)
    try check(description, against: loaded.plan, path: package.modelPath)
    return loaded
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
