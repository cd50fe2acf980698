import BraidCore

/// What the thread of a feed tells others: counts, the clock, what was wrong, what happened, why it ended. From any thread.
final class FeedMeter: Sendable {
  private struct State {
    var counters = StreamCounters()
    var clock: ClockEstimate?
    var failure: IngestError?
    var told: Set<LineFault.Kind> = []
    var faults: [IngestError] = []
  }

  private let state = Guarded(State())
  private let location: String
  /// What happened and was not taken yet.
  let notices = NoticeQueue()

  /// `location` is the input, for messages.
  init(location: String) { self.location = location }

  var counters: StreamCounters { state.withLock { $0.counters } }
  var clock: ClockEstimate? { state.withLock { $0.clock } }
  var failure: IngestError? { state.withLock { $0.failure } }

  /// Counts a reading that is given out. Allocates: no.
  func count(_ element: StreamElement) {
    let length = if case .text(let segment) = element { segment.duration } else { MediaDuration.zero }
    state.withLock { state in
      state.counters.frames += 1
      if state.counters.firstTime == nil { state.counters.firstTime = element.time }
      state.counters.lastTime = element.time
      state.counters.end = max(state.counters.end ?? .distantPast, element.time + length)
    }
  }

  /// Counts a line that had no stamp and got that of its arrival.
  func countMissingStamp() { state.withLock { $0.counters.stampsMissing += 1 } }

  func countGap() { state.withLock { $0.counters.gaps += 1 } }

  /// Counts a line that is left out: as a reading that is lost where it came too late, else as one that could not be read. The
  /// first of each kind is told.
  func count(_ fault: LineFault, line: Int) {
    state.withLock { state in
      if fault.kind == .late || fault.kind == .stray {
        state.counters.frames += 1
        state.counters.framesLostInGaps += 1
      } else {
        state.counters.decodeErrors += 1
      }
      guard state.told.insert(fault.kind).inserted else { return }
      state.faults.append(fault.error(location: location, line: line))
    }
  }

  /// The faults that were not taken yet, in order.
  func takeFaults() -> [IngestError] {
    state.withLock { state in
      defer { state.faults.removeAll() }
      return state.faults
    }
  }

  func setClock(_ estimate: ClockEstimate?) { state.withLock { $0.clock = estimate } }

  func note(_ kind: InputNotice.Kind, at time: MediaTime, epoch: Int, cause: String) {
    notices.append(InputNotice(kind: kind, stream: 0, time: time, epoch: epoch, cause: cause))
  }

  func fail(_ error: IngestError) {
    state.withLock { if $0.failure == nil { $0.failure = error } }
  }
}
