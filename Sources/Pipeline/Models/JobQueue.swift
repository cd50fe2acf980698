internal import BraidCore

/// Carries jobs from the session's thread to the inference actor's and back.
///
/// As many jobs as exist fit in, so that nobody ever waits for room. The actor's thread is its own, and so it waits for
/// work by blocking: one wake-up a job and nothing else. Allocates: no, after `init`.
final class JobQueue: Sendable {
  private struct State {
    var pending: [ModelJob] = []
    var completed: [ModelJob] = []
    var warmUp: [MediaDuration]?
    var isClosed = false
    var isServed = false
  }

  private let state: Guarded<State>
  private let work = Signal()
  private let ready: Signal

  /// - Parameters:
  ///   - capacity: how many jobs exist.
  ///   - ready: notified when a job is completed.
  init(capacity: Int, ready: Signal) {
    self.ready = ready
    var state = State()
    state.pending.reserveCapacity(capacity)
    state.completed.reserveCapacity(capacity)
    self.state = Guarded(state)
  }

  // MARK: The session's side

  /// Hands a job to the actor.
  func submit(_ job: ModelJob) {
    state.withLock { $0.pending.append(job) }
    work.notify()
  }

  /// A job that is done, oldest first; nil if there is none.
  func takeCompleted() -> ModelJob? {
    state.withLock { $0.completed.isEmpty ? nil : $0.completed.removeFirst() }
  }

  /// How long each model's run before the first job took; nil until all have been warmed up.
  var warmUp: [MediaDuration]? { state.withLock { $0.warmUp } }

  /// Ends the actor's work once no job is left, and waits for that.
  func close() {
    state.withLock { $0.isClosed = true }
    work.notify()
    while true {
      let ticket = ready.ticket()
      if state.withLock({ $0.isServed }) { return }
      ready.wait(since: ticket)
    }
  }

  // MARK: The actor's side

  /// The next job, blocking the thread until there is one; nil after the end.
  func next() -> ModelJob? {
    while true {
      let ticket = work.ticket()
      let (job, isClosed) = state.withLock { state in
        (state.pending.isEmpty ? nil : state.pending.removeFirst(), state.isClosed)
      }
      if let job { return job }
      if isClosed { return nil }
      work.wait(since: ticket)
    }
  }

  /// A job is done.
  func complete(_ job: ModelJob) {
    state.withLock { $0.completed.append(job) }
    ready.notify()
  }

  /// Every model has run once.
  func finishWarmUp(_ durations: [MediaDuration]) {
    state.withLock { $0.warmUp = durations }
    ready.notify()
  }

  /// No job will be taken any more.
  func finish() {
    state.withLock { $0.isServed = true }
    ready.notify()
  }
}
