public import BraidCore
import Glibc
import Synchronization

/// A thread of its own that actors run on, so that kernels never block the cooperative pool.
///
/// An actor returns it as its `unownedExecutor` and keeps it alive. Jobs run in the order in which they were enqueued.
/// Whoever makes one calls `shutdown()` when no actor needs it any more. Enqueuing allocates only while more jobs wait
/// than ever before.
public final class InferenceThread: SerialExecutor {
  /// Waiting jobs, in a ring that grows when it is full and never shrinks.
  private struct Jobs {
    private var ring: [UnownedJob?] = Array(repeating: nil, count: 64)
    private var head = 0
    private var count = 0
    var isStopping = false

    mutating func push(_ job: UnownedJob) {
      if count == ring.count {
        var wider = [UnownedJob?](repeating: nil, count: ring.count * 2)
        for i in 0..<count { wider[i] = ring[(head + i) % ring.count] }
        (ring, head) = (wider, 0)
      }
      ring[(head + count) % ring.count] = job
      count += 1
    }

    mutating func pop() -> UnownedJob? {
      guard count > 0, let job = ring[head] else { return nil }
      ring[head] = nil
      head = (head + 1) % ring.count
      count -= 1
      return job
    }
  }

  /// What the thread and its owner share.
  private final class Shared: Sendable {
    let jobs = Guarded(Jobs())
    let signal = Signal()
    /// The thread's `pthread_self()`, 0 before it runs.
    let identity = Atomic<UInt>(0)
  }

  /// The thread's name, as the system's tools show it.
  public let name: String
  private let shared: Shared
  private let thread: DedicatedThread

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - name: shown by the system's tools, cut at 15 bytes.
  ///   - priority: asked for; not getting it is no error.
  public init(name: String, priority: ThreadPriority = .normal) {
    self.name = name
    let shared = Shared()
    self.shared = shared
    let box = ExecutorReference()
    thread = DedicatedThread(name: name, priority: priority) {
      shared.identity.store(UInt(pthread_self()), ordering: .releasing)
      while true {
        let ticket = shared.signal.ticket()
        let (job, isStopping) = shared.jobs.withLock { ($0.pop(), $0.isStopping) }
        if let job, let executor = unsafe box.executor.withLock({ unsafe $0 }) {
          unsafe job.runSynchronously(on: executor)
        } else if isStopping {
          return
        } else {
          shared.signal.wait(since: ticket)
        }
      }
    }
    unsafe box.executor.withLock { unsafe $0 = UnownedSerialExecutor(ordinary: self) }
    // A thread that looked before the line above waits for the next notification.
    shared.signal.notify()
  }

  /// Adds a job behind those that wait. Called by the runtime, from any thread.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let refused = shared.jobs.withLock { jobs in
      if jobs.isStopping { return true }
      jobs.push(job)
      return false
    }
    precondition(!refused, "an actor was used after its inference thread \(name) was shut down")
    shared.signal.notify()
  }

  /// This thread as actors name it.
  public func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }

  /// Stops the program unless the caller runs on this thread.
  public func checkIsolated() {
    precondition(isCurrent, "not on the inference thread \(name)")
  }

  /// Whether the caller runs on this thread.
  public var isCurrent: Bool { shared.identity.load(ordering: .acquiring) == UInt(pthread_self()) }

  /// Runs the jobs that wait, ends the thread and waits for its end. Calling it again does nothing. Call it from
  /// another thread, when no actor will use this one any more.
  public func shutdown() {
    precondition(!isCurrent, "an inference thread cannot wait for its own end")
    shared.jobs.withLock { $0.isStopping = true }
    shared.signal.notify()
    thread.join()
  }
}

/// The executor that the thread's loop runs jobs on; set once the executor exists.
@safe private final class ExecutorReference: Sendable {
  let executor = unsafe Guarded<UnownedSerialExecutor?>(nil)
}
