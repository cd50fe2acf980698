internal import BraidCore
internal import BraidInference

/// A model that runs only while others say yes.
///
/// At real-time pace a frame goes by the newest answers there are. At fast pace it waits for the answers for its own time, so
/// that results depend on the inputs alone; what comes after it waits behind it. `docs/design/0019-gates-and-crops.md`
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

  /// How long it waits for answers.
  enum Patience {
    /// Until they are there. Changes nothing that is told, so that it may be asked for at any time.
    case endless
    /// Until too much waits; then the newest answers count. Only where the session's loop stands at an element.
    case bounded
    /// Not at all: what the sources cannot answer yet goes by their newest answers. Only once all has been run that can be.
    case none
  }

  /// How much may wait for answers.
  static let undecidedCapacity = 64
  /// How many bytes of pictures and of jobs may wait for answers.
  static let undecidedBytes = 256 << 20

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
      undecided.append(.job(job))
      settleIfCrowded()
    }
  }

  /// Decides something at once where too much waits. For the session's loop.
  func settleIfCrowded() {
    if isCrowded { settle() }
  }

  /// Decides whatever the answers are there for, in order. Where patience is at its end, the rest too, by the newest answers there
  /// are once the sources have run on all that they were given. What that comes to follows from the order of the elements alone:
  /// how much waits is judged after everything has been run that needs no such decision.
  func settle(_ patience: Patience = .bounded) {
    guard !undecided.isEmpty, !isSettling else { return }
    isSettling = true
    defer { isSettling = false }
    while let first = undecided.first {
      switch first {
      case .job(let job):
        let sheds = shedCount
        var isOpen = answer(at: job.asks)
        if isOpen == nil, isExhausted(patience) {
          catchUpSources()
          // A failure meanwhile lets everything go.
          guard sheds == shedCount else { continue }
          isOpen = answer(at: job.asks)
          if isOpen == nil, isExhausted(patience) {
            for gate in gates { gate.source.runAll() }
            guard sheds == shedCount else { continue }
            isOpen = answer(at: job.asks) ?? newestAnswer(at: job.asks)
          }
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
        let sheds = shedCount
        context.dispatcher.waitForAll(of: self)
        guard sheds == shedCount else { continue }
        undecided.removeFirst()
        finishRun(at: time)
      }
    }
  }

  private func isExhausted(_ patience: Patience) -> Bool {
    switch patience {
    case .endless: false
    case .bounded: isCrowded
    case .none: true
    }
  }

  /// Whether too much waits for answers, counting what may still come to wait of what the model has under way that feeds it.
  private var isCrowded: Bool {
    var count = undecided.count
    var bytes = waitingBytes(jobBytes: jobSizes.byteCount)
    var other = fedBy
    while let source = other {
      for job in source.live {
        count += 1 + job.sequels.count
        // The picture itself may be with a lane.
        bytes += (job.original?.byteCount ?? 0) + jobSizes.byteCount
      }
      count += source.undecided.count
      bytes += source.waitingBytes(jobBytes: jobSizes.byteCount)
      other = source.fedBy
    }
    return count >= Self.undecidedCapacity || bytes >= Self.undecidedBytes
  }

  /// Bytes of what waits for answers, where a job takes so many beside its picture.
  private func waitingBytes(jobBytes: Int) -> Int {
    undecided.reduce(0) { if case .job(let job) = $1 { $0 + job.pictureBytes + jobBytes } else { $0 } }
  }

  /// Has everything run that it goes by and that needs no decision which might still be another.
  private func catchUpSources() {
    fedBy?.catchUp()
    for gate in gates { gate.source.catchUp() }
  }

  private func catchUp() {
    catchUpSources()
    settle(.endless)
    context.dispatcher.waitForAll(of: self)
  }

  /// Has it run on all that it was given, by the newest answers where there are no others.
  private func runAll() {
    fedBy?.runAll()
    settle(.none)
    context.dispatcher.waitForAll(of: self)
  }

  /// Lets everything that waits for an answer go: the session is being interrupted.
  func shedUndecided() {
    shedCount += 1
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
    if place > 0, place <= live.count {
      // Jobs before it are still under way: those it was passed over beside.
      live[place - 1].sequels.append(contentsOf: job.sequels)
    } else {
      // By place: a copy would make the job's own list anew.
      var next = 0
      while next < job.sequels.count {
        perform(job.sequels[next])
        next += 1
      }
    }
    job.sequels.removeAll(keepingCapacity: true)
  }

  private func perform(_ sequel: Sequel) {
    switch sequel {
    case .shut(let time):
      endDecoding(at: time)
      context.dispatcher.resetState(task: index, .gate)
    case .end(let time): finishRun(at: time)
    case .skipped(let reason, let time): for stage in feeds { stage.takeSkip(reason, at: time) }
    }
  }
}
