internal import BraidCore
internal import BraidInference
internal import BraidMedia

/// A model that looks at crops of what another has found, and the other.
///
/// What the other tells of a frame comes in the order of frames and is kept in ``undecided`` until the session's thread can offer
/// it: telling a result must not wait for room. Each frame of the other's stream is accounted for: one that the other skipped is
/// skipped for the same reason, one without a detection is skipped because of the `gate`.
extension ModelStage {
  /// Whether it looks at crops.
  var takesCrops: Bool { feed.isCrops }

  /// Hands on what was found in a job's picture. Of the model whose detections they are.
  func feedCrops(_ detections: [ModelOutput.Detection], of job: ModelJob) {
    for stage in feeds { stage.take(detections, of: job, at: context.dispatcher.time.now) }
  }

  /// Hands on that a frame was not run on. Jobs under way come first.
  func feedSkip(_ reason: SkipReason, at time: MediaTime) {
    if !feeds.isEmpty { afterLive(.skipped(reason, time)) }
  }

  /// The same of a job that is about to be taken back.
  func feedSkip(_ reason: SkipReason, of job: ModelJob) {
    if !feeds.isEmpty { job.sequels.insert(.skipped(reason, job.asks), at: 0) }
  }

  /// Takes another's detections. Never waits.
  private func take(_ detections: [ModelOutput.Detection], of source: ModelJob, at now: HostTime) {
    guard case .crops(let feed) = feed else { return }
    guard failure == nil, let frame = source.original else {
      return undecided.append(.refusal(.shed, source.asks))
    }
    let job = newCropJob()
    guard feed.cut(detections, from: frame, into: job) else {
      discard(job)
      return undecided.append(.refusal(.gate, source.asks))
    }
    describe(job, frame: frame, taken: source.taken)
    job.epoch = source.epoch
    job.content = source.content
    job.frame = frame
    job.synchronised = source.synchronised
    job.cascaded = now
    undecided.append(.job(job))
  }

  /// What was found in the crops that were run: what each is of, and how many were left.
  func cropOutput(of job: ModelJob, limit: Int) -> ModelOutput {
    let (width, height) = (Float(max(1, job.pictureSize.width)), Float(max(1, job.pictureSize.height)))
    let crops = job.crops.prefix(job.runCount).enumerated().map { place, crop in
      let region = (
        x: Float(crop.region.x) / width, y: Float(crop.region.y) / height, width: Float(crop.region.width) / width,
        height: Float(crop.region.height) / height
      )
      let output = placement(of: job, region: crop.region)
        .placed(decoding.output(of: job, crop: place, limit: limit))
      return ModelOutput.Crop(detection: crop.detection, region: region, output: output)
    }
    return .crops(crops, left: job.found - crops.count)
  }
}
