internal import BraidCore
internal import Synchronization

/// Carries jobs from the session's thread to the inference actor and back.
///
/// As many jobs as exist fit in, so that nobody ever waits for room. Allocates: no, after `init`.
final class JobQueue: Sendable {
  @safe
  private struct State {
    var pending: [ModelJob] = []
    var completed: [ModelJob] = []
    var warmUp: [MediaDuration]?
    var waiter: UnsafeContinuation<Void, Never>?
    var isClosed = false
  }

  private let state: Mutex<State>
  private let ready: Signal

  /// - Parameters:
  ///   - capacity: how many jobs exist.
  ///   - ready: notified when a job is completed.
  init(capacity: Int, ready: Signal) {
    self.ready = ready
    var state = State()
    state.pending.reserveCapacity(capacity)
    state.completed.reserveCapacity(capacity)
    self.state = Mutex(state)
  }

  /// Hands a job to the actor.
  func submit(_ job: ModelJob) {
    resumeWaiter { $0.pending.append(job) }
  }

  /// Lets ``next()`` give nil once no job is left.
  func close() {
    resumeWaiter { $0.isClosed = true }
  }

  /// A job that is done, oldest first; nil if there is none.
  func takeCompleted() -> ModelJob? {
    state.withLock { $0.completed.isEmpty ? nil : $0.completed.removeFirst() }
  }

  /// How long each model's run before the first job took; nil until all have been warmed up.
  var warmUp: [MediaDuration]? { state.withLock { $0.warmUp } }

  /// The actor's side: the next job, waiting for one without blocking its thread; nil after the end.
  func next(isolation: isolated (any Actor)? = #isolation) async -> ModelJob? {
    while true {
      let (job, isClosed) = state.withLock { state -> (ModelJob?, Bool) in
        state.pending.isEmpty ? (nil, state.isClosed) : (state.pending.removeFirst(), false)
      }
      if let job { return job }
      if isClosed { return nil }
      await unsafe withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        let hasWork = state.withLock { state -> Bool in
          if !state.pending.isEmpty || state.isClosed { return true }
          unsafe state.waiter = continuation
          return false
        }
        if hasWork { unsafe continuation.resume() }
      }
    }
  }

  /// The actor's side: a job is done.
  func complete(_ job: ModelJob) {
    state.withLock { $0.completed.append(job) }
    ready.notify()
  }

  /// The actor's side: every model has run once.
  func finishWarmUp(_ durations: [MediaDuration]) {
    state.withLock { $0.warmUp = durations }
    ready.notify()
  }

  private func resumeWaiter(_ change: (inout State) -> Void) {
    let waiter = unsafe state.withLock { state -> UnsafeContinuation<Void, Never>? in
      change(&state)
      let waiter = unsafe state.waiter
      unsafe state.waiter = nil
      return unsafe waiter
    }
    unsafe waiter?.resume()
  }
}
