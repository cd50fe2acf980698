public import BraidCore

extension Synchroniser {
  /// When ``next(now:)`` has something even if nothing comes before; nil where nothing is waited for with a limit.
  public var nextDeadline: HostTime? {
    guard let tick = head else { return nil }
    return deadline(of: tick)
  }

  /// What is due: a correction, or the next moment if it is complete or not to be waited for any longer; ``parts`` then
  /// hold what it has. Nil if nothing is. To be called until nil after each feeding and at ``nextDeadline``.
  public func next(now: HostTime) -> SyncMoment<Item>? {
    if let revision = nextRevision() { return revision }
    guard let tick = head else { return nil }
    let isComplete = isComplete(tick.time)
    guard isComplete || deadline(of: tick).map({ now >= $0 }) == true else { return nil }
    if !isComplete { checkSilence(tick, now) }
    gather(at: tick.time)
    for member in configuration.members { lines[member.stream].answered(member.policy, tick.time) }
    answeredTick = tick.time
    popTick()
    skipDesert()
    remember(tick)
    outputCount += 1
    return SyncMoment(
      index: outputCount - 1, revises: nil, time: tick.time, item: tick.item, known: tick.known, isLate: !isComplete)
  }

  var head: Tick? {
    guard case .hop(let hop, let first) = configuration.tick else { return tickCount > 0 ? ticks[firstTick] : nil }
    let time = first + hop * hopIndex
    if case .atMost(_, let origin) = self.wait {
      guard !lines.allSatisfy(\.isFinished) || isReached(time) else { return nil }
      return Tick(time: time, known: origin + (time - .zero), item: nil)
    }
    return isReached(time) ? Tick(time: time, known: HostTime(nanoseconds: 0), item: nil) : nil
  }

  private func isReached(_ time: MediaTime) -> Bool { lines.contains { $0.reach >= time } }

  /// Leaves out hops that are more than an hour from any item, where time has jumped ahead: there may be no end of them.
  private func skipDesert() {
    guard case .hop(let hop, let first) = configuration.tick, wait == .unlimited else { return }
    let time = first + hop * hopIndex
    let hour = MediaDuration.seconds(3600)
    var nearest = MediaTime.distantFuture
    for line in lines {
      guard line.isFinished || line.bound > time + hour else { return }
      let index = line.history.count(before: time - hour)
      if index < line.history.count { nearest = min(nearest, line.history[index].time) }
    }
    guard nearest > time + hour, nearest < .distantFuture else { return }
    let skipped = (nearest - hour - time).nanoseconds / hop.nanoseconds
    hopIndex += skipped
    skippedHops += Int(skipped)
  }

  /// Whether nothing that may still come belongs to a tick or before it.
  private func isComplete(_ tick: MediaTime) -> Bool {
    if case .elements(let stream) = configuration.tick {
      guard lines[stream].isFinished || lines[stream].bound >= tick else { return false }
    } else if case .atMost = wait {
      guard isReached(tick) || lines.allSatisfy(\.isFinished) else { return false }
    }
    for member in configuration.members where !lines[member.stream].hasPassed(member.policy, tick) { return false }
    return true
  }

  /// When a tick that is not complete is released: when its wait is over, or before, when the last stream that lives and
  /// has not passed it is past its jitter buffer.
  private func deadline(of tick: Tick) -> HostTime? {
    guard case .atMost(let wait, let origin) = self.wait else { return nil }
    let limit = tick.known + wait
    var due = origin + (tick.time - .zero)
    if case .hop = configuration.tick {} else { due = HostTime(nanoseconds: .min) }
    if case .elements(let stream) = configuration.tick, !lines[stream].isFinished, lines[stream].bound < tick.time {
      due = max(due, origin + (tick.time - .zero) + lines[stream].buffer)
    }
    for member in configuration.members {
      let line = lines[member.stream]
      guard !line.report.isSilent, !line.hasPassed(member.policy, tick.time) else { continue }
      due = max(due, origin + (line.history.need(member.policy, at: tick.time) - .zero) + line.buffer)
      if due >= limit { return limit }
    }
    return min(due, limit)
  }

  /// Before a moment that is not complete is gathered: what it has waited for may be silent.
  private func checkSilence(_ tick: Tick, _ now: HostTime) {
    guard case .atMost(let wait, _) = self.wait else { return }
    for member in configuration.members where !lines[member.stream].hasPassed(member.policy, tick.time) {
      lines[member.stream].checkSilence(now, wait: wait)
    }
  }

  // MARK: Parts

  func gather(at tick: MediaTime) {
    lastTime = tick
    for index in configuration.members.indices {
      let member = configuration.members[index]
      pairings[index] = lines[member.stream].history.pairing(member.policy, at: tick)
      parts[index] = part(pairings[index], member, tick)
    }
  }

  private func part(_ pairing: Pairing, _ member: SyncMember, _ tick: MediaTime) -> SyncPart<Item> {
    var part = SyncPart<Item>()
    let line = lines[member.stream]
    part.isFinal = line.hasPassed(member.policy, tick)
    part.uncovered = pairing.uncovered
    guard pairing.isPresent else {
      let isAwaited = part.isFinal ? SyncPart<Item>.Absence.unmatched : line.report.isSilent ? .silent : .late
      part.absence = line.isFinished ? .ended : isAwaited
      return part
    }
    part.count = pairing.count
    guard pairing.count > 0 else { return part }
    let (first, last) = (line.history[pairing.first], line.history[pairing.last])
    part.item = items[member.stream][first.slot]
    switch member.policy {
    case .exact, .nearest: part.skew = first.time - tick
    case .hold:
      part.skew = first.time - tick
      part.age = tick - first.time
    case .interpolate:
      part.skew = tick - first.time <= last.time - tick ? first.time - tick : last.time - tick
      guard pairing.count == 2 else { return part }
      part.following = items[member.stream][last.slot]
      part.fraction = (tick - first.time).seconds / (last.time - first.time).seconds
    case .window(_, let to, let allowing):
      part.item = items[member.stream][last.slot]
      if allowing != nil { part.skew = pairing.reached.map { $0 - (tick + to) } }
    }
    return part
  }
}
