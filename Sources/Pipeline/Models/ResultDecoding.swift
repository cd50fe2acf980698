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
    var isInstant: Bool
    /// The number it was told under while it was open.
    var id: Int?
  }

  private enum Decoder {
    case instants(output: Int, ModelDescription.Events, InstantEventDecoder)
    case intervals(output: Int, ModelDescription.Events, IntervalEventDecoder)
    case detections(scores: Int, boxes: Int, DetectionDecoder)
    case raw
  }

  private var decoder: Decoder
  private let outputs: [TensorInfo]
  /// The number that the open interval was told under.
  var openEventID: Int?

  /// - Throws: ``PipelineError/Code/invalidDescription`` if the description names what the model does not have.
  init(description: ModelDescription, plan: Plan) throws(PipelineError) {
    outputs = plan.outputs
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
        let decoder = InstantEventDecoder(
          threshold: events.threshold, minimumGap: .milliseconds(Int64(events.minimumGapMilliseconds)))
        self.decoder = .instants(output: index, events, decoder)
      case .interval:
        var settings = IntervalEventDecoder.Settings()
        settings.threshold = events.threshold
        settings.offThreshold = events.offThreshold
        settings.minimumOn = .milliseconds(Int64(events.minimumOnMilliseconds))
        settings.minimumOff = .milliseconds(Int64(events.minimumOffMilliseconds))
        settings.padding = .milliseconds(Int64(events.paddingMilliseconds))
        self.decoder = .intervals(output: index, events, IntervalEventDecoder(settings))
      }
    case .detections(let settings):
      decoder = .detections(
        scores: try place(settings.scores), boxes: try place(settings.boxes), DetectionDecoder(settings))
    case .raw: decoder = .raw
    }
  }

  /// What the `result` shows.
  mutating func output(of job: ModelJob) -> ModelOutput {
    switch decoder {
    case .instants(let output, let events, _), .intervals(let output, let events, _):
      return .scores(event: events.event, values: job.outputs[output])
    case .detections(let scores, let boxes, var detections):
      let found = detections.decode(scores: job.outputs[scores], boxes: job.outputs[boxes])
      decoder = .detections(scores: scores, boxes: boxes, detections)
      return .detections(found)
    case .raw:
      return .raw(
        zip(outputs, job.outputs).map { info, values in
          ModelOutput.RawTensor(name: info.name, shape: info.shape?.dimensions ?? [values.count], values: values)
        })
    }
  }

  /// Takes the job's values in the order of their times and gives the events that became certain.
  ///
  /// - Parameters:
  ///   - job: a finished job.
  ///   - times: the time of the value at a place of the output.
  ///   - length: how long one value stands for.
  ///   - tell: called for each event.
  mutating func events(of job: ModelJob, times: (Int) -> MediaTime, length: MediaDuration, _ tell: (Event) -> Void) {
    switch decoder {
    case .instants(let output, let events, var instants):
      for (place, score) in job.outputs[output].enumerated() {
        let found = instants.push(score, at: times(place))
        if let found { tell(Self.event(found, events)) }
      }
      decoder = .instants(output: output, events, instants)
    case .intervals(let output, let events, var intervals):
      for (place, score) in job.outputs[output].enumerated() {
        let found = intervals.push(score, from: times(place), length: length)
        if let found { tell(event(found, events)) }
      }
      decoder = .intervals(output: output, events, intervals)
    case .detections, .raw: break
    }
  }

  /// Ends what is open: nothing follows, or not at once.
  mutating func endRun(at time: MediaTime, _ tell: (Event) -> Void) {
    switch decoder {
    case .instants(let output, let events, var instants):
      if let found = instants.end() { tell(Self.event(found, events)) }
      decoder = .instants(output: output, events, instants)
    case .intervals(let output, let events, var intervals):
      if let found = intervals.end(at: time) { tell(event(found, events)) }
      decoder = .intervals(output: output, events, intervals)
    case .detections, .raw: break
    }
  }

  private static func event(_ found: InstantEventDecoder.Instant, _ events: ModelDescription.Events) -> Event {
    Event(
      name: events.event, time: found.time, duration: .zero, score: found.score, isFinal: true, isInstant: true)
  }

  private func event(_ found: IntervalEventDecoder.Interval, _ events: ModelDescription.Events) -> Event {
    Event(
      name: events.event, time: found.start, duration: found.end - found.start, score: found.score,
      isFinal: found.isFinal, isInstant: false, id: found.isFinal ? openEventID : nil)
  }
}
