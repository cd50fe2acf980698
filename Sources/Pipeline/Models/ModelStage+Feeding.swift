internal import BraidCore
internal import BraidFeatures
internal import BraidInference

/// From frames and sound to jobs.
extension ModelStage {
  /// The start of what the next job will use, at the earliest.
  var nextStart: MediaTime {
    if stream.isFinished, !feed.isFed {
      if case .moment(let moments) = feed, moments.isWaiting { return moments.nextStart(of: stream) }
      return .distantFuture
    }
    switch feed {
    case .crops: return fedBy?.bound ?? .distantFuture
    case .results(let history, _): return history.nextStart ?? fedBy?.bound ?? .distantFuture
    case .picture: return stream.position
    case .pictures(let path, let tensor, _):
      return path.picture(age: min(tensor.picture.frames - 2, path.count - 1)) { $0.time } ?? stream.position
    case .features(let path, let track, let window, _):
      let feature = path.tracks[track].feature
      return path.origin == nil
        ? stream.position : path.time(ofSample: feature.samples(ofRow: nextWindow * window.hopRows).lowerBound)
    case .samples(let path, let window, _):
      return path.origin == nil
        ? stream.position : path.time(ofSample: max(0, nextWindow * window.hop - window.context))
    case .moment(let moments): return moments.nextStart(of: stream)
    }
  }

  /// The time of the first value that the next job will give, at the earliest.
  var nextAnswer: MediaTime {
    // What a chain tells is not before the other's window; crops are told at the time of their frame.
    if let fedBy { return takesCrops ? fedBy.answerBound : fedBy.bound }
    if stream.isFinished, !isOver { return .distantPast }
    switch feed {
    case .samples(let path, let window, _) where path.origin != nil && !isOver:
      return path.time(ofSample: nextWindow * window.hop)
    case .features(let path, let track, _, _) where !isOver:
      // The first row may reach back before the first sample.
      let lead = min(0, path.tracks[track].feature.samples(ofRow: 0).lowerBound)
      let start = path.origin == nil ? nextStart + .samples(Int64(lead), sampleRate: path.sampleRate) : nextStart
      return time(ofValue: 0, from: start) ?? start
    case .samples, .features, .picture, .pictures, .crops, .results, .moment: return nextStart
    }
  }

  /// Whether its pictures come from a path, scaled.
  var takesScaledPictures: Bool {
    switch feed {
    case .pictures, .moment: true
    case .picture, .features, .samples, .crops, .results: false
    }
  }

  /// Takes the stream's next frame, already scaled into the paths.
  func take(_ frame: VideoFrame, at taken: HostTime) {
    switch feed {
    case .picture:
      guard let job = newJob() else { return refuse(.shed, at: frame.time) }
      job.frame = frame
      describe(job, frame: frame, taken: taken)
      offer(job)
    case .pictures(let path, let tensor, let place):
      guard path.count >= tensor.picture.frames else { return refuse(.gap, at: frame.time) }
      guard let job = newJob() else { return refuse(.shed, at: frame.time) }
      describe(job, frame: frame, taken: taken)
      stage(path, tensor, into: job, place: place)
      offer(job)
    case .features, .samples, .crops, .results, .moment: break
    }
  }

  /// Takes every window that the sound so far completes.
  func takeSound(at taken: HostTime) {
    switch feed {
    case .features(let path, let track, let window, let place):
      let feature = path.tracks[track].feature
      while true {
        let first = nextWindow * window.hopRows
        let rows = first..<first + window.rows
        guard rows.upperBound <= path.tracks[track].rows.end else { return }
        let samples =
          feature.samples(ofRow: first).lowerBound..<feature.samples(ofRow: rows.upperBound - 1).upperBound
        offerWindow(path, samples: samples, taken: taken, isComplete: path.tracks[track].rows.contains(rows)) { job in
          path.tracks[track].rows.copy(rows, into: &job.staged[place])
        }
      }
    case .samples(let path, let window, let place):
      while true {
        let start = nextWindow * window.hop - window.context
        let samples = start..<start + window.context + window.hop
        guard samples.upperBound <= path.samples.end else { return }
        let used = max(0, start)..<samples.upperBound
        offerWindow(path, samples: used, taken: taken, isComplete: path.samples.contains(samples)) { job in
          path.samples.copy(samples, into: &job.staged[place])
          job.outputTime = path.time(ofSample: start + window.context)
        }
      }
    case .picture, .pictures, .crops, .results, .moment: return
    }
  }

  /// What an output's value stands for.
  func time(ofValue place: Int, of job: ModelJob) -> MediaTime {
    if let time = time(ofValue: place, from: job.start) { return time }
    return place == 0
      ? job.outputTime : job.outputTime + MediaDuration(nanoseconds: valueLength.nanoseconds * Int64(place))
  }

  /// What a value stands for that was found in a window of features from `start` on; nil for what is no such window, or where its
  /// values are of no row.
  private func time(ofValue place: Int, from start: MediaTime) -> MediaTime? {
    guard case .features(let path, let track, _, _) = feed, let events = description.decoder.events,
      place < events.rows.count
    else { return nil }
    let feature = path.tracks[track].feature
    let centre = events.rows[place] * feature.hopSamples + feature.windowSamples / 2
    let time = start + .samples(Int64(centre), sampleRate: path.sampleRate)
    // A stretch of rows is told from its first edge on, an instant at its row's centre.
    return events.shape == .instant ? time : time - MediaDuration(nanoseconds: valueLength.nanoseconds / 2)
  }

  /// How long one value of the output stands for.
  var valueLength: MediaDuration {
    switch feed {
    case .features(let path, let track, let window, _):
      let samples = window.hopRows * path.tracks[track].feature.hopSamples
      return .samples(Int64(samples / steps), sampleRate: path.sampleRate)
    case .samples(let path, let window, _):
      return .samples(Int64(window.hop / steps), sampleRate: path.sampleRate)
    case .results: return fedBy?.valueLength ?? stream.frameDuration
    case .picture, .pictures, .crops, .moment: return stream.frameDuration
    }
  }

  private func offerWindow(
    _ path: SoundPath, samples: Range<Int>, taken: HostTime, isComplete: Bool, _ stage: (ModelJob) -> Void
  ) {
    defer { nextWindow += 1 }
    let start = path.time(ofSample: samples.lowerBound)
    guard isComplete else { return refuse(.gap, at: start) }
    guard let job = newJob() else { return refuse(.shed, at: start) }
    job.start = start
    job.duration = path.time(ofSample: samples.upperBound) - job.start
    job.asks = job.start + job.duration - MediaDuration(nanoseconds: 1)
    job.outputTime = job.start
    job.epoch = path.epoch
    job.captured = path.captured(before: samples.upperBound)
    job.taken = taken
    job.synchronised = taken
    job.content = path.energy.map { soundContent.next($0.level(of: samples)) } ?? 1
    stage(job)
    offer(job)
  }

  func describe(_ job: ModelJob, frame: VideoFrame, taken: HostTime) {
    job.start = frame.time
    job.duration = frame.duration
    job.outputTime = frame.time
    job.asks = frame.time
    job.epoch = frame.epoch
    job.pictureSize = (frame.width, frame.height)
    job.captured = frame.captured
    job.original = feeds.contains(where: \.takesCrops) ? frame : nil
    job.taken = taken
    job.synchronised = taken
    job.content = stream.content?.value ?? 1
  }

  /// Stages the newest pictures, oldest first. There must be as many as the model takes.
  func stage(_ path: PicturePath, _ tensor: PictureTensor<Float>, into job: ModelJob, place: Int) {
    let frames = tensor.picture.frames
    let end = job.start + job.duration
    for frame in 0..<frames {
      path.picture(age: frames - 1 - frame) { picture in
        if frame == 0 { job.start = picture.time }
        if let events = description.decoder.events, events.frame == frame { job.outputTime = picture.time }
        tensor.fill(&job.staged[place], pixels: picture.pixels, frame: frame)
      }
    }
    job.duration = end - job.start
  }
}
