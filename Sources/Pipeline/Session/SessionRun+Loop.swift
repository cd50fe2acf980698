internal import BraidCore
internal import BraidInference
internal import BraidIngest
internal import BraidMedia
internal import BraidSync

/// The loop: take what has come, hand it on, write what is certain, wait.
extension SessionRun {
  /// Runs until every stream has ended, the reader has gone, a model failed or the session was interrupted.
  func loop() {
    guard let intake else { return }
    moments?.begin(at: time.zero)
    if isRealtime {
      for model in models {
        if case .moment(let feed) = model.feed { feed.begin(by: time) }
      }
    }
    while true {
      let ticket = session.ready.ticket()
      guard intake.beginRound() else { break }
      let progressed = takeElements()
      dispatcher?.drain()
      for model in models {
        model.takeMoments()
        model.settle()
      }
      dispatcher?.pump()
      moments?.update(now: time.now)
      if let failed = models.first(where: { $0.failure != nil }), let failure = failed.failure {
        fail(failure, status: .model)
        break
      }
      if isRealtime { writeDueStats(until: time.media(at: time.now)) }
      output.release(before: isRealtime ? .distantFuture : bound, flush: isRealtime || !progressed)
      sinks?.releaseCues(before: isRealtime ? time.media(at: time.now) : bound)
      releaseFilms()
      reportProgress()
      if isLive { followLiveInputs() }
      if noteSinkFaults() { break }
      if output.condition != .open || isAborted { break }
      if streams.allSatisfy(\.isFinished) { break }
      if !progressed { intake.wait(on: session.ready, since: ticket, until: nextWake) }
    }
    _ = intake.beginRound()
    for stream in streams where !stream.isFinished { finish(stream, isInterrupted: true) }
    for model in models { model.takeMoments() }
    moments?.update(now: time.now)
    // What others go by comes before them.
    for model in models {
      model.settle()
      dispatcher?.waitForAll(of: model)
    }
    for model in models { model.shedUndecided() }
  }

  /// Nothing earlier than this will be told.
  var bound: MediaTime {
    var bound = MediaTime.distantFuture
    for stream in streams { bound = min(bound, stream.position) }
    for model in models { bound = min(bound, model.bound) }
    for feature in features { bound = min(bound, feature.bound) }
    if let moments { bound = min(bound, moments.bound) }
    return bound
  }

  /// When to look again although nothing has come.
  private var nextWake: HostTime {
    var wake = HostTime(nanoseconds: .max)
    if statsInterval > .zero, isRealtime { wake = min(wake, time.zero + (nextStats - .zero)) }
    if let end = endOfLiveSession { wake = min(wake, end) }
    if let deadline = moments?.deadline { wake = min(wake, deadline) }
    for model in models {
      if case .moment(let moments) = model.feed, let deadline = moments.deadline { wake = min(wake, deadline) }
    }
    return wake
  }

  /// Takes elements until none can be taken now, or a good number has been. Returns whether there was any.
  private func takeElements() -> Bool {
    var taken = 0
    while taken < 64, output.condition == .open, !isAborted, let event = intake?.next() {
      switch event {
      case .bound(let bound, let stream): streams[stream].note(bound: bound)
      case .finished(let stream): finish(streams[stream], isInterrupted: false)
      case .element(let element, let stream):
        if !isRealtime { writeDueStats(until: element.time) }
        take(element, from: streams[stream])
        moments?.take(element, of: streams[stream], now: time.now)
        // At once: ticks would wait in greater numbers than there is room for.
        for model in models {
          model.takeMoments()
          model.settle()
        }
        dispatcher?.pump()
        taken += 1
      }
    }
    return taken > 0
  }

  private func take(_ element: StreamElement, from stream: StreamSlot) {
    let now = time.now
    let begun = row?.begin()
    defer { row?.span("take", stream.subject, since: begun, .time("pts", element.time)) }
    // What is repeated has gone through no ring.
    if replayed == nil, !element.isGap { row?.flow(.ends, .frame(stream: stream.order, time: element.time)) }
    switch element {
    case .audio(let block):
      stream.note(element)
      sinks?.take(block, of: stream)
      for path in stream.sounds {
        do throws(MediaError) {
          try row.span("features") { () throws(MediaError) in try path.push(block) }
        } catch { passOver(error, at: block.time) }
      }
      takeSound(of: stream, at: now)
    case .video(let frame):
      stream.note(element)
      sinks?.take(frame, of: stream)
      takePicture(frame, from: stream, at: now)
    case .text(let segment):
      stream.note(element)
      sinks?.take(segment)
    case .sensor: stream.note(element)
    case .gap(let gap):
      row?.instant(
        "gap", stream.subject, .time("pts", gap.time), .duration("length_ms", gap.duration),
        .count("lost", stream.kind == .audio ? gap.samples : gap.frames))
      // What the gap ends is still of the run before it.
      endRun(of: stream, at: gap.time)
      stream.note(element)
      output.gap(
        GapRecord(stream: stream.id, gap: gap, isAudio: stream.kind == .audio),
        order: LineOrder(time: gap.time, stream: stream.order, model: -1))
    }
  }

  private func takePicture(_ frame: VideoFrame, from stream: StreamSlot, at now: HostTime) {
    let content = stream.content
    let measuresContent = content != nil && contentMatters(on: stream)
    do throws(MediaError) {
      for path in stream.pictures where measuresContent || path !== content?.ownPath {
        try row.span("scale") { () throws(MediaError) in try path.push(frame) }
      }
    } catch {
      passOver(error, at: frame.time)
      content?.reset()
      for model in stream.models {
        if model.takesScaledPictures { model.refuse(.shed, at: frame.time) } else { model.take(frame, at: now) }
      }
      return
    }
    row.span("features") {
      if measuresContent { content?.update() } else { content?.reset() }
      for feature in features where feature.stream === stream { feature.takePicture(frame) }
      for detector in detectors where detector.stream === stream { detector.takePicture(frame) }
      for stage in together { stage.takePicture(frame, of: stream) }
    }
    for model in stream.models {
      model.takeTick(frame, at: now)
      model.take(frame, at: now)
    }
  }

  /// Whether what is in a picture may decide anything: a model has not done with the ones before, or there is hardly time
  /// for all.
  private func contentMatters(on stream: StreamSlot) -> Bool {
    guard let dispatcher else { return false }
    if dispatcher.scheduler.load > 0.9 { return true }
    // Those too that look at crops of its pictures.
    return models.contains { $0.stream === stream && !dispatcher.scheduler.isIdle(task: $0.index) }
  }

  /// Tells an error that is passed over: once, as the next thousand frames may have the same.
  private func passOver(_ error: MediaError, at time: MediaTime) {
    guard passedOver.insert(error).inserted else { return }
    session.observer.error(error)
    output.error(error, isFatal: false, at: time)
  }

  private func takeSound(of stream: StreamSlot, at now: HostTime) {
    for feature in features where feature.stream === stream { feature.takeSound() }
    for model in stream.models { model.takeSound(at: now) }
  }

  /// Ends a run of continuous time: what is open is closed, what carries over is forgotten.
  private func endRun(of stream: StreamSlot, at time: MediaTime) {
    for path in stream.sounds {
      do { try path.finish() } catch { passOver(error, at: time) }
    }
    takeSound(of: stream, at: self.time.now)
    for model in stream.models {
      model.takeMoments()
      model.endRun(at: time)
    }
    for detector in detectors where detector.stream === stream { detector.endRun() }
    for stage in together { stage.endRun(of: stream) }
    for feature in features where feature.stream === stream { feature.reset() }
    for path in stream.sounds { path.reset() }
    for path in stream.pictures { path.reset() }
    stream.content?.reset()
  }

  private func finish(_ stream: StreamSlot, isInterrupted: Bool) {
    let begun = row?.begin()
    defer { row?.span("finish", stream.subject, since: begun) }
    if isInterrupted { for model in stream.models { model.shedAll() } }
    let end = stream.end
    stream.finish()
    // Moments that waited for this stream are complete now.
    for model in models { model.takeMoments() }
    endRun(of: stream, at: end)
  }
}
