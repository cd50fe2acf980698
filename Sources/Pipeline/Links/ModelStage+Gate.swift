internal import BraidCore
internal import BraidInference

/// A model that runs only while others say yes.
///
/// At real-time pace a frame goes by the newest answers there are. At fast pace it waits for the answers for its own time, so that
/// results depend on the inputs alone; what comes after it waits behind it. `docs/design/0018-gates-and-crops.md`
extension ModelStage {
  /// Something of a gated model that waits for an answer, or behind what does.
  enum Undecided {
    case job(ModelJob)
    case refusal(SkipReason, MediaTime)
    /// The run of continuous time ends.
    case end(MediaTime)

    /// The start of what it is about.
    var time: MediaTime {
      switch self {
      case .job(let job): job.start
      case .refusal(_, let time), .end(let time): time
      }
    }
  }

  /// Something that has its turn after a job that is under way.
  enum Sequel {
    /// A gate has shut: what is open ends, and carried state begins anew.
    case shut(MediaTime)
    /// The run of continuous time ends.
    case end(MediaTime)
    /// The model did not run on a frame.
    case skipped(SkipReason, MediaTime)
  }

  /// How much may wait for answers. More is decided by what is known once the sources have run on all that they were given.
  static let undecidedCapacity = 64

  /// Nothing that the model will say is about an earlier time.
  var answerBound: MediaTime {
    var bound = nextAnswer
    for job in live { bound = min(bound, time(ofValue: 0, of: job)) }
    if let first = undecided.first {
      if case .job(let job) = first {
        bound = min(bound, time(ofValue: 0, of: job))
      } else {
        bound = min(bound, first.time)
      }
    }
    return bound
  }

  /// Offers a staged job to the gates, and to the scheduler where they let it pass.
  func passGates(_ job: ModelJob) {
    if context.isRealtime {
      decide(job, isOpen: newestAnswer(at: job.asks))
    } else {
      wait(.job(job))
    }
  }

  /// Decides whatever the answers are there for, in order; where `isForced` or where too much waits, the rest too, by the newest
  /// answers there are once the sources have run on all that they were given. What that comes to follows from the order of
  /// the elements alone.
  func settle(isForced: Bool = false) {
    guard !undecided.isEmpty, !isSettling else { return }
    isSettling = true
    defer { isSettling = false }
    while let first = undecided.first {
      switch first {
      case .job(let job):
        var isOpen = answer(at: job.asks)
        if isOpen == nil, isForced || undecided.count >= Self.undecidedCapacity {
          awaitSources()
          isOpen = answer(at: job.asks) ?? newestAnswer(at: job.asks)
          // A failure meanwhile lets everything go.
          if undecided.isEmpty { return }
        }
        guard let isOpen else { return }
        undecided.removeFirst()
        decide(job, isOpen: isOpen)
      case .refusal(let reason, let time):
        undecided.removeFirst()
        count(reason, at: time)
        // Nothing to look at: that is a no, as if a gate had shut.
        if reason == .gate { shut(at: time) }
      case .end(let time):
        // Still there meanwhile: nothing after it may be told yet.
        context.dispatcher.waitForAll(of: self)
        if undecided.isEmpty { return }
        undecided.removeFirst()
        finishRun(at: time)
      }
    }
  }

  /// Lets everything that waits for an answer go: the session is being interrupted.
  func shedUndecided() {
    while !undecided.isEmpty {
      switch undecided.removeFirst() {
      case .job(let job):
        count(.shed, at: job.start, job)
        recycle(job)
      case .refusal(let reason, let time): count(reason, at: time)
      case .end(let time): afterLive(.end(time))
      }
    }
  }

  /// Has something wait for an answer, or behind what does.
  func wait(_ next: Undecided) {
    undecided.append(next)
    if undecided.count >= Self.undecidedCapacity { settle() }
  }

  private func awaitSources() {
    for gate in gates {
      gate.source.settle(isForced: true)
      context.dispatcher.waitForAll(of: gate.source)
    }
  }

  /// Whether all gates are open at a time; nil while that is not known. One that is known to be shut is enough.
  private func answer(at time: MediaTime) -> Bool? {
    if context.isRealtime { return newestAnswer(at: time) }
    var isOpen: Bool? = true
    for gate in gates {
      switch gate.answer(at: time) {
      case false: return false
      case nil: isOpen = nil
      default: break
      }
    }
    return isOpen
  }

  private func newestAnswer(at time: MediaTime) -> Bool { gates.allSatisfy { $0.newestAnswer(at: time) } }

  private func decide(_ job: ModelJob, isOpen: Bool) {
    if isOpen {
      isPassing = true
      return submit(job)
    }
    let time = time(ofValue: 0, of: job)
    count(.gate, at: job.start, job)
    recycle(job)
    shut(at: time)
  }

  /// Has what is open end with the jobs under way, as nothing goes on with it.
  private func shut(at time: MediaTime) {
    if isPassing { afterLive(.shut(time)) }
    isPassing = false
  }

  /// Does something once the jobs under way have been told; at once where there are none.
  func afterLive(_ sequel: Sequel) {
    if let last = live.last { last.sequels.append(sequel) } else { perform(sequel) }
  }

  /// Does what waited for a job, which was the one at `place` of the jobs under way and has gone.
  func performSequels(of job: ModelJob, place: Int) {
    guard !job.sequels.isEmpty else { return }
    let sequels = job.sequels
    job.sequels.removeAll(keepingCapacity: true)
    // Jobs before it are still under way: those it was passed over beside.
    if place > 0, place <= live.count { return live[place - 1].sequels.append(contentsOf: sequels) }
    for sequel in sequels { perform(sequel) }
  }

  private func perform(_ sequel: Sequel) {
    switch sequel {
    case .shut(let time):
      endDecoding(at: time)
      context.dispatcher.resetState(task: index, .gate)
    case .end(let time): finishRun(at: time)
    case .skipped(let reason, let time): for stage in feeds { stage.undecided.append(.refusal(reason, time)) }
    }
  }
}
