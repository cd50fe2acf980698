public import BraidCore

/// What a session takes its streams from: a file, a network source, a capture device, a feed of lines.
///
/// It is described before it runs; then threads of its own fill the rings. All methods may be called from any thread.
public protocol SessionInput: AnyObject, Sendable {
  /// What the input is.
  var description: InputDescription { get }

  /// What the input's threads wait on: every ring given to ``start(rings:pace:clock:threadName:)`` must have it as its
  /// `space`.
  var wake: Signal { get }

  /// Starts the input's threads. A second call does nothing.
  ///
  /// - Parameters:
  ///   - rings: a ring for every selected stream, by the stream's index. Every ring is finished when the input ends for good.
  ///   - pace: how time goes. Live inputs take ``InputPace/live(start:)`` alone.
  ///   - clock: the session's.
  ///   - threadName: as the system's tools show it, cut at 15 bytes.
  ///   - trace: where the threads write down what they do; nil for nowhere.
  func start(rings: [Int: Ring], pace: InputPace, clock: any SessionClock, threadName: String, trace: InputTrace?)

  /// Asks the threads to end soon: no read, wait or opening goes on. Does not wait for them.
  func stop()

  /// Waits for the threads to end.
  func join()

  /// What has come of one stream so far; nil for a stream that is not selected.
  func counters(stream index: Int) -> StreamCounters?

  /// What is known of a stream's clock; nil where it has none of its own (files).
  func clockEstimate(stream index: Int) -> ClockEstimate?

  /// Why the input ended other than by its end; nil where it did not. Everything up to there was given out.
  var failure: IngestError? { get }

  /// What has happened to the input since the last call, in order. At most a bounded number is kept.
  func takeNotices() -> [InputNotice]

  /// What was wrong with some of what came and did not end the input, since the last call: each kind of it is told once.
  func takeFaults() -> [IngestError]
}

/// The rows of a trace on which an input's threads write down what they do.
public struct InputTrace: Sendable {
  /// Of a thread that only reads, where there is one.
  public var reading: TraceRow
  /// Of the thread that decodes and pushes into rings; of the only one.
  public var decoding: TraceRow

  /// Rows of one input.
  public init(reading: TraceRow, decoding: TraceRow) {
    self.reading = reading
    self.decoding = decoding
  }
}

extension SessionInput {
  /// Starts the input's threads without a trace.
  public func start(rings: [Int: Ring], pace: InputPace, clock: any SessionClock, threadName: String) {
    start(rings: rings, pace: pace, clock: clock, threadName: threadName, trace: nil)
  }
  /// No clock of its own.
  public func clockEstimate(stream index: Int) -> ClockEstimate? { nil }
  /// Nothing happens to a file.
  public func takeNotices() -> [InputNotice] { [] }
  /// What FFmpeg cannot use is counted alone.
  public func takeFaults() -> [IngestError] { [] }
}

/// Something that happened to a live input, which a session tells as an event.
public struct InputNotice: Hashable, Sendable {
  /// What happened.
  public enum Kind: String, Hashable, Sendable {
    /// The device or the server went away; the input tries to get it back.
    case disconnected
    /// It is back: a new epoch has begun.
    case reconnected
    /// Nothing but digital silence has come for a while.
    case muted
    /// Sound comes again.
    case unmuted
    /// The size, rate, channels or codec changed on the way.
    case formatChanged = "format-changed"
    /// The source's clock jumped: a new epoch has begun.
    case clockJumped = "clock-jumped"
  }

  /// What happened.
  public var kind: Kind
  /// The stream, by its index in the input; nil for all of them.
  public var stream: Int?
  /// When, on the session's timeline.
  public var time: MediaTime
  /// The epoch from then on.
  public var epoch: Int
  /// In a few words, without credentials: the library's own, or what it changed to.
  public var cause: String

  /// A notice.
  public init(kind: Kind, stream: Int?, time: MediaTime, epoch: Int, cause: String) {
    self.kind = kind
    self.stream = stream
    self.time = time
    self.epoch = epoch
    self.cause = cause
  }
}
