internal import BraidCore
internal import BraidInference

/// The session's models, ready to run on any of its inference threads.
final class ModelRunners: @unchecked Sendable {
  // SAFETY: one thread at a time uses a runner: the one that warms all models up, and after that the one that has taken a
  // job of the model from ``JobQueue``, which takes no second one before the first has come back. What a thread has written
  // reaches the next by the queue's lock.
  private let runners: [[ModelRunner]]

  /// Runners for these models, in this order, and for each of their forms.
  init(_ models: [LoadedModel], trace: TraceRecorder?, tap: ModelTap? = nil) throws {
    runners = try models.map { model in
      try model.forms.map { form in
        try ModelRunner(
          form, outputs: model.plan.outputs.map(\.name), cropLimit: model.cropLimit,
          subject: trace?.subject(form.description.id) ?? .none, tap: tap)
      }
    }
  }

  /// Runs every form of every model on what its inputs hold, so that the first job finds everything warm.
  ///
  /// - Parameters:
  ///   - limits: for each model the time that a decision hangs on. A run that takes longer is repeated: no spell of the
  ///     machine's shall decide.
  ///   - clock: what runs are timed by.
  ///   - trace: the calling thread's row.
  /// - Returns: how long a run of each took, by model and form.
  func warmUp(limits: [MediaDuration], clock: any SessionClock, trace: TraceRow?) -> [[MediaDuration]] {
    zip(runners, limits).map { forms, limit in
      forms.map { runner in
        _ = runner.warmUp(clock: clock, trace: trace)
        var duration = runner.warmUp(clock: clock, trace: trace)
        for _ in 0..<2 where duration > limit { duration = min(duration, runner.warmUp(clock: clock, trace: trace)) }
        return duration
      }
    }
  }

  /// Runs a job's model. Allocates: no.
  func run(_ job: ModelJob, clock: any SessionClock, trace: TraceRow?) {
    runners[job.model][job.rung].run(job, clock: clock, trace: trace)
  }
}
