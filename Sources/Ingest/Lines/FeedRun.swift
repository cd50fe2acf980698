import BraidCore

/// What the thread of a feed does: a file's lines in the order of their stamps, as fast as they are taken or when they are due; a
/// live feed's as they come.
///
/// For that thread alone, but for ``stopping`` and ``wake``.
final class FeedRun {
  let reader: FeedReader
  let ring: Ring?
  let stopping: InputInterruption
  let wake: Signal
  let clock: any SessionClock
  /// Where the thread writes down what it does.
  var trace: TraceRow?
  /// The stream's run of continuous time.
  var epoch = 0
  var order: ReorderBuffer
  /// What is subtracted from a file's stamps, in nanoseconds.
  private let origin: Int64
  private let window: (start: MediaTime?, end: MediaTime?)
  /// When the session's zero (or the window's start) is due; nil at fast pace.
  private var start: HostTime?

  init(
    _ reader: FeedReader, ring: Ring?, origin: Int64, options: InputOptions, stopping: InputInterruption, wake: Signal,
    clock: any SessionClock
  ) {
    self.reader = reader
    self.ring = ring
    self.origin = origin
    self.stopping = stopping
    self.wake = wake
    self.clock = clock
    order = ReorderBuffer(lateness: reader.location.lateness ?? .zero)
    window = (options.start, options.duration.map { (options.start ?? .zero) + $0 })
  }

  // MARK: - Files

  /// Fills the ring with a file's readings until its end or an interruption.
  ///
  /// - Parameter start: when the session's zero (or the window's start) is due; nil at fast pace.
  func runFile(start: HostTime?) {
    self.start = start
    readFile(give)
    ring?.finish()
  }

  /// Shows a file's readings in the order of their time, until `body` says false.
  func readFile(_ body: (StreamElement) -> Bool) {
    while !stopping.isInterrupted, reader.meter.failure == nil {
      let step = trace.span("read") { reader.next(waiting: .zero) }
      switch step {
      case .other, .nothing: continue
      case .reading(let reading):
        let stamp = (reading.stamp ?? 0).subtractingSaturating(origin)
        insert(element(reading, at: MediaTime(nanoseconds: stamp), captured: nil), arrival: nil)
        while let next = order.next() { guard pass(next, body) else { return discard() } }
      case .ended:
        while let next = order.next(atEnd: true) { guard pass(next, body) else { return discard() } }
        return
      }
    }
    discard()
  }

  /// Hands on what lies within the window; false where nothing more is wanted.
  private func pass(_ element: StreamElement, _ body: (StreamElement) -> Bool) -> Bool {
    if let start = window.start, element.time < start { return true }
    if let end = window.end, element.time >= end { return false }
    reader.meter.count(element)
    return body(element)
  }

  /// Puts an element into the ring, when it is due and there is room; false when the input was stopped.
  private func give(_ element: StreamElement) -> Bool {
    var element = element
    if let start {
      ring?.advance(bound: element.time)
      let due = start + (element.time - (window.start ?? .zero))
      while true {
        let ticket = wake.ticket()
        if stopping.isInterrupted { return discarded(element) }
        if clock.now >= due { break }
        clock.wait(on: wake, since: ticket, until: due)
      }
      element = element.captured(at: due)
    }
    guard let ring else { return true }
    while true {
      let ticket = wake.ticket()
      if ring.tryPush(element) { return true }
      if stopping.isInterrupted { return discarded(element) }
      wake.wait(since: ticket)
    }
  }

  private func discarded(_ element: StreamElement) -> Bool {
    ring?.discard(element)
    return false
  }

  /// Counts what was read and is not wanted any more, because the input was stopped.
  private func discard() {
    guard stopping.isInterrupted else { return }
    while let next = order.next(atEnd: true) {
      reader.meter.count(next)
      ring?.discard(next)
    }
  }

  // MARK: - Both

  /// Puts an element in its place, or counts it as late.
  func insert(_ element: StreamElement, arrival: HostTime?) {
    guard !order.insert(element, arrival: arrival) else { return }
    let late = (order.floor - element.time).seconds
    reader.count(
      LineFault(.late, "the line's stamp is \(Self.rounded(late)) s earlier than what has been given out"))
  }

  private static func rounded(_ seconds: Double) -> Double { (seconds * 1e6).rounded() / 1e6 }

  /// A reading with its time.
  func element(_ reading: FeedReading, at time: MediaTime, captured: HostTime?) -> StreamElement {
    switch reading.content {
    case .text(let text, let duration):
      .text(TextSegment(time: time, duration: duration, captured: captured, epoch: epoch, text: text))
    case .values(let values):
      .sensor(SensorSample(time: time, captured: captured, epoch: epoch, values: values))
    }
  }
}

extension StreamElement {
  /// The same text or reading with the time of its capture.
  fileprivate func captured(at moment: HostTime) -> StreamElement {
    switch self {
    case .text(var segment):
      segment.captured = moment
      return .text(segment)
    case .sensor(var sample):
      sample.captured = moment
      return .sensor(sample)
    case .audio, .video, .gap: return self
    }
  }
}
