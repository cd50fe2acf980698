internal import BraidCore
internal import BraidIngest

/// A session's trace: the recorder, and the row of the session's own thread.
struct SessionTrace {
  let recorder: TraceRecorder
  /// The session's thread.
  let row: TraceRow

  init(_ recorder: TraceRecorder) {
    self.recorder = recorder
    row = recorder.row("session", order: 1000)
  }

  /// The rows of an input's threads.
  func input(_ place: Int) -> InputTrace {
    InputTrace(
      reading: recorder.row("input \(place) reading", order: 2 * place),
      decoding: recorder.row("input \(place) decoding", order: 2 * place + 1))
  }

  /// Where the ring of a stream of that input is traced.
  func ring(_ stream: TraceSubject, order: Int, _ input: InputTrace) -> RingTrace {
    RingTrace(stream: stream, order: order, producer: input.decoding, consumer: row)
  }

  /// The row of a thread that runs models.
  func inference(_ place: Int) -> TraceRow { recorder.row("inference \(place)", order: 1001 + place) }
}
