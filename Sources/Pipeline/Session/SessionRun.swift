internal import BraidCore
internal import BraidFeatures
internal import BraidInference
internal import BraidIngest
internal import BraidMedia
internal import BraidSync

/// The session's thread: everything that a running session holds.
final class SessionRun {
  let session: Session
  var configuration: SessionConfiguration
  let output: SessionOutput
  /// Where records go besides.
  let sinks: SessionSinks?
  var identity: SessionRecord.Identity?
  var started: HostTime
  /// The time as this thread sees it.
  let time: SessionTime
  /// What is known of each input.
  var descriptions: [InputDescription] = []
  /// The inputs that run; none in a repetition.
  var inputs: [any SessionInput] = []
  /// What is repeated, and where it is recorded.
  var replayed: (recording: Recording, header: Recording.Header)?
  /// Where what comes is written down.
  var journal: JournalWriter?
  /// What reaches this thread; nil until everything is prepared.
  var intake: (any SessionIntake)?
  var streams: [StreamSlot] = []
  var models: [ModelStage] = []
  var features: [FeatureStage] = []
  var detectors: [DetectorStage] = []
  /// What tells moments; nil where none were asked for.
  var moments: MomentStage?
  /// What measures the offset between sound and picture for the summary.
  var offset: TogetherStage?
  /// All that takes sound and pictures together, ``offset`` among them.
  var together: [TogetherStage] = []
  var modelRecords: [SessionRecord.Model] = []
  /// What went wrong without ending the session, each told once.
  var passedOver: Set<MediaError> = []
  var status = ExitStatus.done
  /// Until when a live session that is to end takes what its inputs have given; nil while it goes on.
  var endingDeadline: HostTime?
  /// Whether an input is live: time is then the capture's, and the session ends when it is told to.
  var isLive = false
  /// Whether frames come as time goes: at real-time pace, or from a live input.
  var isRealtime = false
  /// How often `stats` are written; zero for never.
  var statsInterval = MediaDuration.zero
  var nextStats = MediaTime.zero
  /// When `stats` were written last, and how long each model's runs had taken by then.
  var lastStats: (time: HostTime, busy: [MediaDuration])?
  var dispatcher: JobDispatcher?
  var queue: JobQueue?
  /// How the threads that models run on are shared out, and the inference threads.
  var lanes = InferenceLanes(1, of: 1)
  var threads: [InferenceThread] = []
  /// Where they write down what they do.
  var laneRows: [TraceRow] = []
  private var decisionLog: DecisionLog?
  let progressStart: HostTime
  var nextProgress: HostTime
  /// Where the session's threads write down what they do; nil for nowhere.
  let trace: SessionTrace?
  /// Where this thread writes down what it does.
  var row: TraceRow? { trace?.row }

  init(
    _ session: Session, destination: SessionOutput.Destination, sinks: SessionSinks? = nil, trace: SessionTrace? = nil
  ) {
    self.session = session
    self.trace = trace
    configuration = session.configuration
    time = SessionTime(clock: session.clock)
    started = time.now
    progressStart = started
    nextProgress = started
    self.sinks = sinks
    output = SessionOutput(destination, sinks: sinks, now: started, trace: trace?.row)
    if !configuration.isDeterministic {
      identity = SessionRecord.Identity(
        id: HostFacts.newIdentifier(), host: HostFacts.hostName, started: WallClock.nanosecondsSinceEpoch)
      output.mark(sessionID: identity?.id)
    }
  }

  /// From opening to the summary.
  func run() -> ExitStatus {
    do {
      if let folder = configuration.replayedFolder { try openRecording(folder) } else { try openInputs() }
      try followKindOfInputs()
      var builder = SessionBuilder(configuration, isPaced: isRealtime, ready: session.ready)
      let rings = descriptions.enumerated().map { place, description in
        builder.add(
          description, input: place, wake: inputs.isEmpty ? session.ready : inputs[place].wake, trace: trace)
      }
      streams = builder.streams
      let (loaded, links) = try loadModels()
      try bindSinks(loaded)
      try prepare(builder, loaded, links)
      try startInputs(rings)
      writeSession()
      loop()
    } catch {
      writeSession()
      sinks?.stopWaiting()
      fail(error, status: Self.status(of: error))
    }
    endInputs()
    queue?.close()
    for thread in threads { thread.shutdown() }
    noteInputFaults()
    noteInputFailures(atEnd: true)
    if let requested = intake?.interruption ?? session.interruptedStatus, status == .done { status = requested }
    noteReplayFailure()
    drainSinks()
    writeSummary()
    output.finish(isComplete: status == .done)
    endSinks()
    noteRecordingFailure()
    if let error = decisionLog?.close() {
      session.observer.error(error)
      status = .output
    }
    if case .failed(let error) = output.condition {
      session.observer.error(error)
      return .output
    }
    return status
  }

  // MARK: Before

  private func openInputs() throws {
    if let folder = configuration.recording { _ = try Recording.make(folder) }
    for uri in configuration.inputs {
      var options = configuration.inputOptions
      options.packetLog = configuration.recording.map { Recording(folder: $0).packetsPath(input: inputs.count) }
      inputs.append(try InputOpening.open(uri, options: options, interruption: session.interruption))
    }
    descriptions = inputs.map(\.description)
  }

  /// What follows from whether an input is live.
  private func followKindOfInputs() throws {
    isLive = descriptions.contains(where: \.isLive)
    isRealtime = isLive || configuration.pace == .realtime
    output.showsTimes = isRealtime
    statsInterval = configuration.statsInterval ?? (isRealtime ? .seconds(1) : .zero)
    nextStats = .zero + statsInterval
    if replayed != nil { return output.showsTimes = !configuration.isDeterministic }
    if configuration.recording != nil, !isRealtime {
      throw PipelineError(
        .configuration, "there is nothing to record: files at fast pace give the same records again",
        location: "--record", remedy: "Record live inputs, or use --pace realtime")
    }
    if isLive, configuration.isDeterministic {
      throw PipelineError(
        .configuration, "--deterministic needs files or a replay: what a live input brings depends on the moment",
        location: "--deterministic", remedy: "Record the session with --record, then run 'replay:' on it")
    }
  }

  /// Binds models, features and detectors to the streams, and starts the inference threads where they are needed.
  private func prepare(_ builder: SessionBuilder, _ loaded: [LoadedModel], _ links: ModelLinks) throws {
    var loaded = loaded
    var bound: [(stream: StreamSlot, feed: ModelFeed)] = []
    for place in loaded.indices {
      if let crops = links.crops(of: place) {
        loaded[place].cropLimit = crops.feed.limit
        bound.append((bound[crops.source].stream, .crops(crops.feed)))
      } else if let chain = links.chain(of: place) {
        bound.append(
          (bound[chain.source].stream, .results(ResultHistory(chain.window, output: chain.output), place: chain.input)))
      } else {
        bound.append(try builder.feed(for: loaded[place]))
      }
    }
    try prepareFeatures(builder, models: loaded.count)
    try prepareOffset(builder, lookedAt: bound.map(\.stream))
    guard !loaded.isEmpty else {
      intake = try makeIntake(nil, repeatsJobs: false)
      return
    }
    var schedule = try schedule(builder, loaded, links, bound)
    let repeatsJobs = replayed.map { replayed in
      !configuration.isDeterministic && replayed.header.models == loaded.map(\.description.id)
        && replayed.header.options.decidesAlike(configuration)
    }
    let waitsForEachJob = configuration.isDeterministic || repeatsJobs == false
    let inference = try startInference(&loaded, budgets: schedule.tasks.map(\.budget), waitsForEachJob: waitsForEachJob)
    if !schedule.keepsAll { schedule.servers = inference.servers }
    let intake = try makeIntake(inference.queue, repeatsJobs: repeatsJobs ?? false)
    self.intake = intake
    let scheduler = try SessionScheduler(schedule)
    let dispatcher = JobDispatcher(
      scheduler, queue: inference.queue, intake: intake, ready: session.ready, time: time,
      waitsForEachJob: waitsForEachJob, trace: row,
      log: try openDecisionLog(loaded, bound))
    self.dispatcher = dispatcher
    for (index, (model, place)) in zip(loaded, bound).enumerated() {
      let budget = scheduler.configuration.tasks[index].budget
      let context = ModelStage.Context(
        isRealtime: isRealtime, budget: budget == .unlimited ? nil : budget,
        memoryLimit: configuration.modelLimits.totalBytes, output: output, dispatcher: dispatcher, trace: row)
      let stage = try ModelStage(
        index: index, description: model.description, stream: place.stream, feed: place.feed,
        forms: model.forms.map(\.plan), fits: model.forms.map(\.description.fit), context: context,
        subject: trace?.recorder.subject(model.description.id) ?? .none,
        isGated: links.isGated(index))
      links.connect(stage, to: models)
      dispatcher.add(stage)
      models.append(stage)
      // What takes what others found is fed by their stages.
      if !place.feed.isFed { place.stream.models.append(stage) }
      modelRecords.append(record(of: model, stage: stage))
    }
    try dispatcher.seed(intake.warmUp(inference.warmUp))
  }

  private func openDecisionLog(
    _ loaded: [LoadedModel], _ bound: [(stream: StreamSlot, feed: ModelFeed)]
  ) throws -> DecisionLog? {
    guard let path = configuration.explanation else { return nil }
    decisionLog = try DecisionLog(
      path, names: zip(loaded, bound).map { ($0.description.id, $1.stream.id) },
      // What comes as time goes is not held up.
      waits: !isRealtime || replayed != nil, isGivenUp: session.isGivenUp)
    return decisionLog
  }

  /// What the scheduler holds to.
  private func schedule(
    _ builder: SessionBuilder, _ loaded: [LoadedModel], _ links: ModelLinks,
    _ bound: [(stream: StreamSlot, feed: ModelFeed)]
  ) throws -> SchedulerConfiguration {
    let schedules = try ScheduleSetting.schedules(
      of: loaded.map { ($0.given, $0.description) }, by: configuration.schedules)
    let scheduled = loaded.indices.map { place in
      SessionBuilder.Scheduled(
        model: loaded[place].description, forms: loaded[place].forms.map(\.value), stream: bound[place].stream,
        feed: bound[place].feed, schedule: schedules[place], source: links.source(of: place))
    }
    let schedule = builder.schedule(scheduled)
    if schedule.usesContent { try builder.measureContent(scheduled) }
    return schedule
  }

  /// Prepares to measure the offset of sound to picture where something looks at both, so that decoding alone stays that.
  private func prepareOffset(_ builder: SessionBuilder, lookedAt: [StreamSlot]) throws {
    together = features.compactMap(\.together)
    guard output.tellsSummary, let offset = try builder.offsetStage(lookedAt: lookedAt) else { return }
    self.offset = offset
    together.append(offset)
  }

  private func prepareFeatures(_ builder: SessionBuilder, models: Int) throws {
    var place = models
    for selection in try configuration.featureSelections() {
      features.append(
        try builder.featureStage(selection, place: features.count, order: place, output: output))
      place += 1
    }
    try output.begin(
      zip(try configuration.featureSelections(), features).map { selection, stage in
        RowDescription(selection, dimension: stage.dimension)
      })
    if configuration.tellsDefaultEvents {
      detectors = try builder.detectorStages(place: place, output: output)
    }
    if let selection = configuration.moments {
      moments = try MomentStage(
        selection, streams: streams, tolerance: configuration.tolerance, wait: isRealtime ? configuration.wait : nil,
        output: output, place: place)
    }
  }

  private func record(of model: LoadedModel, stage: ModelStage) -> SessionRecord.Model {
    var takes = [stage.stream.id]
    if case .moment(let moments) = stage.feed { takes.append(moments.sound.id) }
    var record = SessionRecord.Model(
      id: stage.id, file: model.path, sha256: model.model.sha256, isa: InferenceLibraries.current.instructionSet,
      threads: lanes.width, inputs: takes)
    record.variants = model.forms.dropFirst().map {
      SessionRecord.Variant(file: $0.path, sha256: $0.model.sha256, value: $0.value)
    }
    return record
  }

  private func startInputs(_ rings: [(rings: [Int: Ring], trace: InputTrace?)]) throws {
    guard replayed == nil else { return }
    time.step()
    time.zero = time.now
    try writeRecordingHeader()
    for (index, input) in inputs.enumerated() {
      let pace: InputPace =
        input.description.isLive ? .live(start: time.zero) : isRealtime ? .realtime(start: time.zero) : .fast
      input.start(
        rings: rings[index].rings, pace: pace, clock: session.clock, threadName: "braid-in-\(index)",
        trace: rings[index].trace)
    }
  }

  // MARK: After

  private func endInputs() {
    for input in inputs { input.stop() }
    for stream in streams { stream.ring.cancel() }
    for input in inputs { input.join() }
  }

  /// Tells of inputs that have ended by a failure, each once: of a live one at once, of others when everything has ended.
  func noteInputFailures(atEnd: Bool) {
    // An input that was told to stop has not failed.
    guard let intake, intake.interruption == nil, output.condition == .open else { return }
    for (index, input) in descriptions.enumerated() {
      guard atEnd ? status == .done || status == .lost : isLive, let failure = intake.failure(of: index) else {
        continue
      }
      session.observer.error(failure)
      output.error(failure, isFatal: streams.allSatisfy(\.isFinished))
      status = input.isLive ? .lost : .input
    }
  }

  /// Tells what was wrong with some of what the inputs brought: of live ones at once, of others when everything has ended, so
  /// that the lines depend on the input alone.
  func noteInputFaults() {
    guard let intake, output.condition == .open else { return }
    for input in descriptions.indices {
      for fault in intake.takeFaults(of: input) {
        session.observer.error(fault)
        output.error(fault, isFatal: false)
      }
    }
  }

  /// Tells an error that ends the session.
  func fail(_ error: any Error, status: ExitStatus) {
    // An interrupted opening is not the input's fault.
    if session.interruptedStatus != nil { return }
    let described =
      error as? any DescribedError
      ?? PipelineError(.configuration, String(describing: error), location: "session")
    session.observer.error(described)
    output.error(described, isFatal: true)
    self.status = status
  }

  /// The status that an error before the first frame ends with.
  private static func status(of error: any Error) -> ExitStatus {
    switch error {
    case is IngestError: return .input
    case is InferenceError: return .model
    case let error as PipelineError:
      if error.code == .outputFailed { return .output }
      if error.code == .brokenRecording { return .input }
      return [.configuration, .noStreamForModel].contains(error.code) ? .usage : .model
    default: return .usage
    }
  }
}
