internal import BraidCore
internal import BraidInference

/// A model whose finds are followed from picture to picture.
extension ModelStage {
  /// What follows a model's finds, if anything does. Its decoder then tells those too that only continue what is followed.
  static func tracker(_ description: inout ModelDescription) -> Tracker? {
    guard let track = description.track, case .detections(var detections) = description.decoder else { return nil }
    var settings = Tracker.Settings()
    settings.high = detections.threshold
    if let birth = track.birth { settings.birth = birth }
    if let lost = track.lost { settings.lost = lost }
    detections.threshold = min(detections.threshold, track.low ?? TrackDescription.low)
    description.decoder = .detections(detections)
    return Tracker(settings)
  }

  /// Gives what was found in a job's picture its numbers. They begin anew with each run of continuous time.
  func follow(_ job: ModelJob) {
    guard tracker != nil, case .detections(var found) = result.output else { return }
    result.output = .none
    if job.epoch != trackedEpoch { tracker?.reset() }
    trackedEpoch = job.epoch
    tracker?.update(&found, at: job.outputTime)
    result.output = .detections(found)
  }
}
