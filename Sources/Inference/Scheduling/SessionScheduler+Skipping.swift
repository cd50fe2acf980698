public import BraidCore

extension SessionScheduler {
  /// Counts a frame that is not even offered, because a gate or a gap decided so.
  public mutating func refuse(task: Int, _ reason: SkipReason) {
    tasks[task].counters.offered += 1
    tasks[task].counters.skipped[reason] += 1
    tasks[task].lostAfter[reason] += 1
    if reason == .gap { resetState(task: task) }
  }

  /// Lets the oldest frame of a task that waits go: for a reason from outside, a gap, the end. Nil when none waits.
  public mutating func skipFirst(task: Int, _ reason: SkipReason, now: HostTime) -> Skip? {
    guard let entry = removeFirst(task) else { return nil }
    tasks[task].counters.skipped[reason] += 1
    var lost = entry.lostBefore
    lost[reason] += 1
    addLost(lost, task: task)
    return Skip(
      item: entry.item, task: task, time: entry.time, reason: reason, slack: entry.deadline - now,
      estimate: estimate(task: task))
  }

  /// Lets one of a task's pictures that wait go: that with least in it, the oldest of equals.
  mutating func skipLeast(task: Int, now: HostTime) -> Skip? {
    var least = 0
    if configuration.usesContent {
      for offset in 0..<tasks[task].queued {
        let content = entries[place(task, offset)]?.content ?? 0
        if content < (entries[place(task, least)]?.content ?? 0) { least = offset }
      }
    }
    let last = tasks[task].queued - 1
    guard least > 0, let entry = entries[place(task, least)] else { return skipFirst(task: task, .stale, now: now) }
    // A newer one is worth more, or an older one.
    let reason = least < last ? SkipReason.stale : .interval
    var lost = entry.lostBefore
    lost[reason] += 1
    tasks[task].counters.skipped[reason] += 1
    for offset in least..<last { entries[place(task, offset)] = entries[place(task, offset + 1)] }
    entries[place(task, last)] = nil
    tasks[task].counters.queued -= 1
    if least < last { entries[place(task, least)]?.lostBefore.add(lost) } else { tasks[task].addLostAfter(lost) }
    return Skip(
      item: entry.item, task: task, time: entry.time, reason: reason, slack: entry.deadline - now,
      estimate: estimate(task: task))
  }

  mutating func removeFirst(_ task: Int) -> Entry? {
    guard tasks[task].queued > 0 else { return nil }
    let first = place(task, 0)
    let entry = entries[first]
    entries[first] = nil
    tasks[task].head = (tasks[task].head + 1) % configuration.tasks[task].queueCapacity
    tasks[task].counters.queued -= 1
    return entry
  }

  /// Counts losses towards the next frame that waits, or the next to come.
  mutating func addLost(_ lost: SkipCounts, task: Int) {
    if tasks[task].queued > 0 {
      entries[place(task, 0)]?.lostBefore.add(lost)
    } else {
      tasks[task].addLostAfter(lost)
    }
  }
}
