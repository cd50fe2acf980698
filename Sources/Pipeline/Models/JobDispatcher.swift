internal import BraidCore

/// The session thread's side of the inference actor: submits jobs and brings finished ones back to their stages.
final class JobDispatcher {
  /// The session's time.
  let time: SessionTime
  /// Where finished jobs come from.
  private let intake: any SessionIntake
  private let queue: JobQueue
  private let ready: Signal
  private let trace: TraceRow?
  private var stages: [ModelStage] = []
  private var running = 0

  init(queue: JobQueue, intake: any SessionIntake, ready: Signal, time: SessionTime, trace: TraceRow?) {
    self.queue = queue
    self.intake = intake
    self.ready = ready
    self.time = time
    self.trace = trace
  }

  /// Adds the stage of the model of this place; stages are added in the models' order.
  func add(_ stage: ModelStage) { stages.append(stage) }

  /// Hands a job to the actor.
  func submit(_ job: ModelJob) {
    running += 1
    queue.submit(job)
  }

  /// Brings back what is finished. Returns whether there was anything.
  @discardableResult
  func drain() -> Bool {
    var found = false
    while let job = intake.takeCompleted(running: running) {
      running -= 1
      stages[job.model].complete(job)
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
}
