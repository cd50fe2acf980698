public import BraidCore
internal import BraidInference
internal import BraidIngest

/// One run of Braid: inputs in, records out.
///
/// ``run()`` blocks the calling thread, which becomes the session's: it takes what the inputs' threads bring, computes
/// features, feeds the models and writes records. ``interrupt(_:)`` may be called from any thread.
public final class Session: Sendable {
  /// What the session tells apart from records: for people, on stderr.
  public struct Observer: Sendable {
    /// Something worth knowing, once.
    public var note: @Sendable (String) -> Void
    /// Something that went wrong; the record `error` says the same.
    public var error: @Sendable (any DescribedError) -> Void
    /// How far the session has come; called at most a few times a second. Nil where nobody looks.
    public var progress: (@Sendable (Progress) -> Void)?

    /// An observer that calls these.
    public init(
      note: @escaping @Sendable (String) -> Void, error: @escaping @Sendable (any DescribedError) -> Void,
      progress: (@Sendable (Progress) -> Void)?
    ) {
      self.note = note
      self.error = error
      self.progress = progress
    }
  }

  /// How far a session has come.
  public struct Progress: Hashable, Sendable {
    /// Media time.
    public var position: MediaTime
    /// The input's length, where it is known.
    public var length: MediaDuration?
    /// Since the session's start.
    public var wall: MediaDuration
    /// Results so far.
    public var results: Int
    /// Events so far.
    public var events: Int
  }

  /// What a session has given, once it has ended.
  public struct Totals: Hashable, Sendable, Codable {
    /// How much media time was covered.
    public var duration = MediaDuration.zero
    /// Results, events that are over, and `error` records.
    public var results = 0
    /// See ``results``.
    public var events = 0
    /// See ``results``.
    public var errors = 0

    /// Nothing.
    public init() {}
  }

  let configuration: SessionConfiguration
  let observer: Observer
  let clock: any SessionClock
  let ready = Signal()
  let interruption = InputInterruption()
  private let requested = Guarded<ExitStatus?>(nil)
  private let requestedAt = Guarded<HostTime?>(nil)
  private let given = Guarded(Totals())

  /// A session that has not begun.
  ///
  /// - Parameters:
  ///   - configuration: what it is told; ``SessionConfiguration/validate()`` should have been passed.
  ///   - observer: gets what is meant for people.
  ///   - clock: what real-time pace waits on.
  public init(_ configuration: SessionConfiguration, observer: Observer, clock: any SessionClock = MonotonicClock()) {
    self.configuration = configuration
    self.observer = observer
    self.clock = clock
  }

  /// Ends the session soon, with this status, after its summary. From any thread.
  public func interrupt(_ status: ExitStatus) {
    requested.withLock { if $0 == nil { $0 = status } }
    let now = clock.now
    requestedAt.withLock { if $0 == nil { $0 = now } }
    interruption.interrupt()
    ready.notify()
  }

  /// Whether a reader that does not read is waited for no longer: one that has not read for a second after an interruption will
  /// not get the summary.
  var isGivenUp: @Sendable () -> Bool {
    { [clock, requestedAt] in requestedAt.withLock { $0 }.map { clock.now - $0 > .seconds(1) } ?? false }
  }

  /// When the session was asked to end; nil while it was not.
  var interruptedAt: HostTime? { requestedAt.withLock { $0 } }

  /// The status that the session was asked to end with, if it was.
  var interruptedStatus: ExitStatus? { requested.withLock { $0 } }

  /// What the session has given, as its summary says it; nothing before that is written.
  public internal(set) var totals: Totals {
    get { given.withLock { $0 } }
    set { given.withLock { $0 = newValue } }
  }

  /// Runs the session to its end, on the calling thread.
  ///
  /// - Returns: how it ended. Everything that went wrong has been told to the observer and, where an output could be
  ///   opened, written as `error` records before the `summary`.
  public func run() -> ExitStatus {
    let sink: RecordSink
    let sinks: SessionSinks?
    let trace: TraceFile?
    do throws(PipelineError) {
      try configuration.validate()
      try checkFiles()
    } catch {
      observer.error(error)
      return .usage
    }
    do throws(PipelineError) {
      trace = try configuration.trace.map { path throws(PipelineError) in try TraceFile(path, isGivenUp: isGivenUp) }
      sink = configuration.output == "-" ? .standardOutput() : try .file(configuration.output)
      sinks = try openSinks()
    } catch {
      observer.error(error)
      return error.code == .configuration ? .usage : .output
    }
    sink.isGivenUp = isGivenUp
    guard let trace else { return SessionRun(self, destination: .records(sink), sinks: sinks).run() }
    let recorder = TraceRecorder(clock: clock) { trace.write($0) }
    let status = SessionRun(self, destination: .records(sink), sinks: sinks, trace: SessionTrace(recorder)).run()
    let dropped = recorder.finish()
    if dropped > 0 { observer.note("the trace lacks \(dropped) events, which came faster than they could be written") }
    guard let error = trace.finish() else { return status }
    observer.error(error)
    return .output
  }

  private func openSinks() throws(PipelineError) -> SessionSinks? {
    guard !configuration.sinks.isEmpty else { return nil }
    return try SessionSinks(
      configuration.sinks, pace: configuration.pace, clock: clock, ready: ready,
      interruptedAt: { [self] in interruptedAt }, note: observer.note)
  }

  /// Checks that no output would overwrite an input or another output.
  private func checkFiles() throws(PipelineError) {
    let files = configuration.sinks.filter { $0.kind != .http }.map(\.target)
    for (place, file) in files.enumerated() {
      let others =
        [configuration.output, configuration.trace ?? "-", configuration.explanation ?? "-"] + files[..<place]
      for other in others
      where other != "-" && FilePath.absolute(other) == FilePath.absolute(file) || RecordSink.isSameFile(file, other) {
        throw PipelineError(
          .configuration, "two outputs write to \(file)", location: "--sink", remedy: "Give each its own")
      }
    }
    for input in configuration.inputs.map(InputOpening.path) {
      for output in [configuration.output, configuration.trace ?? "-"] + files
      where RecordSink.isSameFile(output, input) {
        throw PipelineError(
          .configuration, "the output is the input, which would be lost", location: output,
          remedy: "Write to another file")
      }
    }
    if let trace = configuration.trace, RecordSink.isSameFile(trace, configuration.output) {
      throw PipelineError(
        .configuration, "the trace would overwrite the records", location: "--trace", remedy: "Write to another file")
    }
    if let explanation = configuration.explanation, explanation != "-" {
      let others = configuration.inputs + [configuration.output, configuration.trace ?? "-"]
      for other in others where RecordSink.isSameFile(explanation, other) {
        throw PipelineError(
          .configuration, "the decisions would overwrite \(other)", location: "--explain-skips",
          remedy: "Write to another file")
      }
    }
  }

  /// Runs the session for the rows of its features alone; no record is written.
  func run(to receiver: any RowReceiver) -> ExitStatus {
    do {
      try configuration.validate()
    } catch {
      observer.error(error)
      return .usage
    }
    return SessionRun(self, destination: .rows(receiver)).run()
  }
}
