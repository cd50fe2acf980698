internal import BraidCore
internal import BraidIngest

/// What only a session with live inputs does: it tells what happens to them, and ends when it is told to.
extension SessionRun {
  /// How long a session that is to end goes on taking what its inputs have already given.
  private static let endingTime = MediaDuration.seconds(1)

  /// Whether what waits is to be let go. A live session that is interrupted takes what has come, unless that takes too long.
  var isAborted: Bool {
    guard intake?.interruption != nil else { return false }
    guard isLive else { return true }
    return endingDeadline.map { time.now >= $0 } ?? false
  }

  /// When a live session is over by its `--duration`, or must be once it is ending.
  var endOfLiveSession: HostTime? {
    guard isLive else { return nil }
    return endingDeadline ?? configuration.inputOptions.duration.map { time.zero + $0 }
  }

  /// Tells what has happened to the inputs, and ends them when their time is over.
  func followLiveInputs() {
    tellNotices()
    noteInputFaults()
    noteInputFailures(atEnd: false)
    let now = time.now
    if let endingDeadline {
      if now >= endingDeadline { for stream in streams { stream.ring.cancel() } }
      return
    }
    guard intake?.interruption != nil || endOfLiveSession.map({ now >= $0 }) ?? false else { return }
    for input in inputs { input.stop() }
    endingDeadline = now + Self.endingTime
  }

  private func tellNotices() {
    for place in descriptions.indices {
      for notice in intake?.takeNotices(of: place) ?? [] {
        for stream in streams
        where stream.input == place && notice.stream ?? stream.description.index == stream.description.index {
          tell(notice, of: stream)
        }
      }
    }
  }

  private func tell(_ notice: InputNotice, of stream: StreamSlot) {
    var event = EventRecord()
    event.id = output.newEventID()
    event.name = notice.kind.rawValue
    event.stream = stream.id
    event.epoch = notice.epoch
    event.pts = notice.time
    event.cause = notice.cause.isEmpty ? nil : notice.cause
    output.event(event, order: LineOrder(time: notice.time, stream: stream.order, model: -1))
  }
}
