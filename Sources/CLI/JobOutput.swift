import BraidCore
import BraidPipeline
import Glibc

/// The records of a job on standard output: one for each file as it ends, or in the files' order, and one of all of them.
///
/// It never waits: what standard output does not take stays until ``flush()``.
struct JobOutput {
  /// Why nothing more can be written; nil also where the reader has gone, which is no error.
  private(set) var fault: ExitStatus?
  private let isInOrder: Bool
  private var isOpen = true
  /// Bytes that standard output has not taken yet, from `written` on.
  private var pending: [UInt8] = []
  private var written = 0
  /// Records that wait for those before them.
  private var waiting: [Int: FileRecord] = [:]
  private var next = 0

  /// - Parameter isInOrder: whether a file's record waits for those of the files before it.
  init(isInOrder: Bool) { self.isInOrder = isInOrder }

  /// Whether there is something that standard output has not taken yet: poll it for writing, then ``flush()``.
  var isPending: Bool { isOpen && written < pending.count }

  /// Writes the record of the file at a place among the job's.
  mutating func write(_ record: FileRecord, place: Int) {
    guard isInOrder else { return put { record.write(to: &$0) } }
    waiting[place] = record
    while let record = waiting.removeValue(forKey: next) {
      put { record.write(to: &$0) }
      next += 1
    }
  }

  /// Writes what is left, and the record of the whole.
  mutating func write(_ job: JobRecord) {
    for (_, record) in waiting.sorted(by: { $0.key < $1.key }) { put { record.write(to: &$0) } }
    put { job.write(to: &$0) }
  }

  private mutating func put(_ body: (inout JSONWriter) -> Void) {
    guard isOpen else { return }
    var writer = JSONWriter()
    body(&writer)
    pending += writer.bytes
    flush()
  }

  /// Writes as much as standard output takes without waiting.
  mutating func flush() {
    while isOpen, written < pending.count {
      var state = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
      guard unsafe poll(&state, 1, 0) > 0 else { return }
      // A pipe that can be written to takes so many bytes at once (pipe(7)).
      let length = min(Int(PIPE_BUF), pending.count - written)
      let count = unsafe pending.withUnsafeBytes { bytes in
        unsafe Glibc.write(STDOUT_FILENO, bytes.baseAddress?.advanced(by: written), length)
      }
      if count < 0, errno == EINTR || errno == EAGAIN { return }
      guard count > 0 else {
        isOpen = false
        if errno != EPIPE {
          StandardError.write("braid: stdout: \(unsafe String(cString: strerror(errno)))")
          fault = .output
        }
        return
      }
      written += count
    }
    pending.removeAll(keepingCapacity: true)
    written = 0
  }

  /// Gives up what is left.
  mutating func close() {
    if isPending { StandardError.write("braid: stdout: nobody reads it, and records of the job are missing there") }
    isOpen = false
  }
}
