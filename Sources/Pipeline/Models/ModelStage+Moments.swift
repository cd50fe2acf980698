internal import BraidCore
internal import BraidInference

/// Ticks that wait for the sound that belongs to them.
extension ModelStage {
  /// Takes the stream's next frame as a tick.
  func takeTick(_ frame: VideoFrame, at taken: HostTime) {
    guard case .moment(let moments) = feed else { return }
    guard let job = newJob() else { return refuse(.shed) }
    describe(job, frame: frame, taken: taken)
    stage(moments.pictures, moments.tensor, into: job, place: moments.picturePlace)
    let dropped = moments.add(frame, job: job, isRealtime: context.isRealtime, now: taken)
    if let dropped {
      discard(dropped)
      refuse(.gap)
    }
  }

  /// Offers every moment that is complete or whose wait is over.
  func takeMoments() {
    guard case .moment(let moments) = feed else { return }
    moments.updateSound()
    let now = context.dispatcher.clock.now
    let dropped = { (job: ModelJob) in
      self.discard(job)
      self.refuse(.gap)
    }
    while let job = moments.next(now: now, dropped: dropped) { offer(job) }
  }
}
