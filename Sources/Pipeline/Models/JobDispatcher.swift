internal import BraidCore

/// The session thread's side of the inference actor: submits jobs and brings finished ones back to their stages.
final class JobDispatcher {
  let clock: any SessionClock
  private let queue: JobQueue
  private let ready: Signal
  private var stages: [ModelStage] = []

  init(queue: JobQueue, ready: Signal, clock: any SessionClock) {
    self.queue = queue
    self.ready = ready
    self.clock = clock
  }

  /// Adds the stage of the model of this place; stages are added in the models' order.
  func add(_ stage: ModelStage) { stages.append(stage) }

  /// Hands a job to the actor.
  func submit(_ job: ModelJob) { queue.submit(job) }

  /// Brings back what is finished. Returns whether there was anything.
  @discardableResult
  func drain() -> Bool {
    var found = false
    while let job = queue.takeCompleted() {
      stages[job.model].complete(job)
      found = true
    }
    return found
  }

  /// Blocks until `condition` holds, bringing back finished jobs meanwhile.
  func wait(until condition: () -> Bool) {
    while true {
      let ticket = ready.ticket()
      drain()
      if condition() { return }
      ready.wait(since: ticket)
    }
  }
}
