import BraidTestSupport
import Testing

/// What runs where not everything can: by what it is worth.
@Suite("What the scheduler keeps", .timeLimit(.minutes(1)))
struct SchedulerWorthTests {
  @Test("a slow model that is worth no more than the fast ones costs them little")
  func probesOfASlowModel() throws {
    var results = 0
    for withSlow in [false, true] {
      var load = Load(
        name: "fast", duration: 20_000,
        models: [[.init(phases: [(0, .even(9, 11))])], [.init(phases: [(0, .even(190, 210))])]],
        tasks: [.init(model: 0, stream: 0, budget: 30)])
      if withSlow { load.tasks.append(.init(model: 1, stream: 0, budget: 400)) }
      for arrival in stride(from: 0, to: 20_000, by: 14) {
        for task in load.tasks.indices {
          load.frames.append(.init(task: task, arrival: arrival, deadline: arrival + load.tasks[task].budget))
        }
      }
      var policy = try ScheduledPolicy(load)
      let fast = LoadSimulation(load, policy: &policy, seed: 1).results[0]
      if withSlow { #expect(Double(fast) >= 0.96 * Double(results), "\(fast) of \(results)") }
      results = fast
    }
  }

  @Test("of pictures that differ in content those with most in them are run, and in order")
  func content() throws {
    var generator = SeededGenerator.printed()
    var load = Load(
      name: "cuts", duration: 60_000, models: [[.init(phases: [(0, .constant(100))])]],
      tasks: [.init(model: 0, stream: 0, budget: 400)])
    for arrival in stride(from: 0, to: 60_000, by: 40) {
      let content = Int.random(in: 0..<10, using: &generator) == 0 ? 5.0 : Double.random(in: 0.1...1, using: &generator)
      load.frames.append(.init(task: 0, arrival: arrival, deadline: arrival + 400, content: content))
    }
    var policy = try ScheduledPolicy(load)
    let run = LoadSimulation(load, policy: &policy, seed: 1)
    let frames = run.starts.map(\.frame)
    #expect(zip(frames.dropFirst(), frames).allSatisfy { $0 > $1 })
    let cuts = load.frames.indices.filter { load.frames[$0].content == 5 }
    let kept = cuts.count { frames.contains($0) }
    #expect(Double(kept) >= 0.95 * Double(cuts.count), "\(kept) of \(cuts.count)")
    // There is no better use for the time, and so it is used.
    #expect(frames.count >= 580)
  }

  @Test("models that take about as long share frames that are about alike")
  func alikeContent() throws {
    var generator = SeededGenerator.printed()
    var load = Load(
      name: "alike", duration: 30_000, models: [20, 21].map { [.init(phases: [(0, .constant($0))])] },
      tasks: [0, 1].map { .init(model: $0, stream: 0, budget: 150) })
    for arrival in stride(from: 0, to: 30_000, by: 20) {
      let content = [1.0, 1, 1, 2, 4][Int.random(in: 0..<5, using: &generator)]
      for task in 0...1 {
        load.frames.append(.init(task: task, arrival: arrival, deadline: arrival + 150, content: content))
      }
    }
    var policy = try ScheduledPolicy(load)
    let run = LoadSimulation(load, policy: &policy, seed: 1)
    #expect(run.fairness > 0.98, "\(run.results)")
    #expect(run.results.reduce(0, +) >= 1400)
  }
}
