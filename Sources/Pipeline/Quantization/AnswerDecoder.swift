internal import BraidCore
internal import BraidInference

/// From a model's output tensors to what they mean, outside of a session.
struct AnswerDecoder {
  let description: ModelDescription
  private var decoding: ResultDecoding
  private let job: ModelJob

  /// - Parameters:
  ///   - description: what the outputs mean.
  ///   - plan: the model's, for its outputs' names and shapes.
  /// - Throws: ``PipelineError/Code/invalidDescription`` if the description names what the model does not have.
  init(_ description: ModelDescription, _ plan: Plan) throws(PipelineError) {
    self.description = description
    decoding = try ResultDecoding(description: description, forms: [plan])
    job = ModelJob(place: 0, model: 0, staged: [], outputs: [plan.outputs.map { _ in 0 }])
  }

  /// What a model said: a tensor for each of its outputs, in their order.
  mutating func output(_ tensors: [Tensor]) -> ModelOutput {
    for place in job.forms[0].indices where place < tensors.count {
      job.forms[0][place] =
        tensors[place].elementType == .float32
        ? tensors[place].array(of: Float.self) : tensors[place].doubles.map { Float($0) }
    }
    let output = decoding.output(of: job)
    decoding.endRecord()
    return output
  }

  /// The class that a model sees first, by its label or else its number, or of one event whether it is there: its name, or
  /// ``none``. Nil where it sees none, or its outputs mean something else; see ``classes(_:)``.
  mutating func label(_ tensors: [Tensor]) -> String? {
    switch (description.decoder, output(tensors)) {
    case (_, .classes(let classes)): classes.first?.label
    case (.events(_, let events), .scores(let event, let values)):
      values.first.map { $0 >= events.threshold ? event : Self.none }
    default: nil
    }
  }

  /// What stands for an event that is not there.
  static let none = "none"

  /// The labels of the classes that ``label(_:)`` tells one of, empty where they have no names; nil for models that tell no classes.
  static func classes(_ decoder: ModelDescription.Decoder) -> [String]? {
    switch decoder {
    case .classification(let settings): settings.labels
    case .keywords(let settings): settings.labels
    case .labelledEvents(let settings): settings.labels
    case .events(_, let events): events.rows.count <= 1 ? [events.event, none] : nil
    case .ctc, .detections, .regression, .embedding, .mask, .audio, .raw: nil
    }
  }
}
