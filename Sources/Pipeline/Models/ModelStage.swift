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
    /// How many bytes a model's jobs may take.
    var memoryLimit: Int
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
  /// For each form, how pictures become what it takes; nil for sound.
  let fits: [PictureFit?]
  /// Follows what it finds; nil where nothing does.
  var tracker: Tracker?
  /// How many values one after another a run gives.
  let steps: Int
  private(set) var inferenceTimes = LatencyHistogram()
  var totalTimes = LatencyHistogram()
  /// How long its runs have taken in all.
  private(set) var busy = MediaDuration.zero
  /// Why the model can run no more.
  private(set) var failure: (any DescribedError)?

  // Jobs: see `ModelStage+Jobs.swift`.

  let jobSizes: JobSizes
  /// Jobs that nothing is staged in.
  var free: [ModelJob] = []
  /// How many more may be made where all are in use.
  var spareJobs: Int
  /// Jobs that were taken from ``free`` so far.
  var jobCount = 0
  /// What was put before the scheduler and has not come back, in order.
  var live: [ModelJob] = []
  var result = ResultRecord()
  private var passedOver: Set<MediaError> = []
  var nextWindow = 0
  /// What is usual in its windows of sound. What counts about as much as silence is 60 dB below full scale.
  var soundContent = RelativeContent(floor: 0.001)
  /// Whether nothing more comes: its stream has ended, and everything of it was taken.
  private(set) var isOver = false
  /// The run of continuous time that ``tracker`` is in.
  var trackedEpoch = 0
  /// The run of continuous time that was told last.
  var epoch = 0

  // Gates: see `ModelStage+Gate.swift`.

  /// What has to be open for it to run.
  var gates: [ModelGate] = []
  /// What its results open and shut.
  var opens: [ModelGate] = []
  /// The models that take what it finds.
  var feeds: [ModelStage] = []
  /// The model that it takes what it finds of; nil for one that takes what its stream brings.
  unowned var fedBy: ModelStage?
  var undecided: [Undecided] = []
  var isSettling = false
  /// How often ``undecided`` was emptied at once.
  var shedCount = 0
  /// Whether the gates let the last job pass.
  var isPassing = false

  init(
    index: Int, description: ModelDescription, stream: StreamSlot, feed: ModelFeed, forms: [Plan], fits: [PictureFit?],
    context: Context, subject: TraceSubject, isGated: Bool
  ) throws(PipelineError) {
    self.subject = subject
    self.index = index
    id = description.id
    self.description = description
    self.stream = stream
    self.feed = feed
    self.fits = fits
    self.context = context
    let capacity = context.dispatcher.scheduler.configuration.tasks[index].queueCapacity
    let parts = if case .crops(let crops) = feed { crops.limit } else { 1 }
    // Decoders know outputs by their place in the best form.
    let names = forms[0].outputs.map(\.name)
    let outputs = forms.map { plan in
      names.map { name in parts * (plan.outputs.first { $0.name == name }?.shape?.elementCount ?? 0) }
    }
    let staged = description.inputs.map { Self.stagedCount($0.source, isMoment: description.isMoment) }
    jobSizes = JobSizes(staged: staged, outputs: outputs, crops: parts)
    // At real-time pace nothing waits for answers.
    spareJobs = isGated && !context.isRealtime ? Self.undecidedCapacity : 0
    var decoded = description
    tracker = Self.tracker(&decoded)
    decoding = try ResultDecoding(description: decoded, forms: forms)
    steps = decoding.steps
    let count = capacity + 2 + (description.isMoment ? MomentFeed.tickCapacity : 0)
    try jobSizes.check(
      jobs: count, waitingBytes: min(Self.undecidedBytes, spareJobs * jobSizes.byteCount), of: id,
      limit: context.memoryLimit)
    for _ in 0..<count { free.append(makeJob()) }
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

  /// Counts a frame that is not offered; its media time is the stream's where nil.
  func refuse(_ reason: SkipReason, at time: MediaTime? = nil) {
    let time = time ?? stream.position
    if undecided.isEmpty { return count(reason, at: time) }
    undecided.append(.refusal(reason, time))
    settleIfCrowded()
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
    if case .results(let history, _) = feed { history.removeAll() }
    isOver = stream.isFinished
    // Where it is settling, the job that it is about to put before the scheduler comes first.
    guard undecided.isEmpty, !isSettling else { return undecided.append(.end(time)) }
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
    var found: [DecodedEvent] = []
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
}
