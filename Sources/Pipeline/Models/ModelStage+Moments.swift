internal import BraidCore
internal import BraidInference

/// Ticks that wait for the sound that belongs to them.
extension ModelStage {
  /// Takes the stream's next frame as a tick.
  func takeTick(_ frame: VideoFrame, at taken: HostTime) {
    guard case .moment(let moments) = feed else { return }
    if let job = moments.makeRoom() {
      discard(job)
      refuse(.gap)
    }
    guard moments.pictures.count >= moments.tensor.picture.frames else { return refuse(.gap) }
    guard let job = newJob() else { return refuse(.shed) }
    describe(job, frame: frame, taken: taken)
    stage(moments.pictures, moments.tensor, into: job, place: moments.picturePlace)
    moments.add(frame, job: job, captured: frame.captured ?? taken)
  }

  /// Offers every moment that is complete or whose wait is over.
  func takeMoments() {
    guard case .moment(let moments) = feed else { return }
    let now = context.dispatcher.time.now
    moments.update(now: now, wait: waitLimit(moments.wait))
    var hasDropped = false
    let dropped = { (job: ModelJob) in
      self.discard(job)
      self.refuse(.gap)
      hasDropped = true
    }
    while true {
      let begun = context.trace?.begin()
      let job = moments.next(now: now, dropped: dropped)
      if let job { context.trace?.flow(.continues, job.flow) }
      if job != nil || hasDropped { context.trace?.span("synchronise", subject, since: begun) }
      hasDropped = false
      guard let job else { return }
      context.trace.span("offer", subject) { offer(job) }
    }
  }
}
