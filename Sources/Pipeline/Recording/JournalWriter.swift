internal import BraidCore
internal import BraidIngest

/// Writes down what reaches the session's thread, and when.
///
/// For the session's thread. Allocates: no, in the steady state.
final class JournalWriter {
  static let kind: StaticString = "braid-j1"

  private let entries: EntryWriter
  private var flushed = HostTime(nanoseconds: .min)

  init(_ entries: EntryWriter) { self.entries = entries }

  /// The system's words for why the recording is not complete; nil while all is well.
  var error: Int32 { entries.error }

  func flush() { entries.flush() }

  func round(at time: HostTime, interruption: ExitStatus?) {
    begin(.round, time)
    entries.add(interruption.map { Int($0.code) } ?? -1)
    entries.end()
    // Whatever ends the process, no more than the last second is missing.
    guard time - flushed > .seconds(1) else { return }
    flushed = time
    entries.flush()
  }

  func event(_ event: IntakeEvent, at time: HostTime) {
    switch event {
    case .element(let element, let stream): add(element, stream, time)
    case .bound(let bound, let stream):
      begin(.bound, time)
      entries.add(stream)
      entries.add(bound.nanoseconds)
      entries.end()
    case .finished(let stream):
      begin(.finished, time)
      entries.add(stream)
      entries.end()
    }
  }

  func job(_ job: ModelJob, at time: HostTime) {
    begin(.job, time)
    entries.add(job.model)
    entries.add(job.started.nanoseconds)
    entries.add(job.finished.nanoseconds)
    entries.end()
  }

  func noJob() {
    entries.begin(JournalTag.noJob.rawValue)
    entries.end()
  }

  func warmUp(_ durations: [MediaDuration]) {
    entries.begin(JournalTag.warmUp.rawValue)
    entries.add(durations.count)
    for duration in durations { entries.add(duration.nanoseconds) }
    entries.end()
  }

  func readings(_ readings: StreamReadings) {
    entries.begin(JournalTag.readings.rawValue)
    for value in [readings.ring.pushed, readings.ring.popped, readings.ring.dropped, readings.ring.waiting] {
      entries.add(value)
    }
    entries.add(readings.depth)
    let counters = readings.counters
    for value in [
      counters.frames, counters.samples, counters.decodeErrors, counters.framesLostInGaps, counters.samplesLostInGaps,
      counters.stampsMissing, counters.stampsBackward, counters.stampsOutlying, counters.formatChanges, counters.gaps,
    ] { entries.add(value) }
    for time in [counters.firstTime, counters.lastTime, counters.end] { entries.add(time?.nanoseconds ?? .min) }
    entries.add(readings.clock == nil ? 0 : readings.clock?.partsPerMillion == nil ? 1 : 2)
    entries.add(readings.clock?.partsPerMillion ?? 0)
    entries.add(readings.clock?.offset.nanoseconds ?? 0)
    entries.add(readings.clock?.jitter.nanoseconds ?? 0)
    entries.end()
  }

  func notice(_ notice: InputNotice, input: Int) {
    entries.begin(JournalTag.notice.rawValue)
    entries.add(input)
    entries.add(notice.kind.rawValue)
    entries.add(notice.stream ?? -1)
    entries.add(notice.time.nanoseconds)
    entries.add(notice.epoch)
    entries.add(notice.cause)
    entries.end()
  }

  func failure(_ error: IngestError, input: Int) { add(error, .failure, input: input) }

  func fault(_ error: IngestError, input: Int) { add(error, .fault, input: input) }

  private func add(_ error: IngestError, _ tag: JournalTag, input: Int) {
    entries.begin(tag.rawValue)
    entries.add(input)
    for text in [error.name, error.message, error.location, error.remedy, error.cause ?? ""] { entries.add(text) }
    entries.end()
  }

  func end(at time: HostTime, peakMemory: Int64) {
    begin(.end, time)
    entries.add(peakMemory)
    entries.end()
    entries.flush()
  }

  private func begin(_ tag: JournalTag, _ time: HostTime) {
    entries.begin(tag.rawValue)
    entries.add(time.nanoseconds)
  }

  private func add(_ element: StreamElement, _ stream: Int, _ time: HostTime) {
    switch element {
    case .audio(let block):
      begin(.audio, time)
      add(stream, block.time, block.captured, block.epoch)
      for value in [block.sampleRate, block.channelCount, block.frameCount, block.decodedFrames] { entries.add(value) }
      block.withSamples { entries.add($0) }
    case .video(let frame):
      begin(.video, time)
      add(stream, frame.time, frame.captured, frame.epoch)
      entries.add(frame.duration.nanoseconds)
      entries.add(frame.number)
    case .text(let segment):
      begin(.text, time)
      add(stream, segment.time, segment.captured, segment.epoch)
      entries.add(segment.duration.nanoseconds)
      entries.add(segment.text)
    case .sensor(let sample):
      begin(.sensor, time)
      add(stream, sample.time, sample.captured, sample.epoch)
      entries.add(sample.values.count)
      for value in sample.values { entries.add(value) }
    case .gap(let gap):
      begin(.gap, time)
      add(stream, gap.time, nil, gap.epoch)
      entries.add(gap.duration.nanoseconds)
      for value in [gap.newEpoch, gap.samples, gap.frames] { entries.add(value) }
      entries.add(gap.reason.rawValue)
    }
    entries.end()
  }

  private func add(_ stream: Int, _ time: MediaTime, _ captured: HostTime?, _ epoch: Int) {
    entries.add(stream)
    entries.add(time.nanoseconds)
    entries.add(captured?.nanoseconds ?? .min)
    entries.add(epoch)
  }
}
