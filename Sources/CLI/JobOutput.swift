import BraidCore
import BraidPipeline
import Glibc

/// The records of a job on standard output: one for each file as it ends, or in the files' order, and one of all of them.
struct JobOutput {
  /// Why nothing more can be written; nil also where the reader has gone, which is no error.
  private(set) var fault: ExitStatus?
  private let isInOrder: Bool
  private var isOpen = true
  /// Records that wait for those before them.
  private var waiting: [Int: FileRecord] = [:]
  private var next = 0

  /// - Parameter isInOrder: whether a file's record waits for those of the files before it.
  init(isInOrder: Bool) { self.isInOrder = isInOrder }

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
    var written = 0
    while written < writer.bytes.count {
      let count = unsafe writer.bytes.withUnsafeBytes { bytes in
        unsafe Glibc.write(STDOUT_FILENO, bytes.baseAddress?.advanced(by: written), bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
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
  }
}
