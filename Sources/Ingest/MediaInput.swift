public import BraidCore

/// A file, a URL or standard input that FFmpeg reads: opened, described, then run on a thread of its own into rings.
///
/// The thread demultiplexes and decodes; FFmpeg's own threads help it with pictures. Times are nanoseconds on the input's
/// timeline, whose zero is ``InputDescription/origin``: a picture's time plus the origin is FFmpeg's best-effort stamp, exactly.
/// Sound is cut into blocks of 40 ms (20 ms at real-time pace) and timed by its sample clock. All methods may be called from any thread.
public final class MediaInput: SessionInput {
  /// What the input is.
  public let description: InputDescription
  /// What the input's thread waits on: every ring given to ``start(rings:pace:clock:threadName:)`` must have it as its `space`.
  public var wake: Signal { demuxer.wake }

  let demuxer: Demuxer
  private let base: MediaTime
  private let thread = Guarded<DedicatedThread?>(nil)

  /// Opens an input. Blocks until it is known what is in it.
  ///
  /// - Parameters:
  ///   - uri: a path, a URL, or `-` for standard input. A path that exists is a file, whatever its name looks like.
  ///   - options: what is taken of it, and how.
  ///   - interruption: ends the opening, and later the reading, when it is interrupted from another thread.
  /// - Returns: the input, of which nothing has been decoded yet.
  /// - Throws: every ``IngestError/Code``; nothing is left open then.
  public static func open(
    _ uri: String, options: InputOptions = InputOptions(), interruption: InputInterruption = InputInterruption()
  ) throws(IngestError) -> MediaInput {
    let location = try InputLocation(uri)
    return try MediaInput(FormatContext(location, options, interruption), location, options, interruption)
  }

  /// An input of a container that is open already.
  convenience init(
    _ format: consuming FormatContext, _ location: InputLocation, _ options: InputOptions,
    _ interruption: InputInterruption
  ) throws(IngestError) {
    let (demuxer, description) = try Self.openDemuxer(format, location, options, interruption)
    self.init(description, demuxer, base: options.start ?? .zero)
  }

  static func openDemuxer(
    _ format: consuming FormatContext, _ location: InputLocation, _ options: InputOptions,
    _ interruption: InputInterruption
  ) throws(IngestError) -> (demuxer: Demuxer, description: InputDescription) {
    var description = format.describe(location, keepsTime: options.keepsTime)
    try format.select(options, in: &description)
    let demuxer = try Demuxer(format, description, options, location, interruption)
    try demuxer.lookAhead()
    return (demuxer, description)
  }

  private init(_ description: InputDescription, _ demuxer: Demuxer, base: MediaTime) {
    self.description = description
    self.demuxer = demuxer
    self.base = base
  }

  deinit {
    stop()
    join()
  }

  /// Starts the input's thread. A second call does nothing.
  ///
  /// - Parameters:
  ///   - rings: a ring for every selected stream, by the stream's index, with ``wake`` as its `space`. What has none is
  ///     decoded and counted, and goes nowhere. Every ring is finished when the input ends.
  ///   - pace: as fast as the rings take it, or as if live.
  ///   - clock: what `realtime` waits on.
  ///   - threadName: as the system's tools show it, cut at 15 bytes.
  ///   - trace: where the thread writes down what it does.
  public func start(
    rings: [Int: Ring], pace: InputPace = .fast, clock: any SessionClock = MonotonicClock(),
    threadName: String = "braid-in-0", trace: InputTrace? = nil
  ) {
    thread.withLock { thread in
      guard thread == nil else { return }
      let (demuxer, base) = (demuxer, base)
      for reader in demuxer.readers { reader.ring = rings[reader.index] }
      thread = DedicatedThread(name: threadName) {
        demuxer.run(pace: pace, clock: clock, base: base, trace: trace?.decoding)
      }
    }
  }

  /// Asks the thread to end soon: it stops reading and waiting, and finishes its rings. Does not wait for it.
  public func stop() {
    demuxer.interruption.interrupt()
    demuxer.wake.notify()
  }

  /// Waits for the thread to end.
  public func join() {
    thread.withLock { $0 }?.join()
  }

  /// What has come of each selected stream so far, by index.
  public var counters: [Int: StreamCounters] {
    Dictionary(uniqueKeysWithValues: demuxer.readers.map { ($0.index, $0.meter.snapshot) })
  }

  /// What has come of one stream so far; nil for a stream that is not selected.
  public func counters(stream index: Int) -> StreamCounters? {
    demuxer.readers.first { $0.index == index }?.meter.snapshot
  }

  /// Why reading ended before the end of the input; nil where it did not. Everything up to there was given out.
  public var failure: IngestError? { demuxer.failure.withLock { $0 } }
}
