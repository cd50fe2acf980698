internal import BraidCore

extension SessionScheduler {
  /// How often shares, intervals and rungs are looked at.
  static var controlPeriod: MediaDuration { .milliseconds(250) }

  /// Looks at what is offered and what runs take, if it is time to, and moves intervals, rungs and what is shed.
  mutating func control(now: HostTime) {
    if let lastControl, now - lastControl < Self.controlPeriod { return }
    lastControl = now
    shareOut(now: now)
    for model in models.indices where models[model].times.count > 1 { moveRung(model, now: now) }
    for task in tasks.indices {
      tasks[task].blockingLoss = blockingLoss(task)
      tasks[task].probePeriod = probePeriod(task)
      if configuration.tasks[task].kind == .stateful {
        moveShedding(task, now: now)
      } else {
        moveInterval(task, now: now)
      }
    }
  }

  /// Shares the servers out by what is offered now and what runs take in the present forms.
  private mutating func shareOut(now: HostTime) {
    fillDemands(now: now)
    shares.share(capacity: Double(configuration.servers))
    shareByContent()
  }

  private mutating func fillDemands(now: HostTime) {
    for task in tasks.indices {
      let its = configuration.tasks[task]
      let model = models[its.model]
      let rate = tasks[task].rate(now: now)
      var demand = FluidShares.Demand()
      let chance = chance(task, ratio: 1)
      // What cannot be in time takes no share; its probes are few.
      demand.rate = chance < 0.5 ? 0 : rate
      demand.time = model.mean(rung: model.rung) * tasks[task].meanCount
      let content = configuration.usesContent ? tasks[task].contentMean : 1
      demand.value = its.weight * content * chance * configuration.models[its.model].variants[model.rung].value
      demand.minimum = rate > 0 ? min(1, its.minimumRate / rate) : 0
      demand.priority = its.priority
      demand.isWhole = its.kind == .stateful
      shares.demands[task] = demand
    }
  }

  /// What running a frame of a task is expected to cost the others: of their frames, as many as arrive and die while it
  /// keeps the server, at their shares. Nothing while other servers can do their work.
  private func blockingLoss(_ task: Int) -> Double {
    let long = shares.demands[task].time
    var loss = 0.0
    var work = 0.0
    for other in tasks.indices where other != task {
      let demand = shares.demands[other]
      let rate = demand.rate * shares.shares[other]
      work += rate * demand.time
      loss += rate * demand.value * max(0, long + demand.time - configuration.tasks[other].budget.seconds)
    }
    return work < 0.8 * Double(configuration.servers - 1) ? 0 : loss
  }

  /// How far apart probes of a task have to be to cost the others no more than a fiftieth of what they deliver.
  private func probePeriod(_ task: Int) -> MediaDuration {
    guard tasks[task].blockingLoss > 0 else { return .zero }
    var delivered = 0.0
    for other in tasks.indices where other != task {
      delivered += shares.demands[other].rate * shares.shares[other] * shares.demands[other].value
    }
    let seconds = delivered > 0 ? tasks[task].blockingLoss / (0.02 * delivered) : 0
    return MediaDuration(nanoseconds: Int64(min(10, seconds) * 1e9))
  }

  /// At most one step a second, to the longest interval that still admits what the task's share runs.
  private mutating func moveInterval(_ task: Int, now: HostTime) {
    if let last = tasks[task].lastStep, now - last < .seconds(1) { return }
    guard shares.demands[task].rate > 0 else { return }
    let share = max(0.01, shares.shares[task])
    let step = tasks[task].intervalStep
    let wanted = IntervalLadder.step(notAbove: max(1, 0.75 / share))
    // Down only when it is a clear step away: what is measured wavers.
    let isClear = IntervalLadder.step(notAbove: max(1, 0.8 / share)) < step
    let to = wanted > step ? step + 1 : isClear ? step - 1 : step
    guard to != step else { return }
    tasks[task].intervalStep = to
    tasks[task].lastStep = now
    tell(
      .interval(task: task, from: IntervalLadder.frames(step), to: IntervalLadder.frames(to)),
      to > step ? .overload : .relief, now: now)
  }

  /// Down where the next smaller form is worth at least a twentieth more in all, up where the next better one is; not before
  /// two seconds in a form, four on the way up.
  private mutating func moveRung(_ model: Int, now: HostTime) {
    let rung = models[model].rung
    let since = models[model].lastRung.map { now - $0 } ?? .unlimited
    let isSlow = tooSlow(model)
    guard since >= .seconds(2) else { return }
    let present = total(model, rung: rung)
    var to = rung
    if rung + 1 < models[model].times.count, total(model, rung: rung + 1) > present * 1.05 || isSlow {
      to = rung + 1
    } else if rung > 0, since >= .seconds(4), total(model, rung: rung - 1) > present * 1.05 {
      to = rung - 1
    }
    shareOut(now: now)
    guard to != rung else { return }
    models[model].rung = to
    models[model].lastRung = now
    shareOut(now: now)
    tell(.rung(model: model, from: rung, to: to), isSlow ? .slow : to > rung ? .overload : .relief, now: now)
  }

  /// How likely a run of a task's model is to keep its budget, if runs took `ratio` times as long as in the present form.
  private func chance(_ task: Int, ratio: Double) -> Double {
    let model = models[configuration.tasks[task].model]
    let budget = MediaDuration(nanoseconds: Int64(min(1e18, configuration.tasks[task].budget.seconds * 1e9 / ratio)))
    guard let estimate = model.estimate, estimate > budget else { return 1 }
    return 1 - model.times[model.rung].probability(above: budget)
  }

  /// Whether no task of a model is likely to keep its budget in its present form.
  private func tooSlow(_ model: Int) -> Bool {
    tasks.indices.allSatisfy { configuration.tasks[$0].model != model || chance($0, ratio: 1) < 0.5 }
  }

  /// The value a second of everything, were a model in that form.
  private mutating func total(_ model: Int, rung: Int) -> Double {
    let present = models[model].rung
    let time = models[model].mean(rung: rung)
    let ratio = models[model].mean(rung: present) > 0 ? max(1e-3, time / models[model].mean(rung: present)) : 1
    for task in tasks.indices where configuration.tasks[task].model == model {
      let variants = configuration.models[model].variants
      let chance = chance(task, ratio: ratio)
      shares.demands[task].time = time * tasks[task].meanCount
      let content = configuration.usesContent ? tasks[task].contentMean : 1
      shares.demands[task].value = configuration.tasks[task].weight * content * chance * variants[rung].value
      shares.demands[task].rate = chance < 0.5 ? 0 : tasks[task].rate(now: lastControl ?? HostTime(nanoseconds: 0))
    }
    return shares.share(capacity: Double(configuration.servers))
  }

  /// Gives a task with carried state up.
  mutating func shed(_ task: Int, cause: SchedulerChange.Cause, now: HostTime) {
    guard !tasks[task].isShed else { return }
    // Shed again soon after it was restored: that did not help, so wait longer.
    let wasRestoredSoon = tasks[task].shedAt.map { now - $0 < tasks[task].shedFor + .seconds(3) } ?? false
    tasks[task].shedFor = wasRestoredSoon ? min(.seconds(8), tasks[task].shedFor * 2) : .seconds(1)
    tasks[task].isShed = true
    tasks[task].shedAt = now
    tasks[task].breakState(.shed)
    tell(.shed(task: task), cause, now: now)
  }

  /// Sheds a task with carried state that has no share, and takes it back when it has one again or is due a probe.
  private mutating func moveShedding(_ task: Int, now: HostTime) {
    let demand = shares.demands[task]
    if !tasks[task].isShed {
      if demand.rate > 0, shares.shares[task] < 1, shares.load > 1.02 { shed(task, cause: .overload, now: now) }
      return
    }
    guard let shedAt = tasks[task].shedAt, now - shedAt >= tasks[task].shedFor, tasks[task].queued == 0 else { return }
    // What its runs take is known only from runs: without any for so long it is tried.
    let isForgotten = models[configuration.tasks[task].model].lastStart.map { now - $0 >= tasks[task].shedFor } ?? true
    guard demand.rate == 0 || shares.shares[task] >= 1 || isForgotten else { return }
    tasks[task].isShed = false
    tell(.restored(task: task), .relief, now: now)
  }

  mutating func tell(_ kind: SchedulerChange.Kind, _ cause: SchedulerChange.Cause, now: HostTime) {
    // Changes come a few a second and are taken at the next decision; of a flood the oldest goes.
    if changesCount == changes.count {
      changesHead = (changesHead + 1) % changes.count
      changesCount -= 1
    }
    changes[(changesHead + changesCount) % changes.count] = SchedulerChange(
      time: now, kind: kind, cause: cause, load: shares.load)
    changesCount += 1
  }

  mutating func takeChange() -> SchedulerChange? {
    guard changesCount > 0 else { return nil }
    let change = changes[changesHead]
    changes[changesHead] = nil
    changesHead = (changesHead + 1) % changes.count
    changesCount -= 1
    return change
  }
}
