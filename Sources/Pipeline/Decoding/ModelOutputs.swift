internal import BraidCore
internal import BraidInference

/// What a form of a model gives, and the picture that it takes: what decoders are made for.
struct ModelOutputs {
  /// An output by its name; its shape is nil where the model does not say it.
  struct Output {
    var name: String
    var shape: [Int]?
  }

  /// Whose they are, for errors.
  let id: String
  let outputs: [Output]
  /// The size of the picture that the model takes; nil for one that takes none.
  let picture: (width: Int, height: Int)?

  init(id: String, outputs: [Output], picture: (width: Int, height: Int)?) {
    self.id = id
    self.outputs = outputs
    self.picture = picture
  }

  /// Those of a form of a described model, in the order of `names`.
  init(_ description: ModelDescription, plan: Plan, names: [String]) {
    id = description.id
    outputs = names.map { name in
      Output(name: name, shape: plan.outputs.first { $0.name == name }?.shape?.dimensions)
    }
    var size: (Int, Int)?
    for input in description.inputs where size == nil {
      guard case .picture(let picture) = input.source else { continue }
      size = (picture.width, picture.height)
      // A smaller form takes pictures of another size.
      guard let shape = plan.inputs.first(where: { $0.name == input.name })?.shape?.dimensions, shape.count == 4 else {
        continue
      }
      size = picture.layout == .nchw ? (shape[3], shape[2]) : (shape[2], shape[1])
    }
    picture = size
  }

  /// The place of an output.
  ///
  /// - Throws: ``PipelineError/Code/invalidDescription`` if the model has none of that name.
  func place(of name: String) throws(PipelineError) -> Int {
    guard let place = outputs.firstIndex(where: { $0.name == name }) else {
      let guess = Spelling.guess(name, among: outputs.map(\.name)).map { "Did you mean \($0)? " } ?? ""
      throw fault(
        "the model has no output '\(name)'", guess + "Its outputs are \(outputs.map(\.name).joined(separator: ", "))")
    }
    return place
  }

  /// The shape of an output.
  ///
  /// - Throws: ``PipelineError/Code/invalidDescription`` if the model has no such output, or does not say its shape.
  func shape(of name: String) throws(PipelineError) -> [Int] {
    guard let shape = outputs[try place(of: name)].shape else {
      throw fault("the model does not say the shape of output '\(name)'", "Export it with fixed shapes")
    }
    return shape
  }

  /// The number of values of an output.
  func count(of name: String) throws(PipelineError) -> Int { try shape(of: name).reduce(1, *) }

  /// Checks that there is a label for each class, where there are labels at all.
  func check(_ labels: [String], classes: Int, of name: String) throws(PipelineError) {
    guard !labels.isEmpty, labels.count != classes else { return }
    throw fault(
      "output '\(name)' has \(classes) classes, and there are \(labels.count) labels",
      labels.count < classes
        ? "Give \(classes - labels.count) more, in the order of the model's classes"
        : "Take \(labels.count - classes) out of them")
  }

  func fault(_ message: String, _ remedy: String) -> PipelineError {
    PipelineError(.invalidDescription, message, location: id, remedy: remedy)
  }
}
