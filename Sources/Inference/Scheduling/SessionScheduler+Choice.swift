public import BraidCore

extension SessionScheduler {
  /// What to do now. Ask again after everything but ``Decision/idle``.
  public mutating func next(now: HostTime) -> Decision {
    if configuration.keepsAll { return nextOfAll(now: now) }
    control(now: now)
    if let change = takeChange() { return .changed(change) }
    if let skip = skipHopeless(now: now) { return .skip(skip) }
    guard let server = flights.firstIndex(where: { $0 == nil }) else { return .idle }
    guard let task = choose(now: now) else { return .idle }
    if choosesByContent(task) {
      if bestOffset(task, now: now) > 0, let skip = skipFirst(task: task, .stale, now: now) { return .skip(skip) }
    } else if hasTooMany(task, now: now), let skip = skipLeast(task: task, now: now) {
      return .skip(skip)
    }
    return start(task, server: server, now: now).map(Decision.run) ?? .idle
  }

  /// What to do where all is run: each task's frames in order, as soon as a server is free.
  private mutating func nextOfAll(now: HostTime) -> Decision {
    if let change = takeChange() { return .changed(change) }
    guard let server = flights.firstIndex(where: { $0 == nil }),
      let task = tasks.indices.first(where: { tasks[$0].queued > 0 && !tasks[$0].isRunning })
    else { return .idle }
    return start(task, server: server, now: now).map(Decision.run) ?? .idle
  }

  /// The first frame that waits and cannot make its deadline any more, if there is one that need not be a probe.
  private mutating func skipHopeless(now: HostTime) -> Skip? {
    for task in tasks.indices {
      if tasks[task].isShed, tasks[task].queued > 0 { return skipFirst(task: task, .shed, now: now) }
      guard let entry = entries[place(task, 0)], isHopeless(entry, task: task, now: now) else { continue }
      // A later frame may still make it, and is the better probe if it does not.
      if tasks[task].queued == 1, isProbeDue(task, now: now) { continue }
      if configuration.tasks[task].kind == .stateful {
        shed(task, cause: (estimate(task: task) ?? .zero) > configuration.tasks[task].budget ? .slow : .late, now: now)
        return skipFirst(task: task, .shed, now: now)
      }
      return skipFirst(task: task, .budget, now: now)
    }
    return nil
  }

  private func isHopeless(_ entry: Entry, task: Int, now: HostTime) -> Bool {
    let slack = entry.deadline - now
    guard let estimate = estimate(task: task), estimate > slack else { return slack < .zero }
    return risk(task, slack: slack) > acceptableRisk(task)
  }

  /// How likely to miss a frame may be that is started all the same. Where runs fit, misses stay rare. Where they do not,
  /// the risk of a frame that has not waited is nobody's to avoid; more is taken as there is time that nobody else wants. Never
  /// more than a tenth: beyond it a model runs on probes.
  private func acceptableRisk(_ task: Int) -> Double {
    if fits(task) { return min(0.1, max(0, tasks[task].missAllowance)) }
    return min(0.1, risk(task, slack: tasks[task].freshSlack) + max(0, 1 - shares.load))
  }

  /// Whether the 99th percentile of a run is within what frames have left when they come.
  private func fits(_ task: Int) -> Bool { estimate(task: task).map { $0 <= tasks[task].freshSlack } ?? true }

  private func risk(_ task: Int, slack: MediaDuration) -> Double {
    let model = configuration.tasks[task].model
    return models[model].times[models[model].rung].probability(above: slack)
  }

  /// Whether the model has not run for its probes' period or for that of the task's minimum rate, or has just run a probe
  /// in time.
  func isProbeDue(_ task: Int, now: HostTime) -> Bool {
    let model = configuration.tasks[task].model
    if models[model].wantsProbe { return true }
    let period = max(models[model].probePeriod, tasks[task].minimumPeriod ?? .zero, tasks[task].probePeriod)
    return models[model].lastStart.map { now - $0 >= period } ?? true
  }

  /// Whether a minimum rate would not be kept if the task waited much longer.
  private func isOwed(_ task: Int, now: HostTime) -> Bool {
    guard let period = tasks[task].minimumPeriod, let last = tasks[task].lastStart else { return false }
    return now - last >= period - MediaDuration(nanoseconds: period.nanoseconds / 8)
  }

  /// The task to start a frame of.
  private mutating func choose(now: HostTime) -> Int? {
    for task in tasks.indices { tasks[task].isPassedOver = false }
    while let best = bestWaiting(now: now) {
      if isOwed(best, now: now) { return best }
      let task = urgent(before: best, now: now) ?? best
      if isProbeDue(task, now: now) || worth(task, now: now) >= blockingLoss(task, now: now) { return task }
      tasks[task].isPassedOver = true
    }
    return nil
  }

  /// What running a frame of a task now is expected to cost the others: those of their frames that are due, and would die
  /// while it keeps the server, at their shares. Nothing while other servers can do their work.
  private func blockingLoss(_ task: Int, now: HostTime) -> Double {
    guard tasks[task].blockingLoss > 0 else { return 0 }
    let long = shares.demands[task].time
    var loss = 0.0
    for other in tasks.indices where other != task {
      let demand = shares.demands[other]
      let reach = long + demand.time - configuration.tasks[other].budget.seconds
      guard reach > 0 else { continue }
      loss += shares.shares[other] * demand.value * tasks[other].expectedArrivals(within: reach, now: now)
    }
    return loss
  }

  private func isCandidate(_ task: Int) -> Bool {
    tasks[task].queued > 0 && !tasks[task].isRunning && !tasks[task].isPassedOver
  }

  /// Of what can start, the task that is owed its minimum rate, else of the highest priority, else worth most for its time,
  /// and of equals the one that has waited longest for a run.
  private func bestWaiting(now: HostTime) -> Int? {
    var best: (task: Int, isOwed: Bool, priority: Int, density: Double, last: HostTime)?
    for task in tasks.indices where isCandidate(task) {
      let owed = isOwed(task, now: now)
      let priority = configuration.tasks[task].priority
      let density = worth(task, now: now) / max(1e-6, shares.demands[task].time)
      let last = tasks[task].lastStart ?? now
      let candidate = (task, owed, priority, density, last)
      guard let other = best else {
        best = candidate
        continue
      }
      let wins: Bool
      if owed != other.isOwed {
        wins = owed
      } else if priority != other.priority {
        wins = priority > other.priority
      } else if density > other.density * 1.1 || density * 1.1 < other.density {
        wins = density > other.density
      } else {
        wins = last < other.last
      }
      if wins { best = candidate }
    }
    return best?.task
  }

  /// The task that has to start first, if all others that wait, `best` among them, can still make it after its run.
  private func urgent(before best: Int, now: HostTime) -> Int? {
    var first: (task: Int, latest: HostTime)?
    for task in tasks.indices where isCandidate(task) && shares.shares[task] > 0 {
      guard let latest = latestStart(task) else { continue }
      if let other = first, other.latest <= latest { continue }
      first = (task, latest)
    }
    guard let first, first.task != best else { return nil }
    // Of equals each gets its turn where there is not time for all.
    if shares.load > 1, isPeer(first.task, of: best) { return nil }
    let then = now + MediaDuration(nanoseconds: Int64(shares.demands[first.task].time * 1e9))
    for task in tasks.indices where task != first.task && isCandidate(task) {
      if let latest = latestStart(task), latest < then { return nil }
    }
    return first.task
  }

  /// Whether two tasks are worth about the same for their time.
  private func isPeer(_ task: Int, of other: Int) -> Bool {
    let (one, two) = (shares.demands[task].density, shares.demands[other].density)
    return one <= two * 1.1 && two <= one * 1.1
  }

  /// When the newest frame of a task that waits has to start, if it is to leave time for those it feeds.
  private func latestStart(_ task: Int) -> HostTime? {
    entries[place(task, max(0, tasks[task].queued - 1))].map {
      $0.deadline - (estimate(task: task) ?? .zero) - reserve(task)
    }
  }

  /// What those that a task feeds need after it.
  private func reserve(_ task: Int) -> MediaDuration {
    guard tasks[task].feedsOthers else { return .zero }
    var longest = MediaDuration.zero
    for fed in configuration.tasks.indices where configuration.tasks[fed].source == task {
      longest = max(longest, (estimate(task: fed) ?? .zero) + reserve(fed))
    }
    return longest
  }

  /// What a result of the frame that a task would start now counts.
  private func worth(_ task: Int, now: HostTime) -> Double {
    let offset = choosesByContent(task) ? bestOffset(task, now: now) : 0
    let content = configuration.usesContent ? entries[place(task, offset)]?.content ?? 1 : 1
    let model = configuration.tasks[task].model
    return configuration.tasks[task].weight * content * configuration.models[model].variants[models[model].rung].value
  }

  /// Whether more pictures of a task wait than can be done one after another, if the others that wait get their turns in
  /// between; or, while more is offered than there is time for, more than are needed to bridge the longest gap.
  private func hasTooMany(_ task: Int, now: HostTime) -> Bool {
    let count = tasks[task].queued
    guard configuration.tasks[task].kind == .picture, count > 1, let newest = entries[place(task, count - 1)] else {
      return false
    }
    let turn = turn(task)
    if shares.shares[task] < 1,
      Double(count - 1) * turn > max(tasks[task].longestGap, configuration.tasks[task].budget.seconds / 2)
    {
      return true
    }
    let slack = (newest.deadline - now).seconds - 1.5 * shares.demands[task].time
    return slack < Double(count - 1) * turn
  }

  private mutating func start(_ task: Int, server: Int, now: HostTime) -> Run? {
    guard let entry = entries[place(task, 0)] else { return nil }
    let model = configuration.tasks[task].model
    let estimate = estimate(task: task) ?? .zero
    let slack = entry.deadline - now
    let isProbe = !configuration.keepsAll && isHopeless(entry, task: task, now: now)
    let risk = isProbe || !fits(task) ? nil : risk(task, slack: slack)
    if let risk { tasks[task].missAllowance -= risk }
    let fitting =
      estimate > .zero && !configuration.keepsAll
      ? max(1, slack.nanoseconds / estimate.nanoseconds) : Int64(entry.count)
    let count = min(entry.count, Int(clamping: fitting))
    _ = removeFirst(task)
    tasks[task].counters.inFlight = 1
    tasks[task].lastStart = now
    tasks[task].ran(entry.number, share: shares.shares[task])
    models[model].lastStart = now
    models[model].wantsProbe = false
    flights[server] = Flight(
      task: task, rung: models[model].rung, count: count, started: now, deadline: entry.deadline, isProbe: isProbe,
      risk: risk)
    let resetsState = tasks[task].resetsState
    tasks[task].resetsState = false
    if let cause = tasks[task].resetCause {
      tasks[task].resetCause = nil
      tell(.stateReset(task: task, at: entry.time), cause, now: now)
    }
    return Run(
      item: entry.item, task: task, server: server, rung: models[model].rung, count: count, time: entry.time,
      deadline: entry.deadline, reserved: reserve(task), isProbe: isProbe, resetsState: resetsState,
      lost: entry.lostBefore)
  }
}
