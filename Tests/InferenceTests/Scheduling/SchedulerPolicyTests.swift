import BraidCore
import BraidInference
import BraidTestSupport
import Testing

@Suite("What the scheduler runs where nothing may be skipped for time, and what is decided outside")
struct SchedulerPolicyTests {
  private static func at(_ milliseconds: Int) -> HostTime { HostTime(nanoseconds: Int64(milliseconds) * 1_000_000) }

  private func isBalanced(_ counters: SchedulerCounters) -> Bool {
    counters.offered == counters.results + counters.skipped.total + counters.queued + counters.inFlight
  }

  private func scheduler(
    _ kind: SchedulerConfiguration.Kind = .picture, budget: MediaDuration = .milliseconds(1), minimumRate: Double = 0,
    policy: SkipPolicy = .adaptive, isRealtime: Bool = true, capacity: Int = 3
  ) throws -> SessionScheduler {
    try SessionScheduler(
      SchedulerConfiguration(
        models: [.init(name: "m")],
        tasks: [
          .init(
            model: 0, stream: "video:0", kind: kind, budget: budget, minimumRate: minimumRate, queueCapacity: capacity)
        ], policy: policy, isRealtime: isRealtime))
  }

  /// What happened to frames `period` ms apart whose runs take `service` ms; whoever offers waits for room where nothing may
  /// be skipped.
  private func run(_ scheduler: inout SessionScheduler, count: Int, period: Int, service: Int) -> [SessionScheduler.Run]
  {
    var runs: [SessionScheduler.Run] = []
    var flight: (end: Int, server: Int)?
    var now = 0
    var frame = 0
    while frame < count || flight != nil {
      let arrival = frame < count ? max(now, frame * period) : .max
      let mustWait = scheduler.configuration.keepsAll && !scheduler.hasRoom(task: 0)
      if let ending = flight, ending.end <= arrival || mustWait {
        now = ending.end
        scheduler.finished(server: ending.server, now: Self.at(now))
        flight = nil
      } else {
        now = arrival
        let time = MediaTime(nanoseconds: Int64(frame * period) * 1_000_000)
        _ = scheduler.offer(frame, task: 0, time: time, captured: Self.at(frame * period), now: Self.at(now))
        frame += 1
      }
      deciding: while true {
        switch scheduler.next(now: Self.at(now)) {
        case .run(let run):
          runs.append(run)
          flight = (now + service, run.server)
        case .skip, .changed: continue
        case .idle: break deciding
        }
      }
    }
    return runs
  }

  @Test("under the policy none nothing is skipped, however late")
  func none() throws {
    var scheduler = try scheduler(policy: .none)
    #expect(run(&scheduler, count: 20, period: 10, service: 100).map(\.item) == Array(0..<20))
    let counters = scheduler.counters(task: 0)
    #expect(counters.missed == 20 && counters.probes == 0 && counters.skipped.total == 0)
  }

  @Test("at fast pace time never counts", arguments: [SchedulerConfiguration.Kind.picture, .window, .stateful])
  func fastPace(kind: SchedulerConfiguration.Kind) throws {
    var scheduler = try scheduler(kind, budget: .unlimited, isRealtime: false)
    #expect(run(&scheduler, count: 20, period: 1, service: 100).count == 20)
    #expect(scheduler.counters(task: 0).missed == 0)
  }

  @Test("what an interval passes over is lost by the next result, not by one that waits already")
  func lostByInterval() throws {
    var scheduler = try scheduler(budget: .unlimited, policy: .every(3), isRealtime: false)
    let runs = run(&scheduler, count: 9, period: 1, service: 100)
    #expect(runs.map(\.item) == [0, 3, 6] && runs.map(\.lost.interval) == [0, 2, 2])
  }

  @Test("carried state begins anew after a frame that was thinned out, and that is told")
  func thinnedState() throws {
    var scheduler = try scheduler(.stateful, budget: .unlimited, policy: .every(2), isRealtime: false)
    var resets: [MediaTime] = []
    for frame in 0..<6 {
      let time = MediaTime(nanoseconds: Int64(frame))
      _ = scheduler.offer(frame, task: 0, time: time, captured: Self.at(0), now: Self.at(0))
      deciding: while true {
        switch scheduler.next(now: Self.at(0)) {
        case .run(let run):
          #expect(run.resetsState)
          scheduler.finished(server: run.server, now: Self.at(0))
        case .changed(let change):
          if case .stateReset(0, let at) = change.kind, change.cause == .thinned { resets.append(at) }
        case .skip: continue
        case .idle: break deciding
        }
      }
    }
    // Before the first run there was no state to lose.
    #expect(resets.map(\.nanoseconds) == [2, 4])
  }

  @Test("without a budget and with room for one picture only the newest is run")
  func newest() throws {
    var scheduler = try scheduler(budget: .unlimited, capacity: 1)
    scheduler.seed(model: 0, .milliseconds(100))
    let runs = run(&scheduler, count: 100, period: 20, service: 100)
    // A run ends with every fifth frame: the newest that waits is the one that has just come or the one before.
    #expect((19...21).contains(runs.count))
    #expect(scheduler.counters(task: 0).skipped.budget == 0)
  }

  @Test("a minimum rate below one a second makes probes rarer")
  func minimumRate() throws {
    var scheduler = try scheduler(minimumRate: 1.0 / 3)
    scheduler.seed(model: 0, .milliseconds(5))
    #expect(run(&scheduler, count: 250, period: 40, service: 5).map(\.isProbe) == [true, true, true])
  }

  @Test("refusals, abandoned runs and what is dropped at the end are all accounted for")
  func outsideReasons() throws {
    var scheduler = try scheduler(budget: .unlimited, isRealtime: false)
    let now = Self.at(5)
    scheduler.refuse(task: 0, .gate)
    #expect(scheduler.offer(1, task: 0, time: .zero, captured: now, now: now) == nil)
    #expect(scheduler.offer(2, task: 0, time: .zero, captured: now, now: now) == nil)
    scheduler.refuse(task: 0, .gap)
    guard case .run(let first) = scheduler.next(now: now) else {
      Issue.record("frame 1 is not started")
      return
    }
    #expect(first.item == 1 && first.lost.gate == 1 && first.lost.total == 1)
    scheduler.abandoned(server: first.server, .shed)
    guard case .run(let second) = scheduler.next(now: now) else {
      Issue.record("frame 2 is not started")
      return
    }
    #expect(second.lost.shed == 1 && second.lost.total == 1)
    scheduler.finished(server: second.server, now: now)
    #expect(scheduler.offer(3, task: 0, time: .zero, captured: now, now: now) == nil)
    #expect(scheduler.skipFirst(task: 0, .gap, now: now)?.item == 3)
    #expect(scheduler.skipFirst(task: 0, .gap, now: now) == nil)
    let counters = scheduler.counters(task: 0)
    #expect(isBalanced(counters) && counters.skipped.total == 4 && counters.results == 1)
  }

  @Test("whatever the policy, the balance holds at every step and what is lost adds up")
  func balance() throws {
    var generator = SeededGenerator.printed()
    for _ in 0..<100 {
      let policy = [SkipPolicy.adaptive, .none, .every(3), .maxFPS(9)].randomElement(using: &generator) ?? .none
      var scheduler = try scheduler(
        [.picture, .window, .stateful].randomElement(using: &generator) ?? .picture,
        budget: .milliseconds(Int64.random(in: 1...120, using: &generator)), policy: policy,
        isRealtime: Bool.random(using: &generator), capacity: Int.random(in: 1...6, using: &generator))
      var (now, item, lost, running) = (0, 0, 0, false)
      var order: [Int] = []
      for _ in 0..<300 {
        now += Int.random(in: 0...30, using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0...2 where scheduler.hasRoom(task: 0) || !scheduler.configuration.keepsAll:
          let captured = Self.at(now - Int.random(in: 0...40, using: &generator))
          let time = MediaTime(nanoseconds: Int64(now) * 1_000_000)
          _ = scheduler.offer(item, task: 0, time: time, captured: captured, now: Self.at(now))
          item += 1
        case 3 where running:
          scheduler.finished(server: 0, now: Self.at(now))
          running = false
        case 4: scheduler.refuse(task: 0, .gap)
        default:
          guard case .run(let run) = scheduler.next(now: Self.at(now)) else { break }
          order.append(run.item)
          lost += run.lost.total
          running = true
        }
        let counters = scheduler.counters(task: 0)
        #expect(isBalanced(counters) && lost <= counters.skipped.total)
        if scheduler.configuration.keepsAll {
          #expect(counters.skipped.budget + counters.skipped.stale + counters.skipped.shed == 0)
        }
      }
      #expect(order == order.sorted())
    }
  }
}
