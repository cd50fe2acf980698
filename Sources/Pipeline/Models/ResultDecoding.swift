internal import BraidCore
internal import BraidInference

/// From a model's outputs to what a `result` shows and to events.
struct ResultDecoding {
  /// One for each form of the model. They are changed where they stand: a copy of one would copy its scratch.
  private var decoders: [any OutputDecoder]
  private var events: (any EventDecoder)?
  /// The numbers that open events were told under, by the places of their labels.
  private var openEventIDs: [Int: Int] = [:]

  /// - Parameters:
  ///   - description: the model's.
  ///   - forms: its forms, the best first; at least one.
  /// - Throws: ``PipelineError/Code/invalidDescription`` if the description names what the model does not have.
  init(description: ModelDescription, forms: [Plan]) throws(PipelineError) {
    let names = forms[0].outputs.map(\.name)
    decoders = []
    for form in forms {
      let outputs = ModelOutputs(description, plan: form, names: names)
      decoders.append(try Self.decoder(description.decoder, outputs))
    }
    events = try Self.events(description.decoder, ModelOutputs(description, plan: forms[0], names: names))
  }

  private static func decoder(
    _ decoder: ModelDescription.Decoder, _ outputs: ModelOutputs
  ) throws(PipelineError) -> any OutputDecoder {
    switch decoder {
    case .events(let output, let events): ScoresDecoder(event: events.event, place: try outputs.place(of: output))
    case .labelledEvents(let settings):
      try ClassificationDecoder(
        lastStepOf: ModelDescription.Classification(
          output: settings.output, activation: settings.activation, labels: settings.labels), outputs: outputs)
    case .keywords(let settings):
      try ClassificationDecoder(
        ModelDescription.Classification(
          output: settings.output, activation: settings.activation, labels: settings.labels), outputs: outputs)
    case .ctc(let settings): try CTCDecoder(settings, outputs: outputs)
    case .detections(let settings): try DetectionDecoder(settings, outputs: outputs)
    case .classification(let settings): try ClassificationDecoder(settings, outputs: outputs)
    case .regression(let settings): try RegressionDecoder(settings, outputs: outputs)
    case .embedding(let settings): try EmbeddingDecoder(settings, outputs: outputs)
    case .mask(let settings): try MaskDecoder(settings, outputs: outputs)
    case .audio(let settings): try AudioDecoder(settings, outputs: outputs)
    case .raw: RawDecoder(outputs: outputs)
    }
  }

  private static func events(
    _ decoder: ModelDescription.Decoder, _ outputs: ModelOutputs
  ) throws(PipelineError) -> (any EventDecoder)? {
    switch decoder {
    case .events(let output, let events): try ScoredEventDecoder(events, output: output, outputs: outputs)
    case .labelledEvents(let settings): try ScoredEventDecoder(settings, outputs: outputs)
    case .keywords(let settings): try KeywordDecoder(settings, outputs: outputs)
    case .ctc(let settings): try CTCDecoder(settings, outputs: outputs)
    case .detections, .classification, .regression, .embedding, .mask, .audio, .raw: nil
    }
  }

  /// How many values one after another a run gives.
  var steps: Int { events?.steps ?? 1 }

  /// The names of the events that it tells; empty where they are not known before.
  var eventLabels: [String] { events?.labels ?? [] }

  /// What the `result` shows. It may share the job's values: ``endRecord()`` must follow before the job is run again.
  mutating func output(of job: ModelJob) -> ModelOutput {
    decoders[job.rung].decode(job.outputs)
  }

  /// What is told of the crop at a place of a job that has room for `limit`. Allocates.
  mutating func output(of job: ModelJob, crop place: Int, limit: Int) -> ModelOutput {
    let outputs = job.outputs.map { values in
      let count = values.count / limit
      return Array(values[place * count..<(place + 1) * count])
    }
    return decoders[job.rung].decode(outputs)
  }

  /// Lets go of the values of the job whose record was written.
  mutating func endRecord() {
    for place in decoders.indices { decoders[place].endRecord() }
  }

  /// Takes the job's values in the order of their times and gives the events that became certain.
  ///
  /// - Parameters:
  ///   - job: a finished job.
  ///   - times: the time of the value at a place of the output.
  ///   - length: how long one value stands for.
  ///   - tell: called for each event.
  ///   - then: called after each value, with its time.
  mutating func events(
    of job: ModelJob, times: (Int) -> MediaTime, length: MediaDuration, _ tell: (DecodedEvent) -> Void,
    then: (EventState, MediaTime) -> Void
  ) {
    events?.push(
      job.outputs, window: (job.start, job.duration), times: times, length: length, tell, then: then)
  }

  /// Ends what is open: nothing follows, or not at once.
  mutating func endRun(at time: MediaTime, _ tell: (DecodedEvent) -> Void) {
    events?.end(at: time, tell)
    for place in decoders.indices { decoders[place].reset() }
  }

  /// The number that an event is told under: a new one, or that under which it was told while it was open.
  mutating func id(of event: DecodedEvent, new: () -> Int) -> Int {
    guard event.isFinal else {
      let id = new()
      openEventIDs[event.label] = id
      return id
    }
    return openEventIDs.removeValue(forKey: event.label) ?? new()
  }
}
