internal import BraidCore
internal import BraidInference

/// A model that others take what it finds of, and those.
///
/// What it tells of a frame or window comes in the order of time and is kept in ``undecided`` of the others until the session's
/// thread can offer it: telling a result must not wait for room. Each frame is accounted for: one that it skipped is skipped by the
/// others for the same reason.
extension ModelStage {
  /// Hands on what was found by a job.
  func feed(_ job: ModelJob, _ output: ModelOutput) {
    for stage in feeds {
      switch stage.feed {
      case .crops:
        if let found = output.detections { stage.takeDetections(found, of: job, at: context.dispatcher.time.now) }
      case .results: stage.takeResult(of: job, at: context.dispatcher.time.now)
      case .picture, .pictures, .features, .samples, .moment: continue
      }
    }
  }

  /// Hands on that a frame was not run on. Jobs under way come first.
  func feedSkip(_ reason: SkipReason, at time: MediaTime) {
    if !feeds.isEmpty { afterLive(.skipped(reason, time)) }
  }

  /// The same of a job that is about to be taken back.
  func feedSkip(_ reason: SkipReason, of job: ModelJob) {
    if !feeds.isEmpty { job.sequels.insert(.skipped(reason, job.asks), at: 0) }
  }

  /// Takes that the model that feeds it did not run on something.
  func takeSkip(_ reason: SkipReason, at time: MediaTime) {
    if case .results(let history, _) = feed { history.removeAll() }
    undecided.append(.refusal(reason, time))
  }
}
