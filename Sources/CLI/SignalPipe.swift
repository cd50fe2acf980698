import BraidPipeline
import Glibc

/// SIGINT and SIGTERM as bytes in a pipe, which can be waited for.
///
/// A signal that the parent had told the process to ignore stays ignored. Handlers, and not a mask with `sigwait`, because
/// libraries start threads of their own before the program begins, and those would take the signal.
struct SignalPipe {
  /// Where handlers write the signal's number.
  nonisolated(unsafe) private static var writeEnd: Int32 = -1
  // SAFETY: written by `init`, which a process calls once, and before the handlers are there.

  /// Becomes readable with a signal.
  let descriptor: Int32

  /// Installs the handlers. Nil without descriptors for a pipe: signals then keep their default action.
  init?() {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    descriptor = ends[0]
    unsafe Self.writeEnd = ends[1]
    for number in [SIGINT, SIGTERM] { Self.install(number) }
  }

  /// Waits for the next signal: how the process is to end by it. Nil where another one interrupts the waiting.
  func next() -> ExitStatus? {
    var number: UInt8 = 0
    guard unsafe read(descriptor, &number, 1) == 1 else { return nil }
    return Int32(number) == SIGTERM ? .terminated : .interrupted
  }

  /// Holds the signals back from the calling thread, and from those that it makes.
  static func block() { mask(SIG_BLOCK) }

  /// Lets the calling thread take the signals.
  static func unblock() { mask(SIG_UNBLOCK) }

  private static func mask(_ how: Int32) {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] { unsafe sigaddset(&signals, number) }
    unsafe pthread_sigmask(how, &signals, nil)
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
      _ = unsafe write(SignalPipe.writeEnd, &byte, 1)
      errno = before
    }
    unsafe sigaction(number, &action, nil)
  }
}
