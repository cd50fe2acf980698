import BraidCore
import BraidInference
import Testing

/// An actor on a thread of its own.
private actor Counter {
  private let thread: InferenceThread
  private(set) var count = 0
  private(set) var names: Set<String> = []

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

  init(_ thread: InferenceThread) { self.thread = thread }

  func add() {
    count += 1
    names.insert(DedicatedThread.currentName)
    assertIsolated()
  }

  nonisolated func claim() -> Int { assumeIsolated { $0.count } }
}

@Suite struct InferenceThreadTests {
  @Test("An actor's calls run on its thread, one at a time", .timeLimit(.minutes(1)))
  func isolated() async {
    let thread = InferenceThread(name: "infer-test")
    let counter = Counter(thread)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<500 { group.addTask { await counter.add() } }
    }
    #expect(await counter.count == 500)
    #expect(await counter.names == ["infer-test"])
    #expect(!thread.isCurrent)
    thread.shutdown()
    thread.shutdown()
  }

  @Test("Claiming the actor from another thread stops the program")
  func claimed() async {
    await #expect(processExitsWith: .failure) {
      let thread = InferenceThread(name: "infer-exit")
      _ = Counter(thread).claim()
    }
  }
}
