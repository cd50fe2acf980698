internal import BraidCore

/// Carries jobs from the session's thread to its inference threads, the lanes, and back.
///
/// As many jobs as exist fit in, so that nobody ever waits for room. Any lane runs any model, but no two at once run the
/// same one. A lane's thread is its own, and so it waits for work by blocking: one wake-up a job and nothing else. Of the
/// lanes that wait the one that ran last is woken: its caches are warmest. Allocates: no, after `init`.
final class JobQueue: Sendable {
  private struct State {
    var pending: [ModelJob] = []
    var completed: [ModelJob] = []
    /// Lanes that wait for work, the one that ran last at the end.
    var waiting: [Int] = []
    /// For each model, whether a job of it was handed over and not taken back yet.
    var holds: [Bool]
    var isClosed = false
    /// Lanes that take no job any more.
    var served = 0
  }

  private let state: Guarded<State>
  /// What each lane waits on.
  private let work: [Signal]
  private let ready: Signal

  /// - Parameters:
  ///   - capacity: how many jobs exist.
  ///   - models: how many models they are of.
  ///   - lanes: how many threads take them.
  ///   - ready: notified when a job is completed.
  init(capacity: Int, models: Int, lanes: Int, ready: Signal) {
    self.ready = ready
    work = (0..<lanes).map { _ in Signal() }
    var state = State(holds: Array(repeating: false, count: models))
    state.pending.reserveCapacity(capacity)
    state.completed.reserveCapacity(capacity)
    state.waiting.reserveCapacity(lanes)
    self.state = Guarded(state)
  }

  // MARK: The session's side

  /// Hands a job to the lanes.
  ///
  /// - Precondition: the job before of the same model has been taken back: a model is run by one thread at a time.
  func submit(_ job: ModelJob) {
    let lane = state.withLock { state in
      precondition(!state.holds[job.model], "two jobs of model \(job.model) at once")
      state.holds[job.model] = true
      state.pending.append(job)
      return state.waiting.popLast()
    }
    if let lane { work[lane].notify() }
  }

  /// A job that is done, of the model where one is given, in the order in which they were completed; nil if there is none.
  func takeCompleted(of model: Int? = nil) -> ModelJob? {
    state.withLock { state in
      guard let place = state.completed.firstIndex(where: { model == nil || $0.model == model }) else { return nil }
      let job = state.completed.remove(at: place)
      state.holds[job.model] = false
      return job
    }
  }

  /// Whether a job of a model was handed over and not taken back yet.
  func holds(_ model: Int) -> Bool { state.withLock { $0.holds.indices.contains(model) && $0.holds[model] } }

  /// Ends the lanes' work once no job is left, and waits for that.
  func close() {
    state.withLock { $0.isClosed = true }
    for signal in work { signal.notify() }
    while true {
      let ticket = ready.ticket()
      if state.withLock({ $0.served }) == work.count { return }
      ready.wait(since: ticket)
    }
  }

  // MARK: A lane's side

  /// The next job, blocking the thread until there is one; nil after the end.
  func next(lane: Int) -> ModelJob? {
    while true {
      let ticket = work[lane].ticket()
      let (job, isClosed) = state.withLock { state -> (ModelJob?, Bool) in
        guard !state.pending.isEmpty else {
          if !state.isClosed { state.waiting.append(lane) }
          return (nil, state.isClosed)
        }
        return (state.pending.removeFirst(), false)
      }
      if let job { return job }
      if isClosed { return nil }
      work[lane].wait(since: ticket)
    }
  }

  /// A job is done.
  func complete(_ job: ModelJob) {
    state.withLock { $0.completed.append(job) }
    ready.notify()
  }

  /// The lane takes no job any more.
  func finish() {
    state.withLock { $0.served += 1 }
    ready.notify()
  }
}
