import BraidCore
import BraidPipeline
import Glibc

/// Turns SIGINT and SIGTERM into a call, on a thread of its own where anything may be done.
///
/// The first one asks for an orderly end; a second one ends the process at once.
enum SignalThread {
  nonisolated(unsafe) private static var thread: DedicatedThread?
  // SAFETY: written once, by `start`, which the program calls once before it has other threads. The thread waits for
  // signals until the process ends, and is therefore kept and never joined.

  /// Starts the thread. Must be called before any other thread is made, so that all of them block the signals.
  static func start(_ onSignal: @escaping @Sendable (ExitStatus) -> Void) {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGINT)
    unsafe sigaddset(&signals, SIGTERM)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    let waited = signals
    unsafe thread = DedicatedThread(name: "braid-signals") {
      var signals = waited
      var count = 0
      while true {
        var number: Int32 = 0
        guard unsafe sigwait(&signals, &number) == 0 else { continue }
        let status: ExitStatus = number == SIGTERM ? .terminated : .interrupted
        count += 1
        if count > 1 { _exit(status.code) }
        onSignal(status)
      }
    }
  }
}
