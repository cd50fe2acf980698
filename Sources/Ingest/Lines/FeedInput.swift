public import BraidCore

/// Texts or a sensor's readings, one a line, from a file, a FIFO or standard input: opened and described, then read on a thread of
/// its own.
///
/// A file's readings have the times of their stamps; those of a FIFO are live, and stamps are followed by their arrivals. What
/// is wrong with a line is counted, told once, and ends nothing. All methods may be called from any thread.
public final class FeedInput: SessionInput {
  /// After how many lines at fault, with no good one before, an input is none.
  private static let mostFaults = 256
  /// Stamps that far from zero are not times on a session's timeline.
  private static let farthest = MediaDuration.seconds(10 * 365 * 86_400)

  /// What the input is.
  public let description: InputDescription
  /// What the input's thread waits on.
  public let wake = Signal()

  private let reader: FeedReader
  private let origin: Int64
  private let options: InputOptions
  private let stopping: InputInterruption
  private let thread = Guarded<DedicatedThread?>(nil)

  /// Opens an input. Blocks until it is known what is in it: at most ``LiveOptions/openTimeout`` for the first line of a FIFO whose
  /// channels nobody has named.
  ///
  /// - Throws: not-found; not-permitted; empty; unusable; timed-out; invalid-option; no-usable-stream; interrupted.
  static func open(
    _ location: FeedLocation, options: InputOptions, interruption: InputInterruption
  ) throws(IngestError) -> FeedInput {
    let stopping = InputInterruption(parent: interruption)
    let lines = try LineSource.open(location, limits: options.limits, stopping: stopping)
    let reader = FeedReader(location, lines)
    try checkSelection(options.streams, location)
    if location.encoding != nil {
      throw location.refused(
        "lines of text are UTF-8: 'encoding' is for subtitles", "Leave it out, and write UTF-8.")
    }
    var first: Int64?
    if !lines.isLive || (location.kind == .sensor && location.columns == nil) {
      first = try lookAhead(reader, options.live.openTimeout, stopping)
    }
    var origin: Int64 = 0
    if !lines.isLive, !options.keepsTime {
      switch location.epoch {
      case .first: origin = first ?? 0
      case .at(let stamp): origin = stamp
      case nil: try checkRange(first, location)
      }
    }
    return FeedInput(reader, origin: origin, first: first, options: options, stopping: stopping)
  }

  private init(
    _ reader: FeedReader, origin: Int64, first: Int64?, options: InputOptions, stopping: InputInterruption
  ) {
    self.reader = reader
    self.origin = origin
    self.options = options
    self.stopping = stopping
    let isLive = reader.lines.isLive
    let start = isLive ? nil : first.map { MediaTime(nanoseconds: $0.subtractingSaturating(origin)) }
    description = Self.describe(reader, origin: origin, start: start)
  }

  deinit {
    stop()
    join()
  }

  /// Starts the input's thread. A second call does nothing.
  public func start(
    rings: [Int: Ring], pace: InputPace, clock: any SessionClock = MonotonicClock(), threadName: String = "braid-in-0",
    trace: InputTrace? = nil
  ) {
    thread.withLock { thread in
      guard thread == nil else { return }
      let (reader, origin, options, stopping, wake) = (reader, origin, options, stopping, wake)
      let ring = rings[0]
      thread = DedicatedThread(name: threadName) {
        let run = FeedRun(
          reader, ring: ring, origin: origin, options: options, stopping: stopping, wake: wake, clock: clock)
        run.trace = trace?.decoding
        switch pace {
        case .live(let start), .realtime(let start):
          if reader.lines.isLive { run.runLive(zero: start) } else { run.runFile(start: start) }
        case .fast:
          if reader.lines.isLive { run.runLive(zero: clock.now) } else { run.runFile(start: nil) }
        }
      }
    }
  }

  /// Asks the thread to end: it is woken at once. Does not wait for it.
  public func stop() {
    stopping.interrupt()
    reader.lines.wake.notify()
    wake.notify()
  }

  /// Waits for the thread to end.
  public func join() { thread.withLock { $0 }?.join() }

  /// What has come so far.
  public func counters(stream index: Int) -> StreamCounters? { index == 0 ? reader.meter.counters : nil }

  /// The source's clock against the host's, where it is live and gives stamps.
  public func clockEstimate(stream index: Int) -> ClockEstimate? { index == 0 ? reader.meter.clock : nil }

  /// Why reading ended before the end; nil where it did not.
  public var failure: IngestError? { reader.meter.failure }

  /// What has happened since the last call.
  public func takeNotices() -> [InputNotice] { reader.meter.notices.take() }

  /// What was wrong with lines, and was not told yet: the first of each kind.
  public func takeFaults() -> [IngestError] { reader.meter.takeFaults() }

  /// Shows a file's readings, in the order of their time, on the calling thread; instead of ``start(rings:pace:clock:threadName:)``.
  func readAll(_ body: (StreamElement) -> Void) {
    FeedRun(
      reader, ring: nil, origin: origin, options: options, stopping: stopping, wake: wake, clock: MonotonicClock()
    ).readFile { element in
      body(element)
      return true
    }
  }

  // MARK: - Opening

  /// Reads up to the first reading, which is read again later, and gives its stamp.
  private static func lookAhead(
    _ reader: FeedReader, _ timeout: MediaDuration, _ stopping: InputInterruption
  ) throws(IngestError) -> Int64? {
    let clock = MonotonicClock()
    let deadline = clock.now + timeout
    let location = reader.location
    while true {
      let step = reader.next(waiting: .milliseconds(20))
      if let failure = reader.meter.failure { throw failure }
      let faults = reader.meter.counters.decodeErrors
      switch step {
      case .reading(let reading):
        reader.lines.putBack()
        return reading.stamp
      case .other where faults < mostFaults: break
      case .other, .ended:
        guard faults > 0, let fault = reader.meter.takeFaults().first else {
          throw IngestError(
            .empty, "it holds no reading", location: location.uri, remedy: "Give a file with lines in it.")
        }
        throw IngestError(
          .unusable, "none of its first \(reader.lines.number) lines can be read: \(fault.message)",
          location: fault.location, remedy: "See docs/text-and-sensors.md for what lines look like.")
      case .nothing: break
      }
      if stopping.isInterrupted {
        throw IngestError(.interrupted, "opening was stopped", location: location.uri)
      }
      if reader.lines.isLive, clock.now >= deadline {
        throw IngestError(
          .timedOut, "no reading came within \(timeout.seconds) s", location: location.uri,
          remedy: "Name the channels with 'columns', or wait longer with --open-timeout.")
      }
    }
  }

  private static func checkRange(_ first: Int64?, _ location: FeedLocation) throws(IngestError) {
    guard let first, MediaDuration(nanoseconds: first).magnitude > farthest else { return }
    throw location.refused(
      "the first stamp is \(first / 1_000_000_000) s, which is years from the session's start",
      "For absolute times give epoch=first, or the stamp that is zero; else check 'unit'.")
  }

  private static func checkSelection(_ selection: StreamSelection, _ location: FeedLocation) throws(IngestError) {
    guard case .list(let items) = selection else { return }
    let kind: InputStreamKind = location.kind == .text ? .text : .sensor
    guard items.contains(where: { $0 == .index(0) || $0 == .nth(kind, 0) }) else {
      throw IngestError(
        .noUsableStream, "it has one stream, of kind '\(kind.rawValue)'", location: location.uri,
        remedy: "Select 0 or nothing.")
    }
  }

  private static func describe(_ reader: FeedReader, origin: Int64, start: MediaTime?) -> InputDescription {
    let location = reader.location
    let nanosecond = TimeBase(numerator: 1, denominator: 1_000_000_000)
    var stream = StreamDescription(
      index: 0, kind: location.kind == .text ? .text : .sensor, codec: reader.parser.format, profile: nil,
      timeBase: nanosecond, start: start, duration: nil, language: nil, title: nil, isDefault: true, isForced: false,
      video: nil, audio: nil, isSelected: true, oddities: [])
    stream.sensor = reader.parser.channels.map { SensorStreamFacts(channels: $0) }
    return InputDescription(
      uri: location.uri, redactedURI: location.uri, format: reader.parser.format, duration: nil,
      origin: MediaTime(nanoseconds: origin), originRational: "\(origin)/1000000000", bitRate: nil,
      isLive: reader.lines.isLive, streams: [stream], oddities: [])
  }
}
