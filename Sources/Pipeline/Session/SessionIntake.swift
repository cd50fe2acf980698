internal import BraidCore
internal import BraidIngest

/// Something that reaches the session's thread from a stream.
enum IntakeEvent {
  /// The stream's next element.
  case element(StreamElement, stream: Int)
  /// Nothing earlier than this will come of a stream that has nothing waiting.
  case bound(MediaTime, stream: Int)
  /// Everything of a stream has been taken.
  case finished(stream: Int)
}

/// What a session reads off a stream when it tells how it is doing.
struct StreamReadings {
  var ring = Ring.Counters()
  var depth = 0
  var counters = StreamCounters()
  var clock: ClockEstimate?
}

/// Everything that reaches the session's thread and does not follow from what reached it before: elements, finished jobs, the
/// time, what is read off the inputs. A session runs on what its inputs' rings give, or on a recording of that.
///
/// For the session's thread.
protocol SessionIntake: AnyObject {
  /// Begins a round of the loop, which is a step of the session's time.
  ///
  /// - Returns: false when there is nothing more: a recording's end.
  func beginRound() -> Bool

  /// What has come of the streams, if anything has; each is a step of the session's time.
  func next() -> IntakeEvent?

  /// The oldest job that is done, if one is; each is a step of the session's time. `running` is how many have been handed to the
  /// actor and not come back.
  func takeCompleted(running: Int) -> ModelJob?

  /// How long the run of each form of each model before the first job took.
  func warmUp(_ measured: [[MediaDuration]]) -> [[MediaDuration]]

  /// What a stream's ring, input and clock say.
  func readings(of stream: Int) -> StreamReadings

  /// What has happened to an input.
  func takeNotices(of input: Int) -> [InputNotice]

  /// What was wrong with some of what an input brought, which did not end it.
  func takeFaults(of input: Int) -> [IngestError]

  /// Why an input has ended, where it was not by its end.
  func failure(of input: Int) -> IngestError?

  /// How the session was asked to end, if it was.
  var interruption: ExitStatus? { get }

  /// Blocks until `signal` has been notified since `ticket` was taken, or `deadline` is over; not at all in a repetition.
  func wait(on signal: Signal, since ticket: Signal.Ticket, until deadline: HostTime)

  /// The largest memory of the process so far, in bytes; the session ends, which is a step of its time.
  func finish() -> Int64
}
