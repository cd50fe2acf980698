internal import BraidCore
internal import BraidInference
internal import BraidMedia

/// Results and events as records.
extension ModelStage {
  /// Tells what a job found, and hands it on to those that go by it.
  func tell(_ job: ModelJob, now: HostTime) {
    epoch = job.epoch
    result.model = id
    result.stream = stream.id
    result.epoch = job.epoch
    result.pts = job.start
    result.duration = job.duration
    result.isProbe = job.isProbe
    result.rung = job.rung
    result.lost = job.lost
    result.skews = job.skews
    result.captured = nil
    result.latency = nil
    result.budget = nil
    if context.output.showsTimes, let captured = job.captured {
      var latency = ResultRecord.Latency()
      latency.ring = job.taken - captured
      latency.sync = job.synchronised - job.taken
      latency.cascade = job.cascaded.map { $0 - job.synchronised }
      latency.features = job.ready - (job.cascaded ?? job.synchronised)
      latency.queue = job.started - job.ready
      latency.inference = job.finished - job.started
      latency.total = now - captured
      result.captured = context.output.wallTime(captured)
      result.latency = latency
      result.budget = context.budget
      totalTimes.record(latency.total)
    }
    if case .crops(let crops) = feed {
      result.output = cropOutput(of: job, limit: crops.limit)
    } else {
      result.output = placement(of: job).placed(decoding.output(of: job))
      follow(job)
    }
    for gate in opens { gate.hear(result.output, at: job.outputTime) }
    feed(job, result.output)
    let order = LineOrder(time: job.start, stream: stream.order, model: index)
    context.output.result(result, order: order)
    // The record must not share the job's values while the next run writes them.
    result.output = .none
    decoding.endRecord()
    if takesCrops { return }
    var found: [DecodedEvent] = []
    decoding.events(of: job, times: { time(ofValue: $0, of: job) }, length: valueLength) {
      found.append($0)
    } then: { state, time in
      for gate in opens { gate.hear(state, at: time) }
    }
    for event in found { tell(event, order: order) }
  }

  /// Where what the job's form was given lies in the picture; for a crop of it, the crop's.
  func placement(of job: ModelJob, region: PictureRegion? = nil) -> PicturePlacement {
    guard let fit = fits[job.rung], job.pictureSize.width > 0 else { return .whole }
    return fit.placement(of: region, in: job.pictureSize.width, job.pictureSize.height)
  }

  /// Where what the job's form was given of a region lies in that region.
  func placement(of job: ModelJob, within region: PictureRegion) -> PicturePlacement {
    fits[job.rung]?.placement(of: nil, in: region.width, region.height) ?? .whole
  }

  /// Tells an event that became certain.
  func tell(_ found: DecodedEvent, order: LineOrder) {
    var event = EventRecord()
    event.id = decoding.id(of: found) { context.output.newEventID() }
    event.name = found.name
    event.stream = stream.id
    event.model = id
    event.epoch = epoch
    event.pts = found.time
    event.duration = found.duration
    event.isFinal = found.isFinal
    event.score = found.score
    context.output.event(event, order: order)
  }
}
