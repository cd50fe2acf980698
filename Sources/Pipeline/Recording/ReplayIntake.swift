internal import BraidCore
internal import BraidIngest

/// The intake of a session that repeats a recorded one: everything comes as it did then, at the times of then, however fast
/// this machine is now.
///
/// With the models of then their runs take the times of then; with others each run takes no time. Pictures are decoded again.
/// For the session's thread.
final class ReplayIntake: SessionIntake {
  private let session: Session
  private let journal: JournalReader
  private let location: String
  private let streams: [StreamSlot]
  private let pictures: [RecordedPictures?]
  private let queue: JobQueue?
  private let time: SessionTime
  private let repeatsJobs: Bool
  private var recordedInterruption: ExitStatus?
  /// What is wrong with the recording, found on the way.
  private(set) var failure: PipelineError?

  /// `pictures` are by input; `repeatsJobs` says that the models are those of the recording.
  init(
    _ session: Session, journal: JournalReader, location: String, streams: [StreamSlot], pictures: [RecordedPictures?],
    queue: JobQueue?, time: SessionTime, repeatsJobs: Bool
  ) {
    self.session = session
    self.journal = journal
    self.location = location
    self.streams = streams
    self.pictures = pictures
    self.queue = queue
    self.time = time
    self.repeatsJobs = repeatsJobs
  }

  /// The recorded session's end, or that of this one, whichever is first.
  var interruption: ExitStatus? { recordedInterruption ?? session.interruptedStatus }

  func beginRound() -> Bool {
    while failure == nil, let (entry, time) = peek() {
      guard case .round(let interruption) = entry else {
        // What belongs to models or options that this session has not.
        if case .end = entry { return false }
        journal.advance()
        continue
      }
      journal.advance()
      step(to: time)
      recordedInterruption = interruption
      return true
    }
    return false
  }

  func next() -> IntakeEvent? {
    while failure == nil, let (entry, time) = peek() {
      switch entry {
      case .event(let event):
        journal.advance()
        guard check(event) else { return nil }
        step(to: time)
        return event
      case .picture(let head, let stream):
        journal.advance()
        step(to: time)
        return picture(head, stream).map { .element(.video($0), stream: stream) }
      case .job, .noJob:
        guard !repeatsJobs else { return nil }
        journal.advance()
      default: return nil
      }
    }
    return nil
  }

  func takeCompleted(running: Int) -> ModelJob? {
    guard repeatsJobs else {
      guard running > 0, let job = waitForJob() else { return nil }
      // A run takes no time of the session's.
      job.started = time.now
      job.finished = time.now
      return job
    }
    guard running > 0, failure == nil, let (entry, time) = peek() else { return running > 0 ? waitForJob() : nil }
    switch entry {
    case .job(let model, let started, let finished):
      journal.advance()
      guard queue?.holds(model) == true else {
        fail("its models ran in another order")
        return waitForJob()
      }
      guard let job = waitForJob(of: model) else { return nil }
      job.started = started
      job.finished = finished
      step(to: time)
      return job
    case .noJob:
      journal.advance()
      return nil
    default:
      fail("it does not fit what its models do")
      return waitForJob()
    }
  }

  func warmUp(_ measured: [[MediaDuration]]) -> [[MediaDuration]] {
    let unknown = measured.map { $0.map { _ in MediaDuration.zero } }
    guard let (entry, _) = peek(), case .warmUp(var durations) = entry else { return unknown }
    journal.advance()
    guard repeatsJobs, durations.count == measured.reduce(0, { $0 + $1.count }) else { return unknown }
    return measured.map { forms in
      defer { durations.removeFirst(forms.count) }
      return Array(durations.prefix(forms.count))
    }
  }

  func readings(of stream: Int) -> StreamReadings {
    guard let (entry, _) = peek(), case .readings(let readings) = entry else { return StreamReadings() }
    journal.advance()
    return readings
  }

  func takeNotices(of input: Int) -> [InputNotice] {
    var notices: [InputNotice] = []
    while let (entry, _) = peek(), case .notice(let notice, input) = entry {
      journal.advance()
      notices.append(notice)
    }
    return notices
  }

  func takeFaults(of input: Int) -> [IngestError] {
    var faults: [IngestError] = []
    while let (entry, _) = peek(), case .fault(let error, input) = entry {
      journal.advance()
      faults.append(error)
    }
    return faults
  }

  func failure(of input: Int) -> IngestError? {
    guard let (entry, _) = peek(), case .failure(let error, input) = entry else { return nil }
    journal.advance()
    return error
  }

  func wait(on signal: Signal, since ticket: Signal.Ticket, until deadline: HostTime) {}

  func finish() -> Int64 {
    guard let (entry, time) = peek(), case .end(let peakMemory) = entry else {
      if failure == nil, session.interruptedStatus == nil {
        session.observer.note(
          "\(location): the recording ends before its session did; everything up to there was repeated")
      }
      return HostFacts.peakResidentBytes
    }
    journal.advance()
    step(to: time)
    return peakMemory
  }

  private func peek() -> (entry: JournalEntry, time: HostTime?)? {
    do {
      return try journal.peek()
    } catch {
      fail("\(error.message), at byte \(error.offset)")
      return nil
    }
  }

  private func step(to time: HostTime?) {
    if let time { self.time.step(to: time) }
  }

  private func check(_ event: IntakeEvent) -> Bool {
    let stream =
      switch event {
      case .element(_, let stream), .bound(_, let stream), .finished(let stream): stream
      }
    if streams.indices.contains(stream) { return true }
    fail("it has no stream \(stream)")
    return false
  }

  private func picture(_ head: JournalEntry.VideoHead, _ stream: Int) -> VideoFrame? {
    guard streams.indices.contains(stream) else {
      fail("it has no stream \(stream)")
      return nil
    }
    let slot = streams[stream]
    guard pictures.indices.contains(slot.input), let source = pictures[slot.input] else {
      fail("the pictures of \(slot.id) were not recorded")
      return nil
    }
    do throws(IngestError) {
      guard var frame = try source.frame(stream: slot.description.index, number: head.number) else {
        fail("picture \(head.number) of \(slot.id) is not in it")
        return nil
      }
      frame.time = head.time
      frame.captured = head.captured
      frame.epoch = head.epoch
      frame.duration = head.duration
      return frame
    } catch {
      fail(error.message)
      return nil
    }
  }

  /// Waits, in this machine's time, for a job: that of the model where one is given. It must be under way.
  private func waitForJob(of model: Int? = nil) -> ModelJob? {
    guard let queue else { return nil }
    while true {
      let ticket = session.ready.ticket()
      if let job = queue.takeCompleted(of: model) { return job }
      session.ready.wait(since: ticket)
    }
  }

  private func fail(_ what: String) {
    guard failure == nil else { return }
    failure = PipelineError(
      .brokenRecording, "the recording cannot be repeated: \(what)", location: location,
      remedy: "Record again; everything up to there was repeated")
  }
}
