import BraidCore

/// What an ALSA input's thread tells others: counts, the clock, what happened, why it ended. From any thread.
final class AlsaMeter: Sendable {
  private struct State {
    var counters = StreamCounters()
    var clock: ClockEstimate?
    var failure: IngestError?
  }

  private let state = Guarded(State())
  /// What happened and was not taken yet.
  let notices = NoticeQueue()

  var counters: StreamCounters { state.withLock { $0.counters } }
  var clock: ClockEstimate? { state.withLock { $0.clock } }
  var failure: IngestError? { state.withLock { $0.failure } }

  /// Counts a block. Allocates: no.
  func count(_ block: AudioBlock, clock: ClockEstimate) {
    state.withLock { state in
      state.counters.frames += 1
      state.counters.samples += block.frameCount
      if state.counters.firstTime == nil { state.counters.firstTime = block.time }
      state.counters.lastTime = block.time
      state.counters.end = block.end
      state.clock = clock
    }
  }

  /// Counts a gap, and what was lost in it.
  func count(_ gap: Gap) {
    state.withLock { state in
      state.counters.gaps += 1
      state.counters.samples += gap.samples
      state.counters.samplesLostInGaps += gap.samples
    }
  }

  func countFormatChange() {
    state.withLock { $0.counters.formatChanges += 1 }
  }

  func note(_ kind: InputNotice.Kind, at time: MediaTime, epoch: Int, cause: String) {
    notices.append(InputNotice(kind: kind, stream: 0, time: time, epoch: epoch, cause: cause))
  }

  func fail(_ error: IngestError) {
    state.withLock { if $0.failure == nil { $0.failure = error } }
  }
}
