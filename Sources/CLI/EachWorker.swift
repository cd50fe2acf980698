import BraidCore
import BraidPipeline
import CPosix
import Foundation
import Glibc

/// A session of a job in a process of its own, so that a crash or a want of memory ends that session alone.
///
/// The process is a fork of this one, which has no threads of its own. It tells of its session over a pipe, a line of JSON each.
struct EachWorker {
  /// What the process tells.
  struct Report: Codable {
    /// What went wrong.
    struct Failure: Codable {
      var code: String
      var message: String
      var location: String
      var remedy: String
    }

    /// Media time so far, and the file's where it is known.
    var position: MediaDuration?
    var length: MediaDuration?
    /// At the end: what the session gave, and what it ended by unless it is done.
    var totals: Session.Totals?
    var failure: Failure?
  }

  /// Its place among the job's files.
  let place: Int
  let process: pid_t
  /// Becomes readable with a report, and at the process's end.
  let descriptor: Int32
  let started: HostTime
  private(set) var report = Report()
  private var pending: [UInt8] = []

  /// Starts a session.
  ///
  /// - Returns: nil where the system gives no pipe or no process; `errno` says why.
  init?(place: Int, _ configuration: SessionConfiguration, now: HostTime) {
    self.place = place
    started = now
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { return nil }
    // Until it has handlers of its own, a signal must wait.
    SignalPipe.block()
    let parent = getpid()
    process = fork()
    if process == 0 {
      close(ends[0])
      Self.run(configuration, parent: parent, output: ends[1])
    }
    let reason = errno
    SignalPipe.unblock()
    close(ends[1])
    descriptor = ends[0]
    if process < 0 {
      close(ends[0])
      errno = reason
      return nil
    }
  }

  /// Takes what has come. False once the process has ended.
  mutating func read() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { return true }
    guard count > 0 else { return false }
    pending += buffer[..<count]
    let decoder = JSONDecoder()
    while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
      if let next = try? decoder.decode(Report.self, from: Data(pending[..<end])) {
        // Streams that have ended say no position any more.
        report.position = [report.position, next.position].compactMap(\.self).max()
        report.length = next.length ?? report.length
        report.totals = next.totals
        report.failure = next.failure
      }
      pending.removeSubrange(...end)
    }
    return true
  }

  /// Waits for the process, which has ended or is about to.
  ///
  /// - Returns: its exit status, or 128 and the signal that ended it.
  func wait() -> Int32 {
    close(descriptor)
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { return ExitStatus.usage.code }
    }
    return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
  }

  // MARK: In the process

  private static func run(_ configuration: SessionConfiguration, parent: pid_t, output: Int32) -> Never {
    // When the job's process is killed, nobody would rename what is complete.
    if braid_end_with_parent(SIGTERM) != 0 || getppid() != parent { _exit(ExitStatus.terminated.code) }
    preferForKilling()
    let last = Guarded<Report.Failure?>(nil)
    let session = Session(
      configuration,
      observer: Session.Observer(
        note: { _ in },
        error: { error in
          let record = ErrorRecord(error: error, isFatal: true)
          let failure = Report.Failure(
            code: record.code, message: record.message, location: record.location, remedy: record.remedy)
          last.withLock { $0 = failure }
        },
        progress: { progress in
          Self.write(Report(position: progress.position - .zero, length: progress.length), to: output)
        }))
    SignalThread.start { session.interrupt($0) }
    let status = session.run()
    let failure = last.withLock { $0 }
    write(Report(totals: session.totals, failure: status == .done ? nil : failure), to: output)
    _exit(status.code)
  }

  /// Where memory runs out, the system is to end a session and not the job. Not being able to ask for that is no error.
  private static func preferForKilling() {
    let file = unsafe open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    _ = unsafe Glibc.write(file, "500", 3)
    close(file)
  }

  /// Writes a line; where nobody reads any more, the signal for that is on its way.
  private static func write(_ report: Report, to output: Int32) {
    guard var line = try? JSONEncoder().encode(report) else { return }
    line.append(UInt8(ascii: "\n"))
    let bytes = Array(line)
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { bytes in
        unsafe Glibc.write(output, bytes.baseAddress?.advanced(by: written), bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      written += count
    }
  }
}
