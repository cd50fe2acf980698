import CPosix
import Glibc
import Synchronization

/// How urgently a thread asks to be run. Asking needs a privilege; without it the thread runs as it is.
public enum ThreadPriority: Hashable, Sendable {
  /// As the process runs.
  case normal
  /// A nice value, -20 (most urgent) to 19.
  case nice(Int)
  /// Round robin in real time, 1 to 99.
  case realtime(Int)
}

/// A thread of its own for blocking work: demuxing, capture, inference.
///
/// Whoever starts one joins it, or abandons it where it hangs in a call that nothing ends; `deinit` asserts that this was
/// done. The body runs once.
public final class DedicatedThread: @unchecked Sendable {
  // SAFETY: `handle` is written once in `init` before any other use and read only by `join`, guarded by `joined`.

  private final class Start {
    let name: String
    let priority: ThreadPriority
    let body: @Sendable () -> Void
    init(name: String, priority: ThreadPriority, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.priority = priority
      self.body = body
    }
  }

  /// The thread's name as `ps -L` and `perf` show it, cut at 15 bytes.
  public let name: String
  private var handle: pthread_t
  private let joined = Atomic<Bool>(false)

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - name: shown by the system's tools, cut at 15 bytes.
  ///   - priority: asked for; not getting it is no error.
  ///   - body: what the thread does; it may block.
  public init(name: String, priority: ThreadPriority = .normal, body: @escaping @Sendable () -> Void) {
    self.name = name
    handle = pthread_t()
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setstacksize(&attributes, 4 << 20)
    defer { unsafe pthread_attr_destroy(&attributes) }
    let start = unsafe Unmanaged.passRetained(Start(name: name, priority: priority, body: body))
    let status = unsafe pthread_create(
      &handle, &attributes,
      { argument in
        guard let argument = unsafe argument else { return nil }
        let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        unsafe braid_thread_set_name(start.name)
        switch start.priority {
        case .normal: break
        case .nice(let value): _ = braid_thread_set_nice(Int32(clamping: value))
        case .realtime(let value): _ = braid_thread_set_realtime(Int32(clamping: value))
        }
        start.body()
        return nil
      }, start.toOpaque())
    precondition(status == 0, "pthread_create failed with \(status): the machine is out of threads or memory")
  }

  deinit {
    assert(joined.load(ordering: .relaxed), "thread \(name) was not joined")
  }

  /// Waits for the body to return. Calling it again does nothing.
  public func join() {
    guard !joined.exchange(true, ordering: .acquiringAndReleasing) else { return }
    pthread_join(handle, nil)
  }

  /// Lets the thread go its way: it ends when its body returns, and nobody can wait for it any more. For a body that hangs in a
  /// foreign call; what it holds is kept until then.
  public func abandon() {
    guard !joined.exchange(true, ordering: .acquiringAndReleasing) else { return }
    pthread_detach(handle)
  }

  /// The calling thread's name.
  public static var currentName: String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16) { buffer in
      guard let base = buffer.baseAddress else { return "" }
      unsafe braid_thread_get_name(base, 16)
      return unsafe String(cString: base)
    }
  }
}
