import BraidCore

/// Lines that come as they happen: from a FIFO, a terminal, a serial device, standard input.
extension FeedRun {
  /// How long the thread waits for a line before it looks at the time.
  private static let tick = MediaDuration.milliseconds(20)
  /// How far behind the clock and its lateness a silent stream's bound follows: for so long others wait for it.
  private static let patience = MediaDuration.seconds(1)
  /// How many lines may wait until the source's clock is known.
  private static let mostPending = 4096

  /// Fills the ring until the feed ends or an interruption. `zero` is the session's.
  func runLive(zero: HostTime) {
    let lateness = reader.location.lateness ?? .zero
    var clockOfFeed = FeedClock(reader.location.kind == .text ? .text : .sensor, lateness: lateness)
    var pending: [(reading: FeedReading, stamp: MediaTime, arrival: HostTime)] = []
    while !stopping.isInterrupted, reader.meter.failure == nil {
      let limit = wait()
      let step = trace.span("read") { reader.next(waiting: limit) }
      let now = clock.now
      if case .ended = step { break }
      if case .reading(let reading) = step {
        if let stamp = reading.stamp {
          pending.append((reading, MediaTime(nanoseconds: stamp), now))
        } else {
          reader.meter.countMissingStamp()
          place(reading, captured: now, arrival: now, zero)
        }
      }
      follow(&clockOfFeed, &pending, step, now, zero)
      release(now)
      if case .nothing = step { ring?.advance(bound: .zero + (now - zero) - lateness - Self.patience) }
    }
    clockOfFeed.settle(at: clock.now, atOnce: true)
    place(&pending, clockOfFeed, zero)
    while let element = order.next(atEnd: true) { push(element) }
    ring?.finish()
  }

  private func wait() -> MediaDuration {
    guard let deadline = order.deadline else { return Self.tick }
    return min(Self.tick, max(.zero, deadline - clock.now))
  }

  /// Lets the newest line show the source's clock, and gives what waits its time once that is known.
  private func follow(
    _ feed: inout FeedClock,
    _ pending: inout [(reading: FeedReading, stamp: MediaTime, arrival: HostTime)], _ step: FeedReader.Step,
    _ now: HostTime, _ zero: HostTime
  ) {
    if case .reading(let reading) = step, reading.stamp != nil, let newest = pending.last {
      let found = feed.observe(newest.stamp, at: now)
      reader.meter.setClock(feed.estimate)
      switch found {
      case .pending: break
      case .at(let captured):
        pending.removeLast()
        place(&pending, feed, zero)
        place(newest.reading, captured: captured, arrival: now, zero)
      case .stray:
        pending.removeLast()
        reader.count(LineFault(.stray, "the line's stamp lies seconds before those that came last"))
      case .jumped(let captured):
        pending.removeLast()
        jump(at: captured, zero)
        place(newest.reading, captured: captured, arrival: now, zero)
      }
    }
    guard !pending.isEmpty else { return }
    feed.settle(at: now, atOnce: pending.count >= Self.mostPending)
    if feed.hasBegun { place(&pending, feed, zero) }
  }

  /// Gives lines that have waited for the source's clock their time.
  private func place(
    _ pending: inout [(reading: FeedReading, stamp: MediaTime, arrival: HostTime)], _ feed: FeedClock,
    _ zero: HostTime
  ) {
    for line in pending {
      place(line.reading, captured: feed.hostTime(of: line.stamp, arrival: line.arrival), arrival: line.arrival, zero)
    }
    pending.removeAll(keepingCapacity: true)
  }

  private func place(_ reading: FeedReading, captured: HostTime, arrival: HostTime, _ zero: HostTime) {
    insert(element(reading, at: .zero + (captured - zero), captured: captured), arrival: arrival)
  }

  /// The source's clock has jumped: what waits goes out, and another epoch begins.
  private func jump(at captured: HostTime, _ zero: HostTime) {
    while let element = order.next(atEnd: true) { push(element) }
    let last = order.floor
    order.restart()
    let time = MediaTime.zero + (captured - zero)
    let begin = last == .distantPast ? time : last
    let gap = Gap(
      time: begin, duration: time - begin, epoch: epoch, newEpoch: epoch + 1, samples: 0, frames: 0,
      reason: .timestamps)
    epoch += 1
    reader.meter.countGap()
    reader.meter.note(.clockJumped, at: time, epoch: epoch, cause: "the stamps jumped")
    _ = ring?.tryPush(.gap(gap))
  }

  private func release(_ now: HostTime) {
    while let element = order.next(at: now) { push(element) }
  }

  private func push(_ element: StreamElement) {
    reader.meter.count(element)
    _ = ring?.tryPush(element)
  }
}
