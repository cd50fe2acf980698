internal import BraidCore
internal import BraidInference

/// From a model's outputs to what a `result` shows and to events.
struct ResultDecoding {
  /// An event as it was decoded.
  struct Event {
    var name: String
    var time: MediaTime
    var duration: MediaDuration
    var score: Float
    var isFinal: Bool
    /// The number it was told under while it was open.
    var id: Int?
  }

  /// How a decoder of events stands after a value.
  enum State: Equatable {
    /// Of intervals: whether one is under way that has lasted long enough to be told.
    case isOn(Bool)
    /// Of instants: whether the value made one certain.
    case happened(Bool)
  }

  private enum Kind {
    case events(output: Int, ModelDescription.Events)
    case detections(scores: Int, boxes: Int)
    case raw
  }

  private let kind: Kind
  // One of them, as the kind says. They are changed where they stand: a copy of one would copy its scratch.
  private var instants: InstantEventDecoder?
  private var intervals: IntervalEventDecoder?
  private var detections: DetectionDecoder?
  /// Which outputs have a shape that the model does not say.
  private let isFlat: [Bool]
  /// What is told where no decoder is known; its values only while a record is written.
  private var tensors: [ModelOutput.RawTensor]
  /// The number that the open interval was told under.
  var openEventID: Int?

  /// - Throws: ``PipelineError/Code/invalidDescription`` if the description names what the model does not have.
  init(description: ModelDescription, plan: Plan) throws(PipelineError) {
    isFlat = plan.outputs.map { $0.shape == nil }
    tensors = plan.outputs.map { ModelOutput.RawTensor(name: $0.name, shape: $0.shape?.dimensions ?? [], values: []) }
    let place = { (name: String) throws(PipelineError) -> Int in
      guard let index = plan.outputs.firstIndex(where: { $0.name == name }) else {
        let known = plan.outputs.map(\.name).joined(separator: ", ")
        throw PipelineError(
          .invalidDescription, "the model has no output '\(name)'", location: description.id,
          remedy: "Its outputs are \(known)")
      }
      return index
    }
    switch description.decoder {
    case .events(let output, let events):
      let index = try place(output)
      let values = plan.outputs[index].shape?.elementCount ?? 0
      let wanted = events.rows.isEmpty ? 1 : events.rows.count
      guard values == wanted else {
        throw PipelineError(
          .invalidDescription, "output '\(output)' has \(values) values, and the description has rows for \(wanted)",
          location: description.id, remedy: "Give one row for each value")
      }
      switch events.shape {
      case .instant:
        instants = InstantEventDecoder(
          threshold: events.threshold, minimumGap: .milliseconds(Int64(events.minimumGapMilliseconds)))
      case .interval:
        var settings = IntervalEventDecoder.Settings()
        settings.threshold = events.threshold
        settings.offThreshold = events.offThreshold
        settings.minimumOn = .milliseconds(Int64(events.minimumOnMilliseconds))
        settings.minimumOff = .milliseconds(Int64(events.minimumOffMilliseconds))
        settings.padding = .milliseconds(Int64(events.paddingMilliseconds))
        intervals = IntervalEventDecoder(settings)
      }
      kind = .events(output: index, events)
    case .detections(let settings):
      kind = .detections(scores: try place(settings.scores), boxes: try place(settings.boxes))
      detections = DetectionDecoder(settings)
    case .raw: kind = .raw
    }
  }

  /// What the `result` shows. It shares the job's values: ``endRecord()`` must follow before the job is run again.
  mutating func output(of job: ModelJob) -> ModelOutput {
    switch kind {
    case .events(let output, let events): return .scores(event: events.event, values: job.outputs[output])
    case .detections(let scores, let boxes):
      return .detections(detections?.decode(scores: job.outputs[scores], boxes: job.outputs[boxes]) ?? [])
    case .raw:
      for place in tensors.indices {
        tensors[place].values = job.outputs[place]
        if isFlat[place] { tensors[place].shape = [job.outputs[place].count] }
      }
      return .raw(tensors)
    }
  }

  /// What is told of the crop at a place of a job that has room for `limit`. Allocates.
  mutating func output(of job: ModelJob, crop place: Int, limit: Int) -> ModelOutput {
    func values(_ output: Int) -> [Float] {
      let count = job.outputs[output].count / limit
      return Array(job.outputs[output][place * count..<(place + 1) * count])
    }
    switch kind {
    case .events(let output, let events): return .scores(event: events.event, values: values(output))
    case .detections(let scores, let boxes):
      return .detections(detections?.decode(scores: values(scores), boxes: values(boxes)) ?? [])
    case .raw:
      return .raw(
        tensors.indices.map { output in
          var tensor = tensors[output]
          tensor.values = values(output)
          if isFlat[output] { tensor.shape = [tensor.values.count] }
          return tensor
        })
    }
  }

  /// Lets go of the values of the job whose record was written.
  mutating func endRecord() {
    for place in tensors.indices { tensors[place].values = [] }
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
    of job: ModelJob, times: (Int) -> MediaTime, length: MediaDuration, _ tell: (Event) -> Void,
    then: (State, MediaTime) -> Void
  ) {
    guard case .events(let output, let events) = kind else { return }
    for (place, score) in job.outputs[output].enumerated() {
      let time = times(place)
      let instant = instants?.push(score, at: time)
      if let instant { tell(Self.event(instant, events)) }
      if let found = intervals?.push(score, from: time, length: length) { tell(event(found, events)) }
      then(intervals.map { .isOn($0.isOn) } ?? .happened(instant != nil), time)
    }
  }

  /// Ends what is open: nothing follows, or not at once.
  mutating func endRun(at time: MediaTime, _ tell: (Event) -> Void) {
    guard case .events(_, let events) = kind else { return }
    if let found = instants?.end() { tell(Self.event(found, events)) }
    if let found = intervals?.end(at: time) { tell(event(found, events)) }
  }

  private static func event(_ found: InstantEventDecoder.Instant, _ events: ModelDescription.Events) -> Event {
    Event(
      name: events.event, time: found.time, duration: .zero, score: found.score, isFinal: true)
  }

  private func event(_ found: IntervalEventDecoder.Interval, _ events: ModelDescription.Events) -> Event {
    Event(
      name: events.event, time: found.start, duration: found.end - found.start, score: found.score,
      isFinal: found.isFinal, id: found.isFinal ? openEventID : nil)
  }
}
