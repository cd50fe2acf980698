import BraidCore
import BraidPipeline
import Glibc

/// Turns SIGINT and SIGTERM into a call, on a thread of its own where anything may be done.
///
/// The first one asks for an orderly end; one that comes half a second later or more ends the process at once. (What comes sooner
/// is the same request: `timeout` and shells signal a process and its group.) A signal that the parent had told the
/// process to ignore stays ignored. Handlers, and not a mask with `sigwait`, because libraries start threads of their own
/// before the program begins, and those would take the signal.
enum SignalThread {
  nonisolated(unsafe) private static var thread: DedicatedThread?
  /// Where handlers write the signal's number.
  nonisolated(unsafe) private static var writeEnd: Int32 = -1
  // SAFETY: both are written once, by `start`, which the program calls once and before the handlers are there. The thread
  // waits for signals until the process ends, and is therefore kept and never joined.

  /// Installs the handlers and starts the thread. Without descriptors for it signals keep their default action.
  static func start(_ onSignal: @escaping @Sendable (ExitStatus) -> Void) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let readEnd = ends[0]
    unsafe writeEnd = ends[1]
    unsafe thread = DedicatedThread(name: "braid-signals") {
      // A parent may have blocked them; one thread that takes them is enough.
      var signals = sigset_t()
      unsafe sigemptyset(&signals)
      for number in [SIGINT, SIGTERM] { unsafe sigaddset(&signals, number) }
      unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      let clock = MonotonicClock()
      var first: HostTime?
      while true {
        var number: UInt8 = 0
        guard unsafe read(readEnd, &number, 1) == 1 else { continue }
        let status: ExitStatus = Int32(number) == SIGTERM ? .terminated : .interrupted
        if let first {
          if clock.now - first >= .milliseconds(500) { _exit(status.code) }
          continue
        }
        first = clock.now
        onSignal(status)
      }
    }
    for number in [SIGINT, SIGTERM] { install(number) }
  }

  private static func install(_ number: Int32) {
    var old = sigaction()
    guard unsafe sigaction(number, nil, &old) == 0 else { return }
    // SIG_IGN is a pointer of value 1, which Swift does not import.
    let handler = unsafe unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self)
    guard handler != 1 else { return }
    var action = sigaction()
    action.sa_flags = SA_RESTART
    unsafe action.__sigaction_handler.sa_handler = { number in
      let before = errno
      var byte = UInt8(truncatingIfNeeded: number)
      _ = unsafe write(SignalThread.writeEnd, &byte, 1)
      errno = before
    }
    unsafe sigaction(number, &action, nil)
  }
}
