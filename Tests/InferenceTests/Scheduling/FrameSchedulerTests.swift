import BraidCore
import BraidInference
import BraidTestSupport
import Testing

@Suite("The scheduler of frames")
struct FrameSchedulerTests {
  private func isBalanced(_ counters: FrameScheduler<Int>.Counters) -> Bool {
    counters.offered == counters.results + counters.skipped.total + counters.queued + counters.inFlight
  }

  @Test("a model that keeps up runs on everything")
  func keepsUp() {
    var simulation = Simulation(.init(isRealtime: true, budget: .milliseconds(50))) { _ in 10 }
    simulation.run(arrivals: [0, 40, 80])
    #expect(simulation.log == ["0>", "0.", "1>", "1.", "2>", "2."])
    #expect(simulation.scheduler.counters.results == 3)
  }

  @Test("of pictures that wait only the latest is run")
  func stale() {
    var simulation = Simulation(.init(isRealtime: true)) { _ in 100 }
    simulation.run(arrivals: [0, 20, 40, 60, 120])
    #expect(simulation.log == ["0>", "1-stale", "2-stale", "0.", "3>", "3.", "4>", "4."])
    #expect(simulation.lost[3]?.stale == 2)
    #expect(simulation.lost[4]?.total == 0)
  }

  @Test("windows of sound queue as long as they make their deadline")
  func windows() {
    var simulation = Simulation(.init(kind: .window, isRealtime: true, budget: .milliseconds(100))) { _ in 50 }
    simulation.run(arrivals: [0, 10, 20, 30, 200])
    // At 50 window 1 can be done by 100 of its 110; at 100 window 2 would end at 150, past its 120, and 3 past its 130.
    #expect(simulation.log == ["0>", "0.", "1>", "1.", "2-budget", "3-budget", "4>", "4."])
    #expect(simulation.lost[4]?.budget == 2)
  }

  @Test("what is predicted to miss is not started, and after a second one is started as a probe")
  func probes() {
    let slow = 60..<200
    var simulation = Simulation(.init(isRealtime: true, budget: .milliseconds(30))) { item in
      slow.contains(item) ? 35 : 5
    }
    simulation.run(arrivals: (0..<400).map { Int64($0) * 40 })
    let counters = simulation.scheduler.counters
    // Two runs miss before the spell is believed; then one probe a second until four fast ones have ended it.
    let late = simulation.log.filter { $0.hasSuffix("!") }
    let probes = simulation.log.filter { $0.hasSuffix(">?") }
    #expect(late.prefix(2) == ["60!", "61!"])
    #expect(probes.prefix(3) == ["86>?", "111>?", "136>?"])
    #expect(probes.count == counters.probes)
    #expect(late.count == counters.missed)
    #expect(probes.filter { (Int($0.dropLast(2)) ?? 0) >= 200 }.count == 4)
    #expect(simulation.log.suffix(4) == ["398>", "398.", "399>", "399."])
    #expect(isBalanced(counters) && counters.queued == 0 && counters.inFlight == 0)
  }

  @Test("a minimum rate below one a second makes probes rarer")
  func minimumRate() {
    var simulation = Simulation(
      .init(isRealtime: true, budget: .milliseconds(1), minimumRatePeriod: .seconds(3))
    ) { _ in 5 }
    simulation.run(arrivals: (0..<250).map { Int64($0) * 40 })
    // The first run is not known to be slow; nor is the second, whose estimate rests on one run.
    #expect(simulation.scheduler.counters.probes == 3)
  }

  @Test("without budget and under the policy none nothing is skipped, however late")
  func none() {
    var simulation = Simulation(.init(policy: .none, isRealtime: true, budget: .milliseconds(1))) { _ in 100 }
    simulation.run(arrivals: (0..<20).map { Int64($0) * 10 })
    #expect(simulation.scheduler.counters.results == 20)
    #expect(simulation.scheduler.counters.missed == 20)
    #expect(simulation.scheduler.counters.skipped.total == 0)
  }

  @Test("at fast pace time never counts")
  func fastPace() {
    for kind in [FrameScheduler<Int>.Kind.picture, .window] {
      var simulation = Simulation(.init(kind: kind, budget: .milliseconds(1))) { _ in 100 }
      simulation.run(arrivals: (0..<20).map { Int64($0) })
      #expect(simulation.scheduler.counters.results == 20)
      #expect(simulation.scheduler.counters.missed == 0)
    }
  }

  @Test("what an interval passes over is lost by the next result, not by one that waits already")
  func lostByInterval() {
    var simulation = Simulation(.init(policy: .every(3))) { _ in 100 }
    simulation.run(arrivals: (0..<9).map { Int64($0) })
    #expect(simulation.lost.mapValues(\.interval) == [0: 0, 3: 2, 6: 2])
  }

  @Test("refusals, abandoned runs and what is dropped at the end are all accounted for")
  func outsideReasons() {
    var scheduler = FrameScheduler<Int>(.init())
    let now = HostTime(nanoseconds: 5)
    scheduler.refuse(.gate)
    #expect(scheduler.offer(1, time: .zero, captured: nil, now: now) == nil)
    #expect(scheduler.offer(2, time: .zero, captured: nil, now: now) == nil)
    scheduler.refuse(.gap)
    guard case .run(let first) = scheduler.startNext(now: now) else {
      Issue.record("frame 1 is not started")
      return
    }
    #expect(first.item == 1 && first.lost.gate == 1 && first.lost.total == 1)
    scheduler.abandoned(.shed)
    guard case .run(let second) = scheduler.startNext(now: now) else {
      Issue.record("frame 2 is not started")
      return
    }
    #expect(second.lost.shed == 1 && second.lost.total == 1)
    scheduler.finished(now: now)
    #expect(scheduler.offer(3, time: .zero, captured: nil, now: now) == nil)
    #expect(scheduler.skipFirst(.gap)?.item == 3)
    #expect(scheduler.skipFirst(.gap) == nil)
    #expect(isBalanced(scheduler.counters))
    #expect(scheduler.counters.skipped.total == 4 && scheduler.counters.results == 1)
  }

  @Test("the balance holds at every step, and what is lost adds up, under any load")
  func balance() {
    var generator = SeededGenerator.printed()
    for _ in 0..<200 {
      let configuration = FrameScheduler<Int>.Configuration(
        kind: Bool.random(using: &generator) ? .picture : .window,
        policy: [.adaptive, .none, .every(3), .maxFPS(9)].randomElement(using: &generator) ?? .none,
        isRealtime: Bool.random(using: &generator),
        budget: .milliseconds(Int64.random(in: 0...120, using: &generator)),
        queueCapacity: Int.random(in: 1...6, using: &generator))
      var scheduler = FrameScheduler<Int>(configuration)
      var now: Int64 = 0
      var lost = 0
      var gone: Set<Int> = []
      var order: [Int] = []
      var item = 0
      for _ in 0..<300 {
        now += Int64.random(in: 0...30, using: &generator)
        let host = Simulation.at(now)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0...2 where scheduler.hasRoom || (configuration.isRealtime && configuration.policy != .none):
          let captured = Simulation.at(now - Int64.random(in: 0...40, using: &generator))
          let time = MediaTime(nanoseconds: now * 1_000_000)
          if let skip = scheduler.offer(item, time: time, captured: captured, now: host) {
            #expect(gone.insert(skip.item).inserted)
          }
          item += 1
        case 3:
          if scheduler.counters.inFlight == 1 { scheduler.finished(now: host) }
        case 4:
          if Int.random(in: 0..<20, using: &generator) == 0 {
            if let skip = scheduler.skipFirst(.gap) { #expect(gone.insert(skip.item).inserted) }
            scheduler.abandoned(.shed)
          }
        default:
          switch scheduler.startNext(now: host) {
          case .idle: break
          case .skip(let skip): #expect(gone.insert(skip.item).inserted)
          case .run(let run):
            order.append(run.item)
            lost += run.lost.total
            #expect(gone.insert(run.item).inserted)
          }
        }
        #expect(isBalanced(scheduler.counters))
        #expect(scheduler.counters.inFlight <= 1 && scheduler.counters.queued <= configuration.queueCapacity)
        #expect(lost <= scheduler.counters.skipped.total)
        if !configuration.isRealtime {
          #expect(scheduler.counters.skipped.budget + scheduler.counters.skipped.stale == 0)
        }
      }
      #expect(order == order.sorted())
      // What no run has reported yet is reported by the next.
      if scheduler.counters.inFlight == 1 { scheduler.finished(now: Simulation.at(now)) }
      while scheduler.skipFirst(.shed) != nil {}
      let all = scheduler.counters.skipped.total
      if configuration.policy == .none || configuration.policy == .adaptive {
        _ = scheduler.offer(item, time: .distantFuture, captured: nil, now: Simulation.at(now))
        if case .run(let run) = scheduler.startNext(now: Simulation.at(now)) { lost += run.lost.total }
        #expect(lost == all)
      }
    }
  }
}
