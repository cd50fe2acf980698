internal import BraidCore
internal import BraidIngest
internal import BraidSync

/// The intake of a session whose inputs run now.
///
/// For the session's thread. Allocates: no, in the steady state.
final class RingIntake: SessionIntake {
  private let session: Session
  private let inputs: [any SessionInput]
  private let streams: [StreamSlot]
  private let queue: JobQueue?
  private let time: SessionTime
  private let isPaced: Bool
  /// Where everything is written down, for a repetition.
  private let journal: JournalWriter?
  /// The front of each stream.
  private var heads: [MergeOrder.Head]
  private var isFinished: [Bool]
  private var bounds: [MediaTime]
  private var failuresTold: [Bool]
  private(set) var interruption: ExitStatus?

  /// Where frames come as time goes (`isPaced`) no stream is waited for.
  init(
    _ session: Session, inputs: [any SessionInput], streams: [StreamSlot], queue: JobQueue?, time: SessionTime,
    isPaced: Bool, journal: JournalWriter?
  ) {
    self.session = session
    self.inputs = inputs
    self.streams = streams
    self.queue = queue
    self.time = time
    self.isPaced = isPaced
    self.journal = journal
    heads = streams.map { _ in MergeOrder.Head(time: nil, bound: .distantPast, isFinished: false) }
    isFinished = streams.map { _ in false }
    bounds = streams.map { _ in .distantPast }
    failuresTold = inputs.map { _ in false }
  }

  func beginRound() -> Bool {
    time.step()
    interruption = session.interruptedStatus
    journal?.round(at: time.now, interruption: interruption)
    return true
  }

  func next() -> IntakeEvent? {
    var event: IntakeEvent?
    for (index, stream) in streams.enumerated() {
      let head = stream.ring.peek()
      if event == nil { event = news(of: index, head) }
      // At real-time pace nobody is waited for.
      heads[index] = MergeOrder.Head(
        time: head.time, bound: isPaced ? .distantFuture : head.bound, isFinished: head.isFinished)
    }
    if event == nil, case .take(let index) = MergeOrder.next(heads), let element = streams[index].ring.pop() {
      // After a gap stamps may begin anew, further back.
      if case .gap = element { bounds[index] = element.time } else { bounds[index] = max(bounds[index], element.time) }
      event = .element(element, stream: index)
    }
    guard let event else { return nil }
    time.step()
    journal?.event(event, at: time.now)
    return event
  }

  /// What a stream tells without an element: its end, or that its bound has moved.
  private func news(of index: Int, _ head: (time: MediaTime?, bound: MediaTime, isFinished: Bool)) -> IntakeEvent? {
    if head.isFinished {
      guard !isFinished[index] else { return nil }
      isFinished[index] = true
      return .finished(stream: index)
    }
    // What waits at real-time pace is taken at once; on files others may be waited for meanwhile.
    let bound = head.time ?? head.bound
    guard head.time == nil || !isPaced, bound != .distantFuture, bound > bounds[index] else { return nil }
    bounds[index] = bound
    return .bound(bound, stream: index)
  }

  func takeCompleted(running: Int) -> ModelJob? {
    guard let job = queue?.takeCompleted() else {
      if running > 0 { journal?.noJob() }
      return nil
    }
    time.step()
    journal?.job(job, at: time.now)
    return job
  }

  func warmUp(_ measured: [[MediaDuration]]) -> [[MediaDuration]] {
    journal?.warmUp(measured.flatMap(\.self))
    return measured
  }

  func readings(of stream: Int) -> StreamReadings {
    let slot = streams[stream]
    let input = inputs[slot.input]
    var readings = StreamReadings()
    readings.ring = slot.ring.counters
    readings.depth = slot.ring.depth
    readings.counters = input.counters(stream: slot.description.index) ?? StreamCounters()
    readings.clock = input.clockEstimate(stream: slot.description.index)
    journal?.readings(readings)
    return readings
  }

  func takeNotices(of input: Int) -> [InputNotice] {
    let notices = inputs[input].takeNotices()
    for notice in notices { journal?.notice(notice, input: input) }
    return notices
  }

  func takeFaults(of input: Int) -> [IngestError] {
    let faults = inputs[input].takeFaults()
    for fault in faults { journal?.fault(fault, input: input) }
    return faults
  }

  func failure(of input: Int) -> IngestError? {
    guard !failuresTold[input], let failure = inputs[input].failure else { return nil }
    failuresTold[input] = true
    journal?.failure(failure, input: input)
    return failure
  }

  func wait(on signal: Signal, since ticket: Signal.Ticket, until deadline: HostTime) {
    session.clock.wait(on: signal, since: ticket, until: deadline)
  }

  func finish() -> Int64 {
    time.step()
    let bytes = HostFacts.peakResidentBytes
    journal?.end(at: time.now, peakMemory: bytes)
    return bytes
  }
}
