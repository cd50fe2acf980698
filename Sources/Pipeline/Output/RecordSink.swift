internal import BraidCore
internal import Glibc

/// Where records go: a file descriptor behind a buffer, written in whole lines.
///
/// For one thread. A reader that has gone (`EPIPE`) is no error: the sink then says so and takes everything silently.
final class RecordSink {
  /// How the descriptor is.
  enum Condition: Equatable {
    /// Takes records.
    case open
    /// Its reader has gone.
    case closed
    /// It could not be written.
    case failed(PipelineError)
  }

  private let descriptor: Int32
  private let location: String
  private let ownsDescriptor: Bool
  private var buffer: [UInt8] = []
  private static let flushThreshold = 1 << 16
  private(set) var condition = Condition.open

  /// Whether lines carry the session's id, because others may write to the same place.
  let isShared: Bool

  /// Standard output.
  static func standardOutput() -> RecordSink {
    RecordSink(descriptor: STDOUT_FILENO, location: "stdout", ownsDescriptor: false, isShared: false)
  }

  /// A file, made new or emptied.
  static func file(_ path: String) throws(PipelineError) -> RecordSink {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw PipelineError(
        .outputFailed, "the output cannot be opened for writing", location: path,
        remedy: "Choose a path in a folder that exists and that you may write",
        cause: unsafe String(cString: strerror(errno)))
    }
    return RecordSink(descriptor: descriptor, location: path, ownsDescriptor: true, isShared: true)
  }

  /// Whether two paths lead to one regular file.
  static func isSameFile(_ path: String, _ other: String) -> Bool {
    var (one, two) = (stat(), stat())
    let plain = other.hasPrefix("file://") ? String(other.dropFirst(7)) : other
    guard unsafe stat(path, &one) == 0, unsafe stat(plain, &two) == 0 else { return false }
    return one.st_mode & S_IFMT == S_IFREG && one.st_dev == two.st_dev && one.st_ino == two.st_ino
  }

  private init(descriptor: Int32, location: String, ownsDescriptor: Bool, isShared: Bool) {
    self.descriptor = descriptor
    self.location = location
    self.ownsDescriptor = ownsDescriptor
    self.isShared = isShared
    buffer.reserveCapacity(Self.flushThreshold * 2)
  }

  deinit {
    if ownsDescriptor { close(descriptor) }
  }

  /// Adds one or more whole lines. Writes when enough has gathered.
  func write(_ lines: [UInt8]) {
    guard condition == .open else { return }
    buffer.append(contentsOf: lines)
    if buffer.count >= Self.flushThreshold { flush() }
  }

  /// Hands everything to the system.
  func flush() {
    guard condition == .open, !buffer.isEmpty else { return }
    var written = 0
    while written < buffer.count {
      let count = unsafe buffer.withUnsafeBytes { bytes in
        unsafe Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
      }
      if count > 0 {
        written += count
      } else if errno == EAGAIN {
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        unsafe Glibc.poll(&poll, 1, -1)
      } else if errno != EINTR {
        condition = errno == EPIPE ? .closed : .failed(failure(errno))
        break
      }
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Writes over the first bytes of a file.
  func replaceStart(_ bytes: [UInt8]) {
    flush()
    guard condition == .open else { return }
    let count = unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    if count != bytes.count { condition = .failed(failure(errno)) }
  }

  /// Flushes and makes sure that a file's contents have reached the disk's accounting.
  func finish() {
    flush()
    if ownsDescriptor, condition == .open, fsync(descriptor) != 0, errno != EINVAL, errno != EROFS {
      condition = .failed(failure(errno))
    }
  }

  private func failure(_ error: Int32) -> PipelineError {
    PipelineError(
      .outputFailed, "the output cannot be written", location: location,
      remedy: error == ENOSPC || error == EDQUOT ? "Make room on the disk, or write elsewhere" : "Check the output",
      cause: unsafe String(cString: strerror(error)))
  }
}
