import BraidInference
import BraidPipeline
import Glibc

/// Runs cases in a process of their own, so that a crash or an endless one ends that case alone.
///
/// The process is a fork of this one, made before any thread is. It takes one case after the other and writes a line for
/// each; when it dies or falls silent, the case it was at has failed and a new one goes on behind it.
struct CaseWorker {
  let cases: [ConformanceCase]
  let options: SessionOptions
  let limits: ModelLimits
  /// How long a case may take, in milliseconds.
  let timeLimit: Int32

  /// Runs all cases in order and tells of each as it ends.
  func run(_ report: (ConformanceCase, ConformanceCase.Outcome) -> Void) throws(CommandStatus) {
    var next = 0
    while next < cases.count {
      let child = try start(at: next)
      var reader = LineReader(descriptor: child.output)
      var reason: String?
      while next < cases.count, reason == nil {
        switch reader.line(within: timeLimit) {
        case .line(let line):
          report(cases[next], Self.outcome(line))
          next += 1
        case .silence:
          kill(child.process, SIGKILL)
          reason = "no end after \(timeLimit / 1000) s"
        case .end: reason = "crashed"
        }
      }
      close(child.output)
      var status: Int32 = 0
      while unsafe waitpid(child.process, &status, 0) < 0, errno == EINTR {}
      if let reason {
        let signal = status & 0x7f
        report(cases[next], .failed(reason == "crashed" && signal != 0 ? "crashed with signal \(signal)" : reason))
        next += 1
      }
    }
  }

  private func start(at first: Int) throws(CommandStatus) -> (process: pid_t, output: Int32) {
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { throw failure("no pipe") }
    let process = fork()
    guard process >= 0 else { throw failure("no process") }
    if process == 0 {
      close(ends[0])
      for index in first..<cases.count {
        let line = Array(Self.line(cases[index].run(options: options, limits: limits)).utf8)
        var written = 0
        while written < line.count {
          let count = unsafe line.withUnsafeBytes { bytes in
            unsafe write(ends[1], bytes.baseAddress.map { unsafe $0 + written }, line.count - written)
          }
          if count < 0, errno == EINTR { continue }
          if count <= 0 { _exit(1) }
          written += count
        }
      }
      _exit(0)
    }
    close(ends[1])
    return (process, ends[0])
  }

  private func failure(_ what: String) -> CommandStatus {
    StandardError.fail("\(what) for the cases: \(unsafe String(cString: strerror(errno)))")
    return CommandStatus(.model)
  }

  private static func line(_ outcome: ConformanceCase.Outcome) -> String {
    let (mark, reason) =
      switch outcome {
      case .passed: ("p", "")
      case .failed(let reason): ("f", reason)
      case .unsupported(let reason): ("u", reason)
      }
    return mark + reason.split(whereSeparator: \.isNewline).joined(separator: " ") + "\n"
  }

  private static func outcome(_ line: String) -> ConformanceCase.Outcome {
    let reason = String(line.dropFirst())
    return switch line.first {
    case "p": .passed
    case "u": .unsupported(reason)
    default: .failed(reason)
    }
  }
}

/// Takes lines from a pipe.
private struct LineReader {
  enum Result {
    case line(String)
    /// Nothing came in time.
    case silence
    /// The other end is closed.
    case end
  }

  let descriptor: Int32
  private var pending: [UInt8] = []

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// The next line, without its end.
  mutating func line(within milliseconds: Int32) -> Result {
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(...end)
        return .line(line)
      }
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = unsafe poll(&waiting, 1, milliseconds)
      if ready == 0 { return .silence }
      if ready < 0 {
        if errno == EINTR { continue }
        return .end
      }
      var buffer = [UInt8](repeating: 0, count: 4096)
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return .end }
      pending += buffer[..<count]
    }
  }
}
