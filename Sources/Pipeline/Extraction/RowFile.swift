internal import BraidCore
internal import Glibc

/// What takes the bytes of rows.
protocol RowSink: AnyObject {
  /// How it is.
  var condition: RecordSink.Condition { get }

  /// Adds bytes.
  func write(_ bytes: [UInt8])

  /// Ends it.
  ///
  /// - Parameters:
  ///   - start: what replaces the first bytes of a file, as many.
  ///   - isComplete: whether it has all that belongs into it.
  /// - Returns: how it went.
  func finish(replacingStart start: [UInt8], isComplete: Bool) -> RecordSink.Condition
}

/// Several inputs may follow each other on one sink: it stays open.
extension RecordSink: RowSink {
  func finish(replacingStart start: [UInt8], isComplete: Bool) -> Condition {
    flush()
    return condition
  }
}

/// A file that is there when it is whole: written beside its place under another name, and moved there at the end.
///
/// For one thread.
final class RowFile: RowSink {
  /// Where it will be.
  let path: String
  private let temporary: String
  private let sink: RecordSink

  /// Begins a file.
  ///
  /// - Throws: ``PipelineError/Code/outputFailed``.
  init(_ path: String) throws(PipelineError) {
    self.path = path
    temporary = "\(path).\(getpid()).part"
    do {
      sink = try .file(temporary)
    } catch {
      throw PipelineError(error.code, error.message, location: path, remedy: error.remedy, cause: error.cause)
    }
  }

  var condition: RecordSink.Condition { sink.condition }

  func write(_ bytes: [UInt8]) { sink.write(bytes) }

  /// Moves the file to its place where it `isComplete` and could be written, and removes it else.
  func finish(replacingStart start: [UInt8], isComplete: Bool) -> RecordSink.Condition {
    if !start.isEmpty { sink.replaceStart(start) }
    sink.finish()
    guard isComplete, sink.condition == .open else {
      _ = unsafe unlink(temporary)
      return sink.condition
    }
    guard unsafe rename(temporary, path) != 0 else { return .open }
    let cause = unsafe String(cString: strerror(errno))
    _ = unsafe unlink(temporary)
    return .failed(
      PipelineError(
        .outputFailed, "the output cannot be put in its place", location: path,
        remedy: "Choose a path that you may write", cause: cause))
  }
}
