internal import BraidCore
internal import BraidFeatures
internal import BraidInference
internal import BraidIngest
internal import BraidMedia
internal import BraidSync

/// The session's thread: everything that a running session holds.
final class SessionRun {
  let session: Session
  let configuration: SessionConfiguration
  let output: SessionOutput
  let identity: SessionRecord.Identity?
  let started: HostTime
  var inputs: [MediaInput] = []
  var streams: [StreamSlot] = []
  /// The front of each stream, for the loop.
  var heads: [MergeOrder.Head] = []
  var models: [ModelStage] = []
  var features: [FeatureStage] = []
  var detectors: [DetectorStage] = []
  /// What measures the offset between sound and picture for the summary.
  var offset: TogetherStage?
  /// All that takes sound and pictures together, ``offset`` among them.
  var together: [TogetherStage] = []
  var modelRecords: [SessionRecord.Model] = []
  /// What went wrong without ending the session, each told once.
  var passedOver: Set<MediaError> = []
  var status = ExitStatus.done
  var nextStats: MediaTime
  var dispatcher: JobDispatcher?
  var queue: JobQueue?
  var nextProgress: HostTime

  var isRealtime: Bool { configuration.pace == .realtime }
  var clock: any SessionClock { session.clock }

  init(_ session: Session, destination: SessionOutput.Destination) {
    self.session = session
    configuration = session.configuration
    started = session.clock.now
    identity =
      configuration.isDeterministic
      ? nil
      : SessionRecord.Identity(
        id: HostFacts.newIdentifier(), host: HostFacts.hostName, started: WallClock.nanosecondsSinceEpoch)
    output = SessionOutput(
      destination, showsTimes: configuration.pace == .realtime, sessionID: identity?.id, clock: session.clock)
    nextStats = .zero + configuration.statsInterval
    nextProgress = started
  }

  /// From opening to the summary.
  func run() -> ExitStatus {
    var thread: InferenceThread?
    do {
      var builder = SessionBuilder(configuration, ready: session.ready)
      let rings = try openInputs(&builder)
      streams = builder.streams
      heads = streams.map { _ in MergeOrder.Head(time: nil, bound: .distantPast, isFinished: false) }
      let loaded = try loadModels()
      thread = try prepare(builder, loaded)
      writeSession()
      startInputs(rings)
      loop()
    } catch {
      writeSession()
      fail(error, status: Self.status(of: error))
    }
    stopInputs()
    queue?.close()
    thread?.shutdown()
    reportInputFailures()
    if let requested = session.interruptedStatus, status == .done { status = requested }
    writeSummary()
    output.finish(isComplete: status == .done)
    if case .failed(let error) = output.condition {
      session.observer.error(error)
      return .output
    }
    return status
  }

  // MARK: Before

  private func openInputs(_ builder: inout SessionBuilder) throws -> [[Int: Ring]] {
    var rings: [[Int: Ring]] = []
    for uri in configuration.inputs {
      let input = try MediaInput.open(uri, options: configuration.inputOptions, interruption: session.interruption)
      inputs.append(input)
      rings.append(builder.add(input.description, input: inputs.count - 1, wake: input.wake))
    }
    return rings
  }

  private func loadModels() throws -> [LoadedModel] {
    guard case .named(let names) = configuration.models else { return [] }
    var loaded: [LoadedModel] = []
    for name in names {
      let model = try ModelLibrary.load(
        name, folders: configuration.modelFolders, threads: configuration.threads, kernels: configuration.kernels,
        limits: configuration.modelLimits)
      if let note = model.note { session.observer.note("\(model.path): taken as \(note)") }
      if loaded.contains(where: { $0.description.id == model.description.id }) {
        throw PipelineError(
          .configuration, "the model \(model.description.id) is named twice", location: "--model",
          remedy: "Name it once")
      }
      loaded.append(model)
    }
    return loaded
  }

  /// Binds models, features and detectors to the streams, and starts the inference thread where it is needed.
  private func prepare(_ builder: SessionBuilder, _ loaded: [LoadedModel]) throws -> InferenceThread? {
    let bound = try loaded.map { try builder.feed(for: $0) }
    try prepareFeatures(builder, models: loaded.count)
    try prepareOffset(builder, lookedAt: bound.map(\.stream))
    guard !loaded.isEmpty else { return nil }
    let jobs = JobQueue(capacity: 128 * loaded.count, ready: session.ready)
    let dispatcher = JobDispatcher(queue: jobs, ready: session.ready, clock: clock)
    let context = ModelStage.Context(
      isRealtime: isRealtime, waitsForEachJob: configuration.isDeterministic,
      budget: isRealtime ? configuration.budget : nil, policy: configuration.skip, output: output,
      dispatcher: dispatcher)
    for (index, (model, place)) in zip(loaded, bound).enumerated() {
      let stage = try ModelStage(
        index: index, description: model.description, stream: place.stream, feed: place.feed, plan: model.plan,
        context: context)
      dispatcher.add(stage)
      models.append(stage)
      place.stream.models.append(stage)
      modelRecords.append(record(of: model, stage: stage))
    }
    let thread = InferenceThread(name: "braid-infer")
    self.dispatcher = dispatcher
    do {
      let actor = try InferenceActor(thread: thread, models: loaded.map { ($0.plan, $0.description) }, clock: clock)
      Task { await actor.serve(jobs) }
      queue = jobs
    } catch {
      thread.shutdown()
      throw error
    }
    dispatcher.wait { jobs.warmUp != nil }
    for (stage, duration) in zip(models, jobs.warmUp ?? []) { stage.seed(duration) }
    return thread
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
  }

  private func record(of model: LoadedModel, stage: ModelStage) -> SessionRecord.Model {
    var takes = [stage.stream.id]
    if case .moment(let moments) = stage.feed { takes.append(moments.sound.id) }
    return SessionRecord.Model(
      id: stage.id, file: model.path, sha256: model.model.sha256, isa: InferenceLibraries.current.instructionSet,
      threads: configuration.threads, inputs: takes)
  }

  private func startInputs(_ rings: [[Int: Ring]]) {
    let pace: InputPace = isRealtime ? .realtime(start: clock.now) : .fast
    for (index, input) in inputs.enumerated() {
      input.start(rings: rings[index], pace: pace, clock: clock, threadName: "braid-in-\(index)")
    }
  }

  // MARK: After

  private func stopInputs() {
    for input in inputs { input.stop() }
    for stream in streams { stream.ring.cancel() }
    for input in inputs { input.join() }
  }

  private func reportInputFailures() {
    // An input that was told to stop has not failed.
    guard status == .done, session.interruptedStatus == nil, output.condition == .open else { return }
    for input in inputs {
      if let failure = input.failure { fail(failure, status: .input) }
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
      return [.configuration, .noStreamForModel].contains(error.code) ? .usage : .model
    default: return .usage
    }
  }
}
