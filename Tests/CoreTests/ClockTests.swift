import BraidCore
import Testing

@Suite struct ClockTests {
  @Test(.timeLimit(.minutes(1)))
  func `a manual clock wakes a sleeper when its time has come, and not before`() {
    let clock = ManualClock()
    let signal = Signal()
    let sleeper = DedicatedThread(name: "sleeper") {
      let deadline = HostTime(nanoseconds: 1_000)
      while clock.now < deadline { clock.wait(on: signal, since: signal.ticket(), until: deadline) }
    }
    clock.waitForSleepers(1)
    clock.advance(to: HostTime(nanoseconds: 999))
    #expect(clock.now == HostTime(nanoseconds: 999))
    clock.advance(by: MediaDuration(nanoseconds: 1))
    sleeper.join()
    #expect(clock.now == HostTime(nanoseconds: 1_000))
  }

  @Test(.timeLimit(.minutes(1)))
  func `a notification between the look and the wait is not lost`() {
    let signal = Signal()
    let ticket = signal.ticket()
    signal.notify()
    signal.wait(since: ticket)
    MonotonicClock().wait(on: signal, since: ticket, until: HostTime(nanoseconds: .max))
  }

  @Test func `the monotonic clock does not run backwards and a past deadline does not wait`() {
    let clock = MonotonicClock()
    let start = clock.now
    let signal = Signal()
    clock.wait(on: signal, since: signal.ticket(), until: start)
    #expect(clock.now >= start)
  }

  @Test(.timeLimit(.minutes(1)))
  func `a thread carries the first fifteen bytes of its name`() {
    let name = Name()
    let thread = DedicatedThread(name: "braid-a-very-long-name") { name.set(DedicatedThread.currentName) }
    thread.join()
    #expect(name.get() == "braid-a-very-lo")
  }

  @Test func `a histogram gives percentiles to three digits`() {
    var histogram = LatencyHistogram()
    #expect(histogram.milliseconds(atPercentile: 50) == 0)
    for millisecond in 1...1000 { histogram.record(.milliseconds(Int64(millisecond))) }
    #expect(abs(histogram.milliseconds(atPercentile: 50) - 500) < 1)
    #expect(abs(histogram.milliseconds(atPercentile: 99) - 990) < 2)
    histogram.record(.unlimited)
    histogram.record(.milliseconds(-5))
    #expect(histogram.count == 1002)
  }
}

private final class Name: Sendable {
  private let value = Guarded("")
  func set(_ text: String) { value.withLock { $0 = text } }
  func get() -> String { value.withLock { $0 } }
}
