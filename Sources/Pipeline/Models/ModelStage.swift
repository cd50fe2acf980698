internal import BraidCore
internal import BraidInference
internal import BraidMedia

/// One model on one stream: takes frames, windows or moments as they come, offers them to the scheduler, and tells results.
///
/// For the session's thread. Allocates: no, in the steady state, apart from what decoders find.
final class ModelStage {
  /// What the session gives every model.
  struct Context {
    /// Whether time counts: real-time pace.
    var isRealtime: Bool
    /// From capture to result; nil for no bound.
    var budget: MediaDuration?
    var output: SessionOutput
    var dispatcher: JobDispatcher
    /// Where the session's thread writes down what it does.
    var trace: TraceRow?
  }

  /// The model's place in the session.
  let index: Int
  /// `name@version`
  let id: String
  let description: ModelDescription
  /// The stream whose frames, windows or ticks it takes.
  let stream: StreamSlot
  let feed: ModelFeed
  let context: Context
  /// What a trace calls it.
  let subject: TraceSubject
  var decoding: ResultDecoding
  private(set) var inferenceTimes = LatencyHistogram()
  var totalTimes = LatencyHistogram()
  /// How long its runs have taken in all.
  private(set) var busy = MediaDuration.zero
  /// Why the model can run no more.
  private(set) var failure: (any DescribedError)?

  private var free: [ModelJob]
  /// Values of each input that is staged, and of each output of each form.
  private let stagedCounts: [Int]
  private let outputCounts: [[Int]]
  private(set) var live: [ModelJob] = []
  /// Jobs that were taken from ``free`` so far.
  private var jobCount = 0
  var result = ResultRecord()
  private var passedOver: Set<MediaError> = []
  var nextWindow = 0
  /// What is usual in its windows of sound. What counts about as much as silence is 60 dB below full scale.
  var soundContent = RelativeContent(floor: 0.001)
  /// Whether nothing more comes: its stream has ended, and everything of it was taken.
  private(set) var isOver = false
  /// The run of continuous time that was told last.
  var epoch = 0

  // Gates: see `ModelStage+Gate.swift`.

  /// What has to be open for it to run.
  var gates: [ModelGate] = []
  /// What its results open and shut.
  var opens: [ModelGate] = []
  /// The models that look at crops of what it finds.
  var feeds: [ModelStage] = []
  /// The model whose detections it looks at; nil for one that takes what its stream brings.
  unowned var cropSource: ModelStage?
  var undecided: [Undecided] = []
  var isSettling = false
  /// Whether the gates let the last job pass.
  var isPassing = false

  init(
    index: Int, description: ModelDescription, stream: StreamSlot, feed: ModelFeed, forms: [Plan], context: Context,
    subject: TraceSubject, isGated: Bool
  ) throws(PipelineError) {
    self.subject = subject
    self.index = index
    id = description.id
    self.description = description
    self.stream = stream
    self.feed = feed
    self.context = context
    let capacity = context.dispatcher.scheduler.configuration.tasks[index].queueCapacity
    let parts = if case .crops(let crops) = feed { crops.limit } else { 1 }
    // Decoders know outputs by their place in the best form.
    let names = forms[0].outputs.map(\.name)
    let outputs = forms.map { plan in
      names.map { name in parts * (plan.outputs.first { $0.name == name }?.shape?.elementCount ?? 0) }
    }
    let staged = description.inputs.map { Self.stagedCount($0.source, isMoment: description.isMoment) }
    let waiting = (description.isMoment ? MomentFeed.tickCapacity : 0) + (isGated ? Self.undecidedCapacity : 0)
    free = (0..<capacity + 2 + waiting).map { _ in
      context.dispatcher.makeJob(model: index, staged: staged, outputs: outputs)
    }
    stagedCounts = staged
    outputCounts = outputs
    decoding = try ResultDecoding(description: description, plan: forms[0])
  }

  /// What became of everything that the model was offered.
  var account: ModelAccount {
    var account = ModelAccount(id: id, stream: stream.id)
    let counters = context.dispatcher.scheduler.counters(task: index)
    account.offered = counters.offered
    account.results = counters.results
    account.probes = counters.probes
    account.missed = counters.missed
    account.skipped = counters.skipped
    return account
  }

  /// Whether nothing waits and nothing runs.
  var isIdle: Bool { live.isEmpty }

  /// How long after its capture a moment may be waited for: `wait`, but no longer than the budget leaves when the run
  /// itself and a millisecond for waking up are taken off.
  func waitLimit(_ wait: MediaDuration) -> MediaDuration {
    guard let budget = context.budget else { return wait }
    let estimate = context.dispatcher.scheduler.estimate(model: index) ?? .zero
    return max(.zero, min(wait, budget - estimate - .milliseconds(1)))
  }

  /// Nothing earlier than this will be told by the model.
  var bound: MediaTime {
    var bound = nextStart
    for job in live { bound = min(bound, job.start) }
    if let first = undecided.first { bound = min(bound, first.time) }
    return bound
  }

  /// A job to stage, if the model has not failed.
  func newJob() -> ModelJob? {
    guard failure == nil else { return nil }
    if free.isEmpty { context.dispatcher.wait { !free.isEmpty } }
    return free.popLast().map(begin)
  }

  /// A job for crops. Never waits: there are as many as the other model may have had under way.
  func newCropJob() -> ModelJob {
    begin(
      free.popLast() ?? context.dispatcher.makeJob(model: index, staged: stagedCounts, outputs: outputCounts))
  }

  private func begin(_ job: ModelJob) -> ModelJob {
    jobCount += 1
    job.number = jobCount
    context.trace?.flow(.begins, job.flow)
    return job
  }

  /// Gives back a job that is not offered after all.
  func discard(_ job: ModelJob) {
    job.original = nil
    context.trace?.flow(.ends, job.flow)
    free.append(job)
  }

  /// Counts a frame that is not offered; its media time is the stream's where nil.
  func refuse(_ reason: SkipReason, at time: MediaTime? = nil) {
    let time = time ?? stream.position
    if undecided.isEmpty { count(reason, at: time) } else { wait(.refusal(reason, time)) }
  }

  /// Counts what is not offered; `job` is what was staged of it, if anything was.
  func count(_ reason: SkipReason, at time: MediaTime, _ job: ModelJob? = nil) {
    context.dispatcher.refuse(task: index, reason, at: time)
    traceSkip(reason, job)
    feedSkip(reason, at: job?.asks ?? time)
  }

  /// Takes a staged job: it goes through the gates, and then to the scheduler.
  func offer(_ job: ModelJob) {
    if gates.isEmpty { submit(job) } else { passGates(job) }
  }

  /// Puts a job before the scheduler, which may run it, keep it or let it or another go.
  func submit(_ job: ModelJob) {
    job.ready = context.dispatcher.time.now
    live.append(job)
    traceQueue()
    context.dispatcher.offer(job)
  }

  /// Takes a job back from the actor and tells what it found.
  func complete(_ job: ModelJob) {
    let begun = context.trace?.begin()
    defer { context.trace?.span("result", subject, since: begun, .time("pts", job.start)) }
    busy = busy + (job.finished - job.started)
    if let error = job.failure as? MediaError {
      // A picture that cannot be scaled is passed over; the next may be another.
      traceSkip(.shed, job)
      feedSkip(.shed, of: job)
      if passedOver.insert(error).inserted { context.output.error(error, isFatal: false, at: job.start) }
    } else if let error = job.failure {
      failure = error
      traceSkip(.shed, job)
      feedSkip(.shed, of: job)
    } else {
      inferenceTimes.record(job.finished - job.started)
      tell(job, now: context.dispatcher.time.now)
    }
    recycle(job)
    if failure != nil { shedAll() }
  }

  /// Waits for everything under way and ends what is open: the stream or the run has ended at `time`.
  func endRun(at time: MediaTime) {
    nextWindow = 0
    isOver = stream.isFinished
    guard undecided.isEmpty else { return wait(.end(time)) }
    context.dispatcher.waitForAll(of: self)
    finishRun(at: time)
  }

  /// Ends what is open; carried state begins anew. Nothing may be under way.
  func finishRun(at time: MediaTime) {
    endDecoding(at: time)
    context.dispatcher.resetState(task: index)
    for stage in feeds { stage.endRun(at: time) }
  }

  /// Ends what is open.
  func endDecoding(at time: MediaTime) {
    var found: [ResultDecoding.Event] = []
    decoding.endRun(at: time) { found.append($0) }
    for event in found { tell(event, order: LineOrder(time: time, stream: stream.order, model: index)) }
    for gate in opens { gate.hearEnd(at: time) }
  }

  /// Lets everything that waits go: the session is being interrupted.
  func shedAll() {
    shedUndecided()
    context.dispatcher.shed(task: index)
    for stage in feeds { stage.shedAll() }
  }

  /// Takes back a job that the scheduler let go.
  func passOver(_ job: ModelJob, _ reason: SkipReason) {
    traceSkip(reason, job)
    feedSkip(reason, of: job)
    recycle(job)
  }

  func recycle(_ job: ModelJob) {
    let place = live.firstIndex { $0 === job }
    if let place { live.remove(at: place) }
    job.frame = nil
    job.skews.removeAll(keepingCapacity: true)
    traceQueue()
    if let place { performSequels(of: job, place: place) }
    discard(job)
  }

  private static func stagedCount(_ source: ModelDescription.Source, isMoment: Bool) -> Int {
    switch source {
    case .picture(let picture):
      picture.frames > 1 || isMoment ? picture.width * picture.height * picture.colour.channels * picture.frames : 0
    case .features(let window): window.rows * window.bands
    case .samples(let window): window.context + window.hop
    case .state, .constant: 0
    }
  }
}
