public import BraidCore

/// Decides, for all models on all streams of a session that share inference threads ("servers"), what runs next and what is
/// skipped: a pure state machine, without a clock or a thread of its own.
///
/// Of one task, a model on a stream, one frame is in flight at most, and runs start in order. Nothing is started that is
/// predicted to end after its deadline, capture time + budget, but for probes. What is left is chosen so that the value of
/// results in time, the sum of weight, content and form, is as large as it can be once minimum rates are kept:
/// `docs/design/0016-scheduler.md` has the rules. At all times, for every task, exactly:
/// offered = results + skipped + queued + in flight.
///
/// Whoever drives it calls ``offer(_:task:time:captured:content:count:now:)`` for what comes, ``finished(server:now:)`` for
/// what ends, and after either ``next(now:)`` until it is idle. Allocates: no, after the start. Time of a decision: linear
/// in the number of tasks, and with its square at most where a run may keep others from their deadlines.
public struct SessionScheduler: Sendable {
  struct Entry: Sendable {
    let item: Int
    let time: MediaTime
    let captured: HostTime
    let deadline: HostTime
    let content: Double
    let count: Int
    /// Which of the frames that came it is, from 1.
    let number: Int
    /// What was skipped between the entry before and this one.
    var lostBefore: SkipCounts
  }

  struct Flight: Sendable {
    let task: Int
    let rung: Int
    let count: Int
    let started: HostTime
    let deadline: HostTime
    let isProbe: Bool
    /// How likely it was to miss; nil where that does not count, because nothing could help it.
    let risk: Double?
  }

  /// What the scheduler holds to.
  public let configuration: SchedulerConfiguration
  var tasks: [ScheduledTask]
  var models: [ScheduledModel]
  /// What waits: the ring of each task, one after another.
  var entries: [Entry?]
  var flights: [Flight?]
  var shares: FluidShares
  /// The least that is worth a second of a run, where pictures are chosen by content.
  var contentPrice = 0.0
  /// Changes not yet told: a ring.
  var changes: [SchedulerChange?]
  var changesHead = 0
  var changesCount = 0
  var lastControl: HostTime?

  /// A scheduler with nothing offered yet.
  ///
  /// - Throws: what ``SchedulerConfiguration/check()`` finds.
  public init(_ configuration: SchedulerConfiguration) throws(SchedulingError) {
    try configuration.check()
    self.configuration = configuration
    models = configuration.models.map { ScheduledModel(variants: $0.variants.count) }
    tasks = []
    var first = 0
    for task in configuration.tasks {
      tasks.append(
        ScheduledTask(configuration: task, policy: task.isFed ? .adaptive : configuration.policy, firstEntry: first))
      first += task.queueCapacity
    }
    for task in configuration.tasks {
      if let source = task.source { tasks[source].feedsOthers = true }
    }
    entries = Array(repeating: nil, count: first)
    flights = Array(repeating: nil, count: configuration.servers)
    shares = FluidShares(count: configuration.tasks.count)
    changes = Array(repeating: nil, count: 64)
  }

  /// What was offered to a task, and what became of it.
  public func counters(task: Int) -> SchedulerCounters { tasks[task].counters }

  /// A task runs on one frame in so many; 1 is every frame.
  public func interval(task: Int) -> Double { IntervalLadder.frames(tasks[task].intervalStep) }

  /// The form a model runs in, 0 the best.
  public func rung(model: Int) -> Int { models[model].rung }

  /// What a run of the model in its present form is thought to take at most, for one part; nil before the first.
  public func estimate(model: Int) -> MediaDuration? { models[model].estimate }

  /// The work offered, next to what the servers can do: 1 is just full.
  public var load: Double { shares.load }

  /// Takes the time of a run made before the first frame (warm-up) for a first estimate of a form.
  public mutating func seed(model: Int, rung: Int = 0, _ duration: MediaDuration) {
    models[model].seed(rung: rung, duration)
  }

  /// Whether a frame offered now would not push another one out for want of room.
  public func hasRoom(task: Int) -> Bool { tasks[task].queued < configuration.tasks[task].queueCapacity }

  /// Whether anything of a task waits or runs.
  public func isIdle(task: Int) -> Bool { tasks[task].queued == 0 && !tasks[task].isRunning }

  /// Takes a frame.
  ///
  /// - Parameters:
  ///   - item: the caller's number for the frame, such as its place in a pool: it comes back when the frame is run or goes.
  ///   - task: the model on its stream.
  ///   - time: its media time.
  ///   - captured: when its newest part was captured; for what another model found, that of the frame it was found in.
  ///   - content: how much is in it, such as motion; compared with the task's other frames only. 0 or more.
  ///   - count: how many parts it brings that are run together, such as crops; at least 1.
  ///   - now: the clock's time.
  /// - Returns: the frame that goes because of this one: itself, or the oldest that waits. Nil if none does. More may go
  ///   with the next ``next(now:)``.
  /// - Precondition: ``hasRoom(task:)``, where ``SchedulerConfiguration/keepsAll``.
  public mutating func offer(
    _ item: Int, task: Int, time: MediaTime, captured: HostTime, content: Double = 1, count: Int = 1, now: HostTime
  ) -> Skip? {
    let deadline = captured + configuration.tasks[task].budget
    let kind = configuration.tasks[task].kind
    tasks[task].counters.offered += 1
    guard tasks[task].filter.keeps(time) else {
      if kind == .stateful { tasks[task].breakState(.thinned) }
      return passOver(item, task: task, time: time, deadline: deadline, .interval, now: now)
    }
    let held = content.isFinite ? min(max(content, 0), 1e9) : 1
    tasks[task].noteArrival(captured: captured, content: held, count: max(1, count))
    tasks[task].noteSlack(deadline - now)
    if models[configuration.tasks[task].model].lastStart == nil {
      models[configuration.tasks[task].model].lastStart = now
    }
    if tasks[task].lastStart == nil { tasks[task].lastStart = now }
    var reason: SkipReason?
    if tasks[task].isShed {
      reason = .shed
    } else if shares.load > 1, !hasTime,
      !tasks[task].admits(share: shares.shares[task], usesContent: configuration.usesContent)
    {
      reason = .interval
    }
    if let reason { return passOver(item, task: task, time: time, deadline: deadline, reason, now: now) }
    var gone: Skip?
    if !hasRoom(task: task) {
      precondition(!configuration.keepsAll, "a frame was offered to a full queue that may not be thinned")
      if kind == .stateful { shed(task, cause: .late, now: now) }
      gone =
        kind == .picture
        ? skipLeast(task: task, now: now)
        : skipFirst(task: task, kind == .window ? .budget : .shed, now: now)
    }
    entries[place(task, tasks[task].queued)] = Entry(
      item: item, time: time, captured: captured, deadline: deadline, content: held, count: max(1, count),
      number: tasks[task].arrivals, lostBefore: tasks[task].lostAfter)
    tasks[task].lostAfter = SkipCounts()
    tasks[task].counters.queued += 1
    return gone
  }

  /// Lets a frame go that has just come.
  private mutating func passOver(
    _ item: Int, task: Int, time: MediaTime, deadline: HostTime, _ reason: SkipReason, now: HostTime
  ) -> Skip {
    tasks[task].counters.skipped[reason] += 1
    tasks[task].lostAfter[reason] += 1
    return Skip(
      item: item, task: task, time: time, reason: reason, slack: deadline - now, estimate: estimate(task: task))
  }

  /// Says that the run on a server has ended with a result. Without one nothing happens.
  ///
  /// - Returns: whether the result met its deadline.
  @discardableResult
  public mutating func finished(server: Int, now: HostTime) -> Bool {
    guard flights.indices.contains(server), let flight = flights[server] else { return true }
    flights[server] = nil
    let met = now <= flight.deadline
    let model = configuration.tasks[flight.task].model
    let time = now - flight.started
    models[model].record(
      rung: flight.rung, MediaDuration(nanoseconds: time.nanoseconds / Int64(max(1, flight.count))))
    models[model].noteRun(isProbe: flight.isProbe, met: met)
    tasks[flight.task].counters.results += 1
    tasks[flight.task].counters.missed += met ? 0 : 1
    tasks[flight.task].counters.probes += flight.isProbe ? 1 : 0
    tasks[flight.task].counters.missedProbes += flight.isProbe && !met ? 1 : 0
    tasks[flight.task].counters.inFlight = 0
    if let risk = flight.risk { tasks[flight.task].settleRisk(risk, missed: !met) }
    return met
  }

  /// Says that the run on a server has ended without a result: its frame is counted as skipped.
  public mutating func abandoned(server: Int, _ reason: SkipReason) {
    guard flights.indices.contains(server), let flight = flights[server] else { return }
    flights[server] = nil
    tasks[flight.task].counters.inFlight = 0
    tasks[flight.task].counters.skipped[reason] += 1
    var lost = SkipCounts()
    lost[reason] = 1
    addLost(lost, task: flight.task)
    resetState(task: flight.task)
  }

  /// Whether a server is free and nothing waits for it.
  private var hasTime: Bool {
    for task in tasks.indices where tasks[task].queued > 0 { return false }
    return flights.contains { $0 == nil }
  }

  /// Says that a task's carried state is broken, as after a gap: it begins anew with the next run.
  public mutating func resetState(task: Int, _ cause: SchedulerChange.Cause = .gap) {
    if configuration.tasks[task].kind == .stateful { tasks[task].breakState(cause) }
  }

  func estimate(task: Int) -> MediaDuration? { estimate(model: configuration.tasks[task].model) }

  func place(_ task: Int, _ offset: Int) -> Int {
    tasks[task].firstEntry + (tasks[task].head + offset) % configuration.tasks[task].queueCapacity
  }
}
