public import BraidCore

/// A live source that FFmpeg reads: a network stream, a camera, a screen, a generator.
///
/// One thread reads and notes when each packet arrived, another decodes into rings; neither waits for whoever takes the
/// frames. Times are those of capture as far as the source's stamps and their arrivals show them: see ``LiveTimeline``. What was
/// captured before the session's start is passed over. All methods may be called from any thread.
public final class LiveMediaInput: SessionInput {
  /// Packets that may wait to be decoded.
  private static let packetLimit = 4096

  /// What the input is.
  public let description: InputDescription
  /// No ring makes this input wait; notified when it is stopped.
  public let wake = Signal()

  private let reader: LiveReader
  private let decoder: LiveDecoder
  private let queue: LivePacketQueue
  private let interruption: InputInterruption
  private let threads = Guarded<[DedicatedThread]?>(nil)

  /// Opens a source. Blocks until it is known what is in it.
  ///
  /// - Throws: every ``IngestError/Code``; nothing is left open then.
  static func open(
    _ source: LiveSource, options: InputOptions, interruption: InputInterruption
  ) throws(IngestError) -> LiveMediaInput {
    let own = InputInterruption(parent: interruption)
    let (connection, location) = try LiveReader.connect(source, options, kinds: nil, own)
    return try LiveMediaInput(source, options, connection, location: location, own)
  }

  /// An input of a connection that stands already; stopping it interrupts `interruption`.
  init(
    _ source: LiveSource, _ options: InputOptions, _ connection: LiveConnection, location: Int,
    _ interruption: InputInterruption
  ) throws(IngestError) {
    let log = try options.packetLog.map { path throws(IngestError) in try PacketLogWriter(path: path) }
    description = connection.description
    let kinds = description.streams.filter(\.isSelected).map(\.kind)
    queue = LivePacketQueue(kinds, packetLimit: Self.packetLimit, byteLimit: options.limits.queuedBytes)
    decoder = LiveDecoder(source, description, queue: queue, log: log, resamples: options.live.resamples, interruption)
    reader = LiveReader(
      source, options, connection, location: location, kinds: kinds, queue: queue, wake: wake, interruption)
    self.interruption = interruption
  }

  deinit {
    stop()
    join()
  }

  /// Starts the input's threads. A second call does nothing.
  ///
  /// - Parameters:
  ///   - rings: a ring for every selected stream, by the stream's index, which drops its oldest. Every one is finished when
  ///     the input ends for good.
  ///   - pace: ``InputPace/live(start:)``; at another pace the session's start is now.
  ///   - clock: what arrivals are read from and everything waits on.
  ///   - threadName: as the system's tools show it, cut at 15 bytes; the reading thread's ends in `r`.
  ///   - trace: where the threads write down what they do.
  public func start(
    rings: [Int: Ring], pace: InputPace, clock: any SessionClock, threadName: String, trace: InputTrace?
  ) {
    threads.withLock { threads in
      guard threads == nil else { return }
      let (reader, decoder) = (reader, decoder)
      for stream in decoder.streams { stream.ring = rings[stream.index] }
      let start = if case .live(let start) = pace { start } else { clock.now }
      threads = [
        DedicatedThread(name: threadName + "r", priority: .realtime(10)) {
          reader.run(clock: clock, trace: trace?.reading)
        },
        DedicatedThread(name: threadName) { decoder.run(start: start, clock: clock, trace: trace?.decoding) },
      ]
    }
  }

  /// Asks the threads to end: no read, wait or opening goes on. Does not wait for them.
  public func stop() {
    interruption.interrupt()
    wake.notify()
    queue.ready.notify()
  }

  /// Waits for the threads to end.
  public func join() {
    let running = threads.withLock { threads in threads ?? [] }
    for thread in running { thread.join() }
  }

  /// What has come of one stream so far; nil for a stream that is not selected.
  public func counters(stream index: Int) -> StreamCounters? {
    decoder.streams.first { $0.index == index }?.meter.snapshot
  }

  /// What is known of the source's clock, which all of its streams share.
  public func clockEstimate(stream index: Int) -> ClockEstimate? { decoder.estimate.withLock { $0 } }

  /// Why the input ended other than by its end; nil where it did not. Everything up to there was given out.
  public var failure: IngestError? { decoder.failure.withLock { $0 } }

  /// What has happened since the last call, in order; at most 64 notices are kept.
  public func takeNotices() -> [InputNotice] { decoder.notices.take() }
}
