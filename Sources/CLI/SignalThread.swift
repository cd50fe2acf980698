import BraidCore
import BraidPipeline
import Glibc

/// Turns SIGINT and SIGTERM into a call, on a thread of its own where anything may be done.
///
/// The first one asks for an orderly end; one that comes half a second later or more ends the process at once. (What comes sooner
/// is the same request: `timeout` and shells signal a process and its group.)
enum SignalThread {
  nonisolated(unsafe) private static var thread: DedicatedThread?
  // SAFETY: written once, by `start`, which the program calls once. The thread waits for signals until the process ends, and is
  // therefore kept and never joined.

  /// Installs the handlers and starts the thread. Without descriptors for it signals keep their default action.
  static func start(_ onSignal: @escaping @Sendable (ExitStatus) -> Void) {
    guard let pipe = SignalPipe() else { return }
    unsafe thread = DedicatedThread(name: "braid-signals") {
      // A parent may have blocked them; one thread that takes them is enough.
      SignalPipe.unblock()
      let clock = MonotonicClock()
      var first: HostTime?
      while true {
        guard let status = pipe.next() else { continue }
        if let first {
          if clock.now - first >= .milliseconds(500) { _exit(status.code) }
          continue
        }
        first = clock.now
        onSignal(status)
      }
    }
  }
}
