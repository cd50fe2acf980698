internal import BraidCore
internal import BraidInference

/// Runs the session's models, one job after the other, on a thread of its own.
actor InferenceActor {
  private let thread: InferenceThread
  private var runners: [ModelRunner] = []
  private let clock: any SessionClock

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

  /// An actor for these models, in this order.
  init(
    thread: InferenceThread, models: [(plan: Plan, description: ModelDescription)], clock: any SessionClock,
    trace: SessionTrace?
  ) throws {
    let row = trace?.inference(0)
    self.thread = thread
    self.clock = clock
    runners = try models.map { plan, description in
      try ModelRunner(
        plan: plan, description: description, trace: row, subject: trace?.recorder.subject(description.id) ?? .none)
    }
  }

  /// Warms every model up, then takes jobs until the queue is closed and empty. Blocks the actor's own thread meanwhile.
  func serve(_ queue: JobQueue) {
    var durations: [MediaDuration] = []
    for runner in runners {
      _ = runner.warmUp(clock: clock)
      durations.append(runner.warmUp(clock: clock))
    }
    queue.finishWarmUp(durations)
    while let job = queue.next() {
      runners[job.model].run(job, clock: clock)
      queue.complete(job)
    }
    queue.finish()
  }
}
