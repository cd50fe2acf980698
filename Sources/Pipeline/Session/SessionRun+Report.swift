internal import BraidCore
internal import BraidFeatures
internal import BraidInference
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
    record.models = models.enumerated().map { place, model in
      account(of: model, busy: model.busy - (lastStats?.busy[place] ?? .zero), since: lastStats?.time ?? self.time.zero)
    }
    lastStats = (self.time.now, models.map(\.busy))
    record.fairness = fairness
    record.moments = moments?.account
    // How far a sink has come depends on the machine.
    if !configuration.isDeterministic { record.sinks = sinks?.accounts(isDeterministic: false) ?? [] }
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
    record.models = models.map { account(of: $0, busy: $0.busy, since: time.zero) }
    record.fairness = fairness
    record.moments = moments?.account
    record.sinks = sinks?.accounts(isDeterministic: configuration.isDeterministic) ?? []
    output.summary(record)
    var totals = Session.Totals()
    totals.duration = record.duration
    (totals.results, totals.events, totals.errors) = (output.resultCount, output.eventCount, output.errorCount)
    session.totals = totals
    trace?.recorder.note("summary", row: trace?.row) { record.write(to: &$0) }
  }

  /// How much later the sound is than the picture; nil where that is not sure.
  private var soundLessPicture: MediaDuration? {
    guard let feature = offset?.feature as? SoundPictureOffset, let estimate = feature.overall,
      estimate.confidence >= SoundPictureOffset.sureConfidence
    else { return nil }
    return estimate.offset
  }

  /// What became of a model's frames, and how it is treated, when its runs took `busy` since an instant.
  private func account(of model: ModelStage, busy: MediaDuration, since start: HostTime) -> ModelAccount {
    var account = model.account
    if !configuration.isDeterministic, model.inferenceTimes.count > 0 {
      account.inference = ModelAccount.Percentiles(model.inferenceTimes)
      if model.totalTimes.count > 0 { account.total = ModelAccount.Percentiles(model.totalTimes) }
    }
    if output.showsTimes, let scheduler = dispatcher?.scheduler {
      let counters = scheduler.counters(task: model.index)
      let started = counters.results - counters.probes
      let elapsed = time.now - start
      account.schedule = ModelAccount.Schedule(
        missRatio: started > 0 ? Double(counters.missed - counters.missedProbes) / Double(started) : 0,
        interval: scheduler.interval(task: model.index), rung: scheduler.rung(model: model.index),
        use: elapsed > .zero ? busy.seconds / elapsed.seconds : 0)
    }
    return account
  }

  /// Jain's index over the models, by the part that each ran on of the frames that the scheduler decided about.
  private var fairness: Double? {
    guard output.showsTimes, let scheduler = dispatcher?.scheduler else { return nil }
    return JainIndex.of(
      models.compactMap { model in
        let counters = scheduler.counters(task: model.index)
        let decided = counters.results + counters.skipped.total - counters.skipped.gap - counters.skipped.gate
        return decided > 0 ? Double(counters.results) / Double(decided) : nil
      })
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
    record.values = description.sensor?.channels.map { StreamRecord.Value(name: $0.name, unit: $0.unit) }
    return record
  }
}
