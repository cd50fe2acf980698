internal import BraidCore
internal import BraidInference

/// One of the session's lanes: runs models, one job after the other, on a thread of its own.
actor InferenceActor {
  private let thread: InferenceThread
  private let lane: Int
  private let runners: ModelRunners
  private let clock: any SessionClock
  private let trace: TraceRow?

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

  /// An actor that runs these models, `trace` being its thread's row.
  init(thread: InferenceThread, lane: Int, runners: ModelRunners, clock: any SessionClock, trace: TraceRow?) {
    self.thread = thread
    self.lane = lane
    self.runners = runners
    self.clock = clock
    self.trace = trace
  }

  /// See ``ModelRunners/warmUp(limits:clock:trace:)``. No lane serves yet.
  func warmUp(limits: [MediaDuration]) -> [[MediaDuration]] {
    runners.warmUp(limits: limits, clock: clock, trace: trace)
  }

  /// Takes jobs until the queue is closed and empty. Blocks the actor's own thread meanwhile.
  func serve(_ queue: JobQueue) {
    while let job = queue.next(lane: lane) {
      runners.run(job, clock: clock, trace: trace)
      queue.complete(job)
    }
    queue.finish()
  }
}
