internal import BraidCore

/// The file that a trace goes to.
///
/// The recorder's thread alone writes until the recorder has finished; afterwards whoever made it asks for ``failure``.
final class TraceFile: @unchecked Sendable {
  // SAFETY: one thread at a time uses the sink: the recorder's until it was joined, then the session's.

  private let sink: RecordSink

  /// Makes the file, or empties it.
  ///
  /// - Parameters:
  ///   - path: where.
  ///   - isGivenUp: asked while a pipe's reader does not read: whether to let what is left go. From any thread.
  /// - Throws: ``PipelineError/Code/outputFailed``.
  init(_ path: String, isGivenUp: @escaping @Sendable () -> Bool) throws(PipelineError) {
    sink = try .file(path)
    sink.isGivenUp = isGivenUp
  }

  /// Hands events to the system at once, so that they last whatever happens to the process.
  func write(_ events: [UInt8]) {
    sink.write(events)
    sink.flush()
  }

  /// Ends the file. Returns why it is not whole, where it is not.
  func finish() -> PipelineError? {
    sink.finish()
    if case .failed(let error) = sink.condition { return error }
    return nil
  }
}
