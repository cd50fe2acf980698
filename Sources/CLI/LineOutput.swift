import Glibc

/// Standard output behind a buffer, for commands that write many lines.
///
/// A reader that has gone ends the process quietly, as `cat` does.
final class LineOutput {
  private var buffer: [UInt8] = []

  /// Adds whole lines.
  func write(_ lines: [UInt8]) {
    buffer.append(contentsOf: lines)
    if buffer.count >= 1 << 16 { flush() }
  }

  /// Whether the reader of standard output has gone, where that is a pipe.
  var readerHasGone: Bool {
    var descriptor = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
    return unsafe poll(&descriptor, 1, 0) > 0 && descriptor.revents & Int16(POLLERR) != 0
  }

  /// Hands everything to the system.
  func flush() {
    var written = 0
    while written < buffer.count {
      let count = unsafe buffer.withUnsafeBytes { bytes in
        unsafe Glibc.write(STDOUT_FILENO, bytes.baseAddress?.advanced(by: written), bytes.count - written)
      }
      if count > 0 {
        written += count
      } else if errno == EPIPE {
        exit(0)
      } else if errno != EINTR {
        StandardError.fail("stdout: \(unsafe String(cString: strerror(errno)))")
        exit(6)
      }
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
