import BraidCore
import Glibc

/// Standard input or a FIFO as FFmpeg is to read it: so that a reader can be stopped while nobody writes.
///
/// FFmpeg looks at its interrupt callback only between reads, and neither a read of a silent pipe nor the opening of a FIFO
/// that nobody writes to returns. A pipe or a terminal is therefore opened (standard input: a second time, which leaves the
/// description that other processes share as it is) without blocking; FFmpeg then asks again every millisecond. A file that
/// standard input comes from is opened as a file, which can be searched.
final class PipeInput {
  private let descriptor: Int32?
  /// What to open.
  let url: String
  /// The protocols that opening it takes.
  let protocols: String

  /// Nil for what is neither. Waits for a FIFO's first writer.
  ///
  /// - Throws: ``IngestError/Code/timedOut`` and `interrupted` when the deadline is over before somebody writes.
  init?(_ location: InputLocation, _ deadline: InputDeadline) throws(IngestError) {
    switch location.place {
    case .standardInput:
      var status = stat()
      let kind = unsafe fstat(STDIN_FILENO, &status) == 0 ? status.st_mode & S_IFMT : 0
      let isStream = kind == S_IFIFO || kind == S_IFCHR
      let opened = isStream ? unsafe open("/proc/self/fd/0", O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1
      descriptor = opened >= 0 ? opened : nil
      (url, protocols) =
        kind == S_IFREG
        ? ("file:/proc/self/fd/0", "file,crypto,data") : ("pipe:\(descriptor ?? STDIN_FILENO)", "pipe,crypto,data")
    case .fifo:
      let opened = unsafe open(location.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
      guard opened >= 0 else {
        throw IngestError(
          .notPermitted, "the FIFO could not be opened", location: location.redacted,
          remedy: "Change its permissions.", cause: unsafe String(cString: strerror(errno)))
      }
      descriptor = opened
      (url, protocols) = ("pipe:\(opened)", "pipe,crypto,data")
      guard Self.waitForWriter(opened, deadline) else {
        throw IngestError(.timedOut, "nobody writes to the FIFO", location: location.redacted)
      }
    case .file, .network: return nil
    }
  }

  deinit {
    if let descriptor { close(descriptor) }
  }

  /// A FIFO that was opened without blocking reads as ended until its first writer has come.
  private static func waitForWriter(_ descriptor: Int32, _ deadline: InputDeadline) -> Bool {
    while !deadline.isOver {
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if unsafe poll(&request, 1, 20) > 0 { return true }
    }
    return false
  }
}
