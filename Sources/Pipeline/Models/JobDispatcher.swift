internal import BraidCore
internal import BraidInference

/// The session thread's side of the inference actor: puts what the models' stages offer before the scheduler, hands what it
/// starts to the actor, and brings finished jobs back to their stages.
///
/// For the session's thread. Allocates: no, in the steady state.
final class JobDispatcher {
  /// The session's time.
  let time: SessionTime
  /// Decides for all models together. Its tasks are the models, in their order.
  private(set) var scheduler: SessionScheduler
  /// Where finished jobs come from.
  private let intake: any SessionIntake
  private let queue: JobQueue
  private let ready: Signal
  /// Whether each job is waited for, so that nothing depends on how fast it was.
  private let waitsForEachJob: Bool
  private let trace: TraceRow?
  /// Where decisions are written with the numbers behind them; nil for nowhere.
  private let log: DecisionLog?
  private var stages: [ModelStage] = []
  private var jobs: [ModelJob] = []
  private var running = 0

  init(
    _ scheduler: SessionScheduler, queue: JobQueue, intake: any SessionIntake, ready: Signal, time: SessionTime,
    waitsForEachJob: Bool, trace: TraceRow?, log: DecisionLog?
  ) {
    self.scheduler = scheduler
    self.queue = queue
    self.intake = intake
    self.ready = ready
    self.time = time
    self.waitsForEachJob = waitsForEachJob
    self.trace = trace
    self.log = log
  }

  /// Adds the stage of the model of this place; stages are added in the models' order.
  func add(_ stage: ModelStage) { stages.append(stage) }

  /// Makes a job of a model.
  func makeJob(model: Int, staged: [Int], outputs: [[Int]]) -> ModelJob {
    let job = ModelJob(place: jobs.count, model: model, staged: staged, outputs: outputs)
    jobs.append(job)
    return job
  }

  /// Takes the times of the runs before the first frame, for each model those of its forms.
  ///
  /// - Throws: where they show that what was asked for cannot be kept.
  func seed(_ durations: [[MediaDuration]]) throws(SchedulingError) {
    for (model, forms) in durations.enumerated() {
      for (rung, duration) in forms.enumerated() { scheduler.seed(model: model, rung: rung, duration) }
    }
    if scheduler.configuration.isRealtime { try scheduler.configuration.check(runTimes: durations) }
  }

  // MARK: What stages ask for

  /// Puts a staged job before the scheduler. It is started, if at all, by the next ``pump()``.
  func offer(_ job: ModelJob) {
    let task = job.model
    if scheduler.configuration.keepsAll { wait { scheduler.hasRoom(task: task) } }
    let skip = scheduler.offer(
      job.place, task: task, time: job.start, captured: job.captured ?? time.now, content: job.content,
      count: max(1, job.crops.count), now: time.now)
    if let skip { passOver(skip) }
    // Where all is run the next may have to wait for room that this one makes.
    if scheduler.configuration.keepsAll || waitsForEachJob { pump() }
    if waitsForEachJob { waitForAll(of: stages[task]) }
  }

  /// Counts a frame that is not offered.
  func refuse(task: Int, _ reason: SkipReason, at pts: MediaTime) {
    scheduler.refuse(task: task, reason)
    explain(.skip(reason), task: task, pts: pts)
  }

  /// Lets everything of a task that waits go.
  func shed(task: Int) {
    while let skip = scheduler.skipFirst(task: task, .shed, now: time.now) { passOver(skip) }
  }

  /// Carried state begins anew: the stream has a gap, or the model did not run for another cause.
  func resetState(task: Int, _ cause: SchedulerChange.Cause = .gap) { scheduler.resetState(task: task, cause) }

  // MARK: What the session's loop calls

  /// Starts whatever is due and lets go what cannot be run.
  func pump() {
    let begun = trace?.begin()
    var hasDecided = false
    while true {
      let step = trace?.begin()
      switch scheduler.next(now: time.now) {
      case .run(let run):
        start(run)
        trace?.span("start", stages[run.task].subject, since: step, .time("pts", run.time))
      case .skip(let skip): passOver(skip)
      case .changed(let change): tell(change)
      case .idle:
        if hasDecided { trace?.span("decide", since: begun) }
        return
      }
      hasDecided = true
    }
  }

  /// Brings back what is finished. Returns whether there was anything.
  @discardableResult
  func drain() -> Bool {
    var found = false
    while let job = intake.takeCompleted(running: running) {
      running -= 1
      if job.failure == nil {
        scheduler.finished(server: job.server, now: time.now)
      } else {
        scheduler.abandoned(server: job.server, .shed)
        explain(.skip(.shed), task: job.model, pts: job.start)
      }
      stages[job.model].complete(job)
      // What looks at what was found is offered before anything else is started. When this happens depends on the machine's
      // speed, so nothing may be decided by it.
      for stage in stages[job.model].feeds { stage.settle(.endless) }
      pump()
      found = true
    }
    return found
  }

  /// Blocks until `condition` holds, bringing back finished jobs meanwhile.
  func wait(until condition: () -> Bool) {
    if condition() { return }
    let begun = trace?.begin()
    defer { trace?.span("wait for inference", since: begun) }
    while true {
      let ticket = ready.ticket()
      drain()
      if condition() { return }
      intake.wait(on: ready, since: ticket, until: HostTime(nanoseconds: .max))
    }
  }

  /// Blocks until a job that runs has come back; false where none runs.
  func waitForOne() -> Bool {
    while running > 0 {
      let ticket = ready.ticket()
      if drain() { return true }
      intake.wait(on: ready, since: ticket, until: HostTime(nanoseconds: .max))
    }
    return false
  }

  /// Blocks until nothing of a stage waits or runs. What the scheduler would not start even with all threads at rest is let
  /// go (`shed`).
  func waitForAll(of stage: ModelStage) {
    while !stage.isIdle {
      pump()
      wait { stage.isIdle || running == 0 }
      if running == 0 { shed(task: stage.index) }
    }
  }

  private func start(_ run: SessionScheduler.Run) {
    let job = jobs[run.item]
    job.server = run.server
    job.rung = run.rung
    job.resetsState = run.resetsState
    job.lost = run.lost
    job.runCount = run.count
    job.isProbe = run.isProbe
    running += 1
    if log != nil { explain(run) }
    queue.submit(job)
  }

  private func explain(_ run: SessionScheduler.Run) {
    let slack = run.deadline - time.now
    let estimate = scheduler.estimate(model: run.task)
    let reason =
      run.isProbe ? "probe" : scheduler.configuration.keepsAll ? "all" : estimate ?? .zero <= slack ? "fits" : "chance"
    explain(.run(reason: reason), task: run.task, pts: run.time, slack: slack, estimate: estimate)
  }

  private func passOver(_ skip: SessionScheduler.Skip) {
    explain(.skip(skip.reason), task: skip.task, pts: skip.time, slack: skip.slack, estimate: skip.estimate)
    stages[skip.task].passOver(jobs[skip.item], skip.reason)
  }

  private func explain(
    _ kind: DecisionLog.Entry.Kind, task: Int, pts: MediaTime?, slack: MediaDuration? = nil,
    estimate: MediaDuration? = nil
  ) {
    guard let log else { return }
    log.add(
      DecisionLog.Entry(
        kind: kind, time: time.media(at: time.now), task: task, pts: pts, slack: slack, estimate: estimate,
        standing: scheduler.standing(task: task)))
  }

  private func tell(_ change: SchedulerChange) {
    let task =
      switch change.kind {
      case .interval(let task, _, _), .shed(let task), .restored(let task), .stateReset(let task, _): task
      // A model runs on one stream.
      case .rung(let model, _, _): model
      }
    explain(.change(change), task: task, pts: nil, estimate: scheduler.estimate(model: task))
    stages[task].tell(change, at: time.media(at: change.time))
  }
}
