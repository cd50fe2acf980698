internal import BraidCore
internal import BraidFeatures
internal import BraidIngest

/// What a session says of itself: at the start, at intervals, at the end.
extension SessionRun {
  func writeSession() {
    let record = SessionRecord(
      identity: identity, version: BraidVersion.current, pace: isLive ? "live" : configuration.pace.rawValue,
      inputs: descriptions.map { input in
        SessionRecord.Input(
          uri: input.redactedURI, origin: input.origin, originRational: input.originRational, isLive: input.isLive)
      }, streams: streams.map(Self.record), models: modelRecords)
    output.session(record)
    trace?.recorder.note("session", row: trace?.row) { record.write(to: &$0) }
  }

  /// Writes `stats` for every interval that has passed: of media time on files, before the first element from there on
  /// is taken, so that they depend on the input alone; of the clock at real-time pace.
  func writeDueStats(until position: MediaTime) {
    guard statsInterval > .zero else { return }
    while nextStats <= position {
      row.span("stats") { writeStats(at: nextStats) }
      nextStats = nextStats + statsInterval
    }
  }

  private func writeStats(at time: MediaTime) {
    var record = StatsRecord()
    record.pts = time
    record.streams = streams.map { stream in
      let readings = intake?.readings(of: stream.order) ?? StreamReadings()
      return StatsRecord.Stream(
        id: stream.id, ring: output.showsTimes ? readings.depth : nil, account: account(of: stream, readings),
        clock: readings.clock)
    }
    record.models = models.map(account)
    record.moments = moments?.account
    output.stats(record)
  }

  func writeSummary() {
    var record = SummaryRecord()
    let accounts = streams.map { ($0.id, account(of: $0, intake?.readings(of: $0.order) ?? StreamReadings())) }
    let peakMemory = intake?.finish() ?? HostFacts.peakResidentBytes
    let first = accounts.compactMap { $1.firstTime }.min() ?? .zero
    let last = streams.filter { $0.delivered > 0 }.map(\.end).max() ?? first
    record.duration = max(.zero, last - first)
    if !configuration.isDeterministic {
      record.measured = SummaryRecord.Measured(wall: time.now - started, peakMemory: peakMemory)
    }
    record.errors = output.errorCount
    record.soundLessPicture = soundLessPicture
    record.streams = accounts
    record.models = models.map(account)
    record.moments = moments?.account
    output.summary(record)
    trace?.recorder.note("summary", row: trace?.row) { record.write(to: &$0) }
  }

  /// How much later the sound is than the picture; nil where that is not sure.
  private var soundLessPicture: MediaDuration? {
    guard let feature = offset?.feature as? SoundPictureOffset, let estimate = feature.overall,
      estimate.confidence >= SoundPictureOffset.sureConfidence
    else { return nil }
    return estimate.offset
  }

  private func account(of model: ModelStage) -> ModelAccount {
    var account = model.account
    if !configuration.isDeterministic, model.inferenceTimes.count > 0 {
      account.inference = ModelAccount.Percentiles(model.inferenceTimes)
      if model.totalTimes.count > 0 { account.total = ModelAccount.Percentiles(model.totalTimes) }
    }
    return account
  }

  private func account(of stream: StreamSlot, _ readings: StreamReadings) -> StreamAccount {
    var account = StreamAccount(kind: stream.kind.rawValue)
    let (ring, counters) = (readings.ring, readings.counters)
    account.delivered = stream.delivered
    account.lostRing = ring.dropped
    account.frames = counters.frames
    account.samples = counters.samples
    account.firstTime = counters.firstTime
    account.lastTime = counters.lastTime
    account.lostDecode = counters.decodeErrors
    account.repairedStamps = counters.stampsMissing + counters.stampsBackward
    if stream.kind == .audio {
      account.lostGap = counters.samplesLostInGaps
      account.lostSamples = ring.dropped + counters.samplesLostInGaps
    } else {
      account.lostGap = counters.framesLostInGaps
    }
    return account
  }

  func reportProgress() {
    guard let progress = session.observer.progress else { return }
    let now = session.clock.now
    guard now >= nextProgress else { return }
    nextProgress = now + .milliseconds(200)
    let position = streams.filter { !$0.isFinished }.map(\.position).min() ?? .zero
    progress(
      Session.Progress(
        position: max(.zero, position), length: descriptions.compactMap(\.duration).max(),
        wall: now - progressStart, results: output.resultCount, events: output.eventCount))
  }

  private static func record(_ stream: StreamSlot) -> StreamRecord {
    let description = stream.description
    var record = StreamRecord(
      id: stream.id, kind: stream.kind.rawValue, input: stream.input, index: description.index,
      codec: description.codec, timeBase: description.timeBase)
    record.language = description.language
    record.width = description.video?.width
    record.height = description.video?.height
    record.pixelFormat = description.video?.pixelFormat
    record.frameRate = description.video?.averageFrameRate
    record.sampleRate = description.audio?.sampleRate
    record.channels = description.audio?.channelCount
    return record
  }
}
