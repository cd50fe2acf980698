import BraidTestSupport
import Foundation
import Testing

/// The scheduler next to what an offline optimum could do.
@Suite("The scheduler against the offline optimum")
struct SchedulerJudgeTests {
  @Test("the bound is above the exact optimum of small loads, and near it")
  func boundIsABound() {
    var generator = SeededGenerator.printed()
    for _ in 0..<4 {
      var load = Load(
        name: "small", duration: 60,
        models: [[.init(phases: [(0, .even(5, 14))])], [.init(phases: [(0, .constant(9))])]], tasks: [])
      for place in 0..<7 {
        let arrival = Int.random(in: 0..<50, using: &generator)
        let budget = Int.random(in: 15...40, using: &generator)
        load.tasks.append(
          Load.Task(
            model: place % 2, stream: place, weight: Double.random(in: 0.5...2, using: &generator), budget: budget))
        load.frames.append(Load.Frame(task: place, arrival: arrival, deadline: arrival + budget))
      }
      let exact = load.exactOptimum()
      let bound = load.bound(iterations: 200).value
      #expect(exact <= bound + 1e-9 && exact >= 0.85 * bound, "\(exact) of \(bound)")
    }
  }

  @Test("a few loads: value within budget, misses, fairness and the interval's steps")
  func smallSet() throws {
    // Always the same loads: few draws of three seconds waver by more than the limits leave. The whole set draws fresh ones.
    var generator = SeededGenerator(seed: 6)
    for (arrivals, service, streams, pressure) in [
      (Load.Arrivals.steady, Load.Service.varied, 2, 1.6), (.jittered, .constant, 3, 1.3), (.step, .doubling, 2, 0.6),
    ] {
      let load = Load.drawn(
        "\(arrivals) \(service)", arrivals: arrivals, service: service, streams: streams, pressure: pressure,
        seconds: 3, using: &generator)
      let figures = try LoadFigures(load, draws: 2, iterations: 80)
      #expect(figures.value >= 0.85, "\(load.name): \(figures.value)")
      #expect(figures.misses <= figures.allowedMisses + 0.01, "\(load.name): \(figures.misses)")
      // In three seconds one result more or less is a hundredth and more; the whole set is held to 0.98.
      #expect(figures.fairness >= 0.92, "\(load.name): \(figures.fairness)")
      #expect(figures.intervalSteps <= 1)
    }
  }

  @Test(
    "the whole set, over fresh seeds", .enabled(if: ProcessInfo.processInfo.environment["BRAID_SOAK"] == "1"),
    .timeLimit(.minutes(60)))
  func wholeSet() throws {
    var generator = SeededGenerator.printed()
    var figures: [LoadFigures] = []
    for load in Load.set(seed: generator.next()) {
      figures.append(try LoadFigures(load, seed: generator.next(), iterations: 300))
      if let last = figures.last { print(last.row) }
    }
    let values = figures.map(\.value).sorted()
    print(LoadFigures.summary(figures))
    #expect(values[values.count / 2] >= 0.95)
    #expect((values.first ?? 0) >= 0.85)
    for one in figures {
      #expect(one.misses <= one.allowedMisses, "\(one.load.name)")
      #expect(one.intervalSteps <= 1, "\(one.load.name)")
      if one.hasEqualStreams { #expect(one.fairness >= 0.98, "\(one.load.name): \(one.fairness)") }
    }
  }
}
