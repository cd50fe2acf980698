internal import BraidCore
internal import BraidInference
internal import BraidMedia

/// A model that looks at crops of what another has found. A frame without a detection is skipped because of the `gate`.
extension ModelStage {
  /// Whether it looks at crops.
  var takesCrops: Bool { feed.isCrops }

  /// Takes another's detections. Never waits.
  func takeDetections(_ detections: [ModelOutput.Detection], of source: ModelJob, at now: HostTime) {
    guard case .crops(let feed) = feed else { return }
    guard failure == nil, let frame = source.original else {
      return undecided.append(.refusal(.shed, source.asks))
    }
    let job = newFedJob()
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
      let found = decoding.output(of: job, crop: place, limit: limit)
      // Masks are of the region: of the whole picture they would be many times as large.
      let placed =
        if case .masks = found { placement(of: job, within: crop.region) } else {
          placement(of: job, region: crop.region)
        }
      let output = placed.placed(found)
      return ModelOutput.Crop(detection: crop.detection, region: region, output: output)
    }
    return .crops(crops, left: job.found - crops.count)
  }
}
