internal import BraidCore
internal import BraidInference

/// A form of a model: its own file, or one that the scheduler may run in its place.
struct LoadedForm {
  let path: String
  let model: Model
  /// What it takes: its pictures may be of another size than those of other forms.
  let description: ModelDescription
  /// What its results count; 1 for the best form.
  let value: Double
  /// The model made ready to run, on as many threads as it says.
  private(set) var plan: Plan
  private let options: SessionOptions

  init(
    path: String, model: Model, description: ModelDescription, value: Double, options: SessionOptions
  ) throws(InferenceError) {
    self.path = path
    self.model = model
    self.description = description
    self.value = value
    self.options = options
    plan = try Plan(model, options: options)
  }

  /// Makes it ready anew to run on so many threads, if it is not.
  mutating func divide(among threads: Int) throws(InferenceError) {
    guard plan.threads != threads else { return }
    var options = options
    options.threads = threads
    plan = try Plan(model, options: options)
  }

  /// Larger batches gain next to nothing, and each has the model's weights in memory once more.
  private static let largestBatch = 8

  /// The model made ready for 2, 4 and 8 pictures at once, as far as `limit` goes; none where it takes one at a time.
  func batches(upTo limit: Int, input: String) -> [(count: Int, plan: Plan)] {
    guard case .symbolic = model.inputs.first(where: { $0.name == input })?.dimensions.first,
      let shape = plan.inputs.first(where: { $0.name == input })?.shape
    else { return [] }
    var options = options
    options.threads = plan.threads
    var batches: [(count: Int, plan: Plan)] = []
    var count = 2
    while count <= min(limit, Self.largestBatch) {
      options.inputShapes[input] = [count] + shape.dimensions.dropFirst()
      // A model may say that it takes any number and then hold a shape for one: it runs on them one after another.
      guard let larger = try? Plan(model, options: options),
        zip(larger.outputs, plan.outputs).allSatisfy({ many, one in
          many.shape.map { $0.elementCount == count * (one.shape?.elementCount ?? 0) && $0.dimensions.first == count }
            ?? false
        })
      else { return batches }
      batches.append((count, larger))
      count *= 2
    }
    return batches
  }
}
