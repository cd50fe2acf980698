import BraidCore
import BraidInference
import BraidTestSupport
import Testing

@Suite("The scheduler of a session")
struct SessionSchedulerTests {
  typealias Scheduler = SessionScheduler

  private static func at(_ milliseconds: Int) -> HostTime { HostTime(nanoseconds: Int64(milliseconds) * 1_000_000) }

  private func isBalanced(_ counters: SchedulerCounters) -> Bool {
    counters.offered == counters.results + counters.skipped.total + counters.queued + counters.inFlight
  }

  /// Runs one task on frames `period` ms apart whose runs take `service(frame)` ms.
  private struct Line {
    var scheduler: Scheduler
    var runs: [Scheduler.Run] = []
    var late: [Int] = []
    var changes: [SchedulerChange] = []
    var starts: [Int] = []

    mutating func run(count: Int, period: Int, task: Int = 0, service: (Int) -> Int) {
      var flight: (end: Int, run: Scheduler.Run)?
      var frame = 0
      while frame < count || flight != nil {
        let arrival = frame < count ? frame * period : .max
        let now: Int
        if let ending = flight, ending.end <= arrival {
          now = ending.end
          if !scheduler.finished(server: ending.run.server, now: at(now)) { late.append(ending.run.item) }
          flight = nil
        } else {
          now = arrival
          _ = scheduler.offer(
            frame, task: task, time: MediaTime(nanoseconds: Int64(arrival) * 1_000_000), captured: at(arrival),
            now: at(now))
          frame += 1
        }
        deciding: while true {
          switch scheduler.next(now: at(now)) {
          case .run(let run):
            runs.append(run)
            starts.append(now)
            flight = (now + service(run.item), run)
          case .changed(let change): changes.append(change)
          case .skip: continue
          case .idle: break deciding
          }
        }
      }
    }
  }

  private func line(
    kind: SchedulerConfiguration.Kind = .picture, budget: Int64, minimumRate: Double = 0,
    variants: [SchedulerConfiguration.Variant] = [.init()]
  ) throws -> Line {
    let configuration = SchedulerConfiguration(
      models: [.init(name: "detector", variants: variants)],
      tasks: [
        .init(model: 0, stream: "video:0", kind: kind, budget: .milliseconds(budget), minimumRate: minimumRate)
      ])
    return Line(scheduler: try Scheduler(configuration))
  }

  @Test("a model that keeps up runs on everything, in order")
  func keepsUp() throws {
    var line = try line(budget: 50)
    line.run(count: 100, period: 40) { _ in 20 }
    #expect(line.runs.map(\.item) == Array(0..<100))
    #expect(line.late.isEmpty && line.changes.isEmpty)
  }

  @Test("under steady overload what is kept is regular, and the interval is told, a step a second")
  func regular() throws {
    var line = try line(budget: 200)
    line.run(count: 1500, period: 20) { _ in 50 }
    let gaps = zip(line.runs.dropFirst(), line.runs).map { $0.item - $1.item }.dropFirst(100).dropLast(4)
    #expect(gaps.allSatisfy { (2...3).contains($0) }, "\(gaps.prefix(60))")
    let times = line.changes.map(\.time)
    #expect(zip(times.dropFirst(), times).allSatisfy { $0 - $1 >= .seconds(1) })
    #expect(line.changes.allSatisfy { $0.cause == .overload } && line.scheduler.interval(task: 0) > 1)
    #expect(line.late.isEmpty)
    // Two in five: what there is time for.
    #expect(line.runs.count >= 590)
  }

  @Test("what cannot make its deadline is not started, but for a probe a second; two in time end it")
  func probes() throws {
    var line = try line(budget: 30)
    line.run(count: 400, period: 40) { (60..<200).contains($0) ? 45 : 5 }
    let probes = line.runs.filter(\.isProbe).map(\.item)
    #expect(line.late.filter { !probes.contains($0) }.count <= 2)
    // Sooner at first: most spells are short.
    #expect(zip(probes.dropFirst(), probes).dropFirst(3).allSatisfy { $0 - $1 >= 25 || $1 >= 200 })
    #expect(line.runs.suffix(150).map(\.item) == Array(250..<400))
    let counters = line.scheduler.counters(task: 0)
    #expect(counters.probes == probes.count && isBalanced(counters))
  }

  @Test("a machine that holds up one run in thirty costs those runs, and not the others")
  func stalls() throws {
    var generator = SeededGenerator.printed()
    var line = try line(budget: 33)
    line.run(count: 3000, period: 42) { _ in
      Int.random(in: 0..<30, using: &generator) == 0
        ? Int.random(in: 40...90, using: &generator) : Int.random(in: 19...22, using: &generator)
    }
    let counters = line.scheduler.counters(task: 0)
    // What follows a run of 90 ms has waited, and may not be in time.
    #expect(counters.results - counters.missed >= 2600, "\(counters)")
    let started = Double(counters.results - counters.probes)
    #expect(Double(counters.missed - counters.missedProbes) <= 0.05 * started, "\(counters)")
  }

  @Test("after runs take twice as long at most 3 of the next 15 started miss")
  func doubling() throws {
    var generator = SeededGenerator.printed()
    for _ in 0..<40 {
      let service = Int.random(in: 8...30, using: &generator)
      let budget = Int64(service) + Int64.random(in: 5...40, using: &generator)
      var line = try line(budget: budget)
      line.run(count: 300, period: Int.random(in: service...60, using: &generator)) {
        ($0 < 150 ? service : 2 * service) + Int.random(in: 0...2, using: &generator)
      }
      // Probes are counted apart.
      let after = line.runs.filter { $0.item >= 150 && !$0.isProbe }.prefix(15).map(\.item)
      #expect(line.late.count { after.contains($0) } <= 3, "service \(service), budget \(budget)")
    }
  }

  @Test("a model with carried state is run whole or shed as a whole, and begins anew")
  func stateful() throws {
    var line = try line(kind: .stateful, budget: 100)
    line.run(count: 600, period: 20) { (200..<260).contains($0) ? 60 : 10 }
    #expect(line.runs.first?.resetsState == true)
    for (before, run) in zip(line.runs, line.runs.dropFirst()) {
      #expect(run.resetsState || run.item == before.item + 1)
    }
    let counters = line.scheduler.counters(task: 0)
    #expect(counters.skipped.total == counters.skipped.shed && counters.skipped.shed > 0)
    #expect(line.changes.contains { $0.kind == .shed(task: 0) })
    #expect(line.changes.contains { $0.kind == .restored(task: 0) })
    #expect(line.runs.last?.item == 599)
  }

  @Test("the ladder goes down where the budget is not kept, and up again when there is time")
  func ladder() throws {
    var line = try line(budget: 120, variants: [.init(value: 1), .init(value: 0.8)])
    line.scheduler.seed(model: 0, rung: 0, .milliseconds(30))
    line.scheduler.seed(model: 0, rung: 1, .milliseconds(10))
    var rung = 0
    // Twice as slow for ten seconds in the middle: 60 ms each 40, or 20 in the smaller form.
    line.run(count: 1000, period: 40) { frame in
      let slow = (250..<500).contains(frame) ? 2 : 1
      return slow * (rung == 0 ? 30 : 10)
    }
    rung = line.scheduler.rung(model: 0)
    let rungs = line.changes.filter { if case .rung = $0.kind { true } else { false } }
    #expect(!rungs.isEmpty)
    #expect(zip(rungs.dropFirst(), rungs).allSatisfy { $0.time - $1.time >= .seconds(2) })
  }

  @Test("minimum rates are kept beside a heavier load that is worth more")
  func minimumRates() throws {
    var generator = SeededGenerator(seed: 3)
    var load = Load.drawn(
      "heavy", arrivals: .steady, service: .constant, streams: 3, pressure: 2.5, seconds: 6, using: &generator)
    for task in 0..<2 { load.tasks[task].weight = 20 }
    load.tasks[2].minimumRate = 4
    var policy = try ScheduledPolicy(load)
    let run = LoadSimulation(load, policy: &policy, seed: 1)
    #expect(run.results[2] >= 23 && run.results[2] < run.results[1])
  }

  @Test("a higher priority goes first, whatever the weights")
  func priorities() throws {
    var generator = SeededGenerator(seed: 4)
    var load = Load.drawn(
      "heavy", arrivals: .steady, service: .constant, streams: 2, pressure: 2, seconds: 6, using: &generator)
    load.tasks[0].weight = 5
    load.tasks[1].priority = 1
    var policy = try ScheduledPolicy(load)
    let run = LoadSimulation(load, policy: &policy, seed: 1)
    #expect(run.results[1] > 3 * run.results[0])
  }

  @Test("what another model's result feeds has the first frame's deadline, and as many crops as there is time for")
  func cascade() throws {
    let configuration = SchedulerConfiguration(
      models: [.init(name: "faces"), .init(name: "emotions")],
      tasks: [
        .init(model: 0, stream: "video:0", budget: .milliseconds(100)),
        .init(model: 1, stream: "video:0", kind: .window, budget: .milliseconds(100), source: 0),
      ])
    var scheduler = try Scheduler(configuration)
    for _ in 0..<20 {
      scheduler.seed(model: 0, .milliseconds(30))
      scheduler.seed(model: 1, .milliseconds(10))
    }
    _ = scheduler.offer(1, task: 0, time: .zero, captured: Self.at(1000), now: Self.at(1000))
    guard case .run(let faces) = scheduler.next(now: Self.at(1000)) else {
      Issue.record("the detector is not started")
      return
    }
    #expect(faces.deadline == Self.at(1100) && faces.reserved >= .milliseconds(10))
    scheduler.finished(server: faces.server, now: Self.at(1055))
    _ = scheduler.offer(2, task: 1, time: .zero, captured: Self.at(1000), count: 9, now: Self.at(1055))
    guard case .run(let emotions) = scheduler.next(now: Self.at(1055)) else {
      Issue.record("the crops are not started")
      return
    }
    #expect(emotions.deadline == Self.at(1100) && emotions.count == 4)
    // 40 ms for 4 crops are 10 ms each.
    scheduler.finished(server: emotions.server, now: Self.at(1095))
    #expect(scheduler.estimate(model: 1).map { $0 < .milliseconds(11) } == true)
    scheduler.refuse(task: 1, .gate)
    #expect(scheduler.counters(task: 1).skipped.gate == 1 && isBalanced(scheduler.counters(task: 1)))
  }

  @Test("of all frames offered each is run or skipped once, under any load and any order of calls")
  func balance() throws {
    var generator = SeededGenerator.printed()
    for _ in 0..<60 {
      let count = Int.random(in: 1...5, using: &generator)
      let tasks = (0..<count).map { place in
        SchedulerConfiguration.Task(
          model: place % 2, stream: "video:\(place)",
          kind: [.picture, .window, .stateful].randomElement(using: &generator) ?? .picture,
          budget: .milliseconds(Int64.random(in: 1...120, using: &generator)),
          minimumRate: Double.random(in: 0...3, using: &generator),
          queueCapacity: Int.random(in: 1...5, using: &generator))
      }
      var scheduler = try Scheduler(
        SchedulerConfiguration(
          servers: Int.random(in: 1...3, using: &generator), models: [.init(name: "a"), .init(name: "b")], tasks: tasks)
      )
      var gone: Set<Int> = []
      var last = [Int](repeating: -1, count: count)
      var (now, item, lost) = (0, 0, 0)
      var running: [Int] = []
      for _ in 0..<600 {
        now += Int.random(in: 0...25, using: &generator)
        switch Int.random(in: 0..<8, using: &generator) {
        case 0...2:
          let captured = Self.at(now - Int.random(in: 0...40, using: &generator))
          let skip = scheduler.offer(
            item, task: Int.random(in: 0..<count, using: &generator), time: MediaTime(nanoseconds: Int64(item)),
            captured: captured, content: Double.random(in: 0...2, using: &generator), now: Self.at(now))
          if let skip { #expect(gone.insert(skip.item).inserted) }
          item += 1
        case 3:
          guard let server = running.popLast() else { continue }
          if Bool.random(using: &generator) {
            scheduler.finished(server: server, now: Self.at(now))
          } else {
            scheduler.abandoned(server: server, .shed)
          }
        case 4:
          let skip = scheduler.skipFirst(task: Int.random(in: 0..<count, using: &generator), .gap, now: Self.at(now))
          if let skip { #expect(gone.insert(skip.item).inserted) }
        default:
          switch scheduler.next(now: Self.at(now)) {
          case .run(let run):
            #expect(gone.insert(run.item).inserted && run.item > last[run.task])
            last[run.task] = run.item
            lost += run.lost.total
            running.append(run.server)
          case .skip(let skip): #expect(gone.insert(skip.item).inserted)
          case .changed, .idle: break
          }
        }
        for task in 0..<count { #expect(isBalanced(scheduler.counters(task: task))) }
      }
      #expect(lost <= (0..<count).reduce(0) { $0 + scheduler.counters(task: $1).skipped.total })
      let queued = (0..<count).reduce(0) { $0 + scheduler.counters(task: $1).queued }
      #expect(gone.count + queued == item)
    }
  }
}
