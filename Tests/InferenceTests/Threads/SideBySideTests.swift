import BraidCore
import BraidTestSupport
import Foundation
import Synchronization
import Testing

@testable import BraidInference

/// A session on a thread of its own, and what it sees there.
private actor Runner {
  private let thread: InferenceThread
  private let session: InferenceSession

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

  init(_ thread: InferenceThread, _ plan: Plan) throws {
    self.thread = thread
    session = try InferenceSession(plan)
  }

  /// Runs until both runners have made 20 runs while the other was at work.
  func run(_ own: RunCount, beside other: RunCount, expecting wanted: [Float]) throws -> Outcome {
    var outcome = Outcome()
    let input = LargeNetwork.input
    try session.write(input.span, toInput: 0)
    own.add()
    while other.count == 0 { sched_yield() }
    repeat {
      try session.run()
      own.add()
      if try LargeNetwork.output(of: session) != wanted { outcome.wrong += 1 }
      outcome.allowed.insert(OpenMP.allowedThreads)
      outcome.tasks.insert(OpenMP.tasks(named: thread.name))
    } while own.count <= 20 || other.count <= 20
    return outcome
  }
}

/// What a runner saw.
private struct Outcome: Sendable {
  var wrong = 0
  /// What `omp_get_max_threads` gave behind each run.
  var allowed: Set<Int> = []
  /// The threads of the process that bear the inference thread's name: itself, and its workers, which inherit it.
  var tasks: Set<Int> = []
}

/// A count of runs that threads share.
private final class RunCount: Sendable {
  private let value = Atomic<Int>(0)
  func add() { value.add(1, ordering: .relaxed) }
  var count: Int { value.load(ordering: .relaxed) }
}

/// What the OpenMP library and the system say of threads.
private enum OpenMP {
  /// `omp_get_max_threads` on the calling thread; 0 where there is no such library.
  static var allowedThreads: Int {
    guard let symbol = unsafe dlsym(nil, "omp_get_max_threads") else { return 0 }
    return Int(unsafe unsafeBitCast(symbol, to: (@convention(c) () -> Int32).self)())
  }

  static func tasks(named name: String) -> Int {
    let folder = "/proc/self/task"
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return tasks.count { (try? String(contentsOfFile: "\(folder)/\($0)/comm", encoding: .utf8)) == name + "\n" }
  }
}

@Suite struct SideBySideTests {
  @Test(
    "Two sessions that run at once, on one thread and on two, keep to their threads and give what each gives alone",
    .timeLimit(.minutes(2)))
  func sideBySide() async throws {
    let model = try LargeNetwork.model(isQuantised: true)
    let wanted = try LargeNetwork.output(of: model, threads: 1)
    let threads = [InferenceThread(name: "omp-alone"), InferenceThread(name: "omp-pair")]
    defer { for thread in threads { thread.shutdown() } }
    var runners: [Runner] = []
    for (thread, count) in zip(threads, [1, 2]) {
      var options = SessionOptions()
      options.threads = count
      runners.append(try Runner(thread, try Plan(model, options: options)))
    }
    // Making plans and packing weights has made no workers, wherever it was done.
    #expect(threads.map { OpenMP.tasks(named: $0.name) } == [1, 1])
    let progress = (RunCount(), RunCount())
    let (first, second) = (runners[0], runners[1])
    async let alone = first.run(progress.0, beside: progress.1, expecting: wanted)
    async let pair = second.run(progress.1, beside: progress.0, expecting: wanted)
    let outcomes = try await [alone, pair]
    #expect(outcomes.map(\.wrong) == [0, 0])
    #expect(outcomes.map(\.allowed) == [[1], [2]])
    #expect(outcomes.map(\.tasks) == [[1], [2]])
  }
}
