public import BraidCore

extension Synchroniser {
  /// Takes the next item of a stream, in the order of arrival.
  ///
  /// - Parameters:
  ///   - item: the item.
  ///   - time: when it begins; one without a time is refused and counted.
  ///   - duration: how long it lasts; zero for an instant or where nobody knows.
  ///   - epoch: the run of continuous time, counting up.
  ///   - isUsable: false for a reading that is not a number: it is refused and counted, and only says that time went on.
  ///   - stream: the stream's number; one that is not there is ignored.
  ///   - now: when it arrived; of no meaning where nothing waits for a clock.
  public func feed(
    _ item: Item, time: MediaTime?, duration: MediaDuration = .zero, epoch: Int = 0, isUsable: Bool = true,
    stream: Int, now: HostTime = HostTime(nanoseconds: 0)
  ) {
    guard lines.indices.contains(stream) else { return }
    lines[stream].arrived(at: now)
    guard let time else {
      lines[stream].report.timeless += 1
      return
    }
    let duration = max(.zero, duration)
    guard isUsable else {
      lines[stream].report.unusable += 1
      return
    }
    switch lines[stream].judge(time, epoch: epoch) {
    case .refuse: return
    case .suspect:
      lines[stream].suspectDuration = duration
      suspects[stream] = item
    case .accept(let time): place(item, at: time, duration, stream, now)
    case .confirm(let first, let second):
      placeSuspect(at: first, lines[stream].suspectDuration, stream, now)
      place(item, at: second, duration, stream, now)
    }
  }

  /// Says that nothing earlier than `bound` will be fed to the stream any more; a bound in the past changes nothing.
  public func advance(stream: Int, to bound: MediaTime) {
    guard lines.indices.contains(stream) else { return }
    lines[stream].advance(to: bound)
  }

  /// Says that nothing more will be fed to the stream: it holds nothing up any more.
  public func finish(stream: Int, now: HostTime = HostTime(nanoseconds: 0)) {
    guard lines.indices.contains(stream), !lines[stream].isFinished else { return }
    if let last = lines[stream].finish() { placeSuspect(at: last.time, last.duration, stream, now) }
  }

  private func placeSuspect(at time: MediaTime, _ duration: MediaDuration, _ stream: Int, _ now: HostTime) {
    guard let item = suspects[stream] else { return }
    suspects[stream] = nil
    place(item, at: time, duration, stream, now)
  }

  private func place(
    _ item: Item, at time: MediaTime, _ duration: MediaDuration, _ stream: Int, _ now: HostTime
  ) {
    prune(stream)
    guard let placed = lines[stream].place(time, duration: duration, wanted: wanted(of: stream)) else { return }
    items[stream][placed.slot] = item
    if let media = mediaTime(now) { lines[stream].measure(media - placed.time) }
    revise(stream, placed.time)
    if case .elements(stream) = configuration.tick { push(Tick(time: placed.time, known: now, item: item)) }
  }

  // MARK: Room

  /// No tick before this is still to be answered or corrected.
  private var earliestTick: MediaTime {
    let next: MediaTime
    switch configuration.tick {
    case .elements(let stream): next = tickCount > 0 ? ticks[firstTick]?.time ?? .distantPast : lines[stream].bound
    case .hop(let hop, let first): next = first + hop * hopIndex
    }
    guard let corrections = configuration.corrections, let answeredTick else { return next }
    return min(next, answeredTick) - corrections
  }

  /// An item before this is of no use to any tick to come.
  private func wanted(of stream: Int) -> MediaTime { earliestTick - spans[stream].back }

  private func prune(_ stream: Int) {
    let (earliest, span) = (earliestTick, spans[stream])
    while let slot = lines[stream].prune(before: earliest, span: span.back, keepsLong: span.keepsLong) {
      items[stream][slot] = nil
    }
  }

  // MARK: Ticks

  /// Adds a tick in the order of time.
  private func push(_ tick: Tick) {
    if let answeredTick, tick.time <= answeredTick {
      lateTicks += 1
      return
    }
    if tickCount == ticks.count {
      popTick()
      droppedTicks += 1
    }
    var position = tickCount
    while position > 0, let before = ticks[slot(position - 1)], before.time > tick.time {
      ticks[slot(position)] = before
      position -= 1
    }
    var tick = tick
    // It must not hold up longer those that were there before it.
    if position < tickCount, let after = ticks[slot(position + 1)] { tick.known = min(tick.known, after.known) }
    ticks[slot(position)] = tick
    tickCount += 1
  }

  func popTick() {
    guard case .elements = configuration.tick else {
      hopIndex += 1
      return
    }
    ticks[firstTick] = nil
    firstTick = slot(1)
    tickCount -= 1
  }

  private func slot(_ index: Int) -> Int { (firstTick + index) % ticks.count }
}
