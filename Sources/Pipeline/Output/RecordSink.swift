internal import BraidCore
internal import Glibc

/// Where records go: a file descriptor behind a buffer, written in whole lines.
///
/// For one thread. A reader that has gone (`EPIPE`) is no error: the sink then says so and takes everything silently. A reader
/// that does not read holds the thread up until ``isGivenUp`` says that nobody waits for it any more.
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
  /// The most bytes that a write takes once there is room: a pipe that is ready takes PIPE_BUF without blocking.
  private let writeSize: Int
  private var buffer: [UInt8] = []
  /// Asked while the reader does not read: whether to let what is left go.
  var isGivenUp: () -> Bool = { false }
  private static let flushThreshold = 1 << 16
  private(set) var condition = Condition.open

  /// Whether lines carry the session's id, because others may write to the same place.
  let isShared: Bool

  /// Standard output.
  static func standardOutput() -> RecordSink {
    RecordSink(descriptor: STDOUT_FILENO, location: "stdout", ownsDescriptor: false, isShared: false)
  }

  /// Standard error.
  static func standardError() -> RecordSink {
    RecordSink(descriptor: STDERR_FILENO, location: "stderr", ownsDescriptor: false, isShared: false)
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
    var status = stat()
    let isFile = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    writeSize = isFile ? .max : Int(PIPE_BUF)
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
      guard waitForRoom() else {
        condition = .closed
        break
      }
      let count = unsafe buffer.withUnsafeBytes { bytes in
        unsafe Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), min(writeSize, bytes.count - written))
      }
      if count > 0 {
        written += count
      } else if errno != EINTR, errno != EAGAIN {
        condition = errno == EPIPE ? .closed : .failed(failure(errno))
        break
      }
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Waits until the descriptor takes bytes. False when it does not and was given up.
  private func waitForRoom() -> Bool {
    guard writeSize != .max else { return true }
    while true {
      var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      // Any answer but "not yet" is found out by writing.
      if unsafe Glibc.poll(&poll, 1, 100) != 0 { return true }
      if isGivenUp() { return false }
    }
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
