import BraidCore
import BraidInference
import BraidTestSupport
import Foundation

extension Load {
  /// The set that the scheduler is judged on, drawn anew for each seed: every kind of arrival and of service time, from
  /// half to three times what can be done, 1 to 8 streams, one or two servers, a slow model among fast ones, contents, budgets
  /// that one run in fifty cannot keep.
  static func set(seed: UInt64, seconds: Int = 8) -> [Load] {
    var generator = SeededGenerator(seed: seed)
    var loads: [Load] = []
    for (row, service) in Service.allCases.enumerated() {
      for (column, arrivals) in Arrivals.allCases.enumerated() {
        let streams = [1, 2, 4, 8, 3][(row + column) % 5]
        let pressure = Double.random(in: 0.5...3, using: &generator)
        loads.append(
          drawn(
            "\(arrivals) \(service)", arrivals: arrivals, service: service, streams: streams, pressure: pressure,
            seconds: seconds, using: &generator))
      }
    }
    for (place, arrivals) in Arrivals.allCases.enumerated() {
      let service = Service.allCases[(place + 1) % 6]
      let pressure = Double.random(in: 0.7...2, using: &generator)
      loads.append(
        drawn(
          "one slow model, \(arrivals) \(service)", arrivals: arrivals, service: .varied, streams: 1 + place % 3,
          models: 2, pressure: pressure, slowModel: true, seconds: seconds, using: &generator))
      loads.append(
        drawn(
          "two servers, \(arrivals) \(service)", arrivals: arrivals, service: service, streams: 4 + place % 2 * 4,
          servers: 2, pressure: pressure, seconds: seconds, using: &generator))
      loads.append(
        drawn(
          "motion, \(arrivals) \(service)", arrivals: arrivals, service: service, streams: 1 + place % 4,
          pressure: pressure, hasContent: true, seconds: seconds, using: &generator))
      loads.append(
        drawn(
          "weights, \(arrivals) \(service)", arrivals: arrivals, service: service, streams: 4, models: 2,
          pressure: pressure, unequal: true, seconds: seconds, using: &generator))
      loads.append(
        drawn(
          "tight, \(arrivals) heavyTail", arrivals: arrivals, service: .heavyTail, streams: 1 + place % 2,
          pressure: pressure * 0.5, fitting: 0.97, seconds: seconds, using: &generator))
    }
    return loads
  }
}

/// A load's figures under the scheduler and under plain keep-the-newest, next to the offline optimum's bound.
struct LoadFigures {
  let load: Load
  let bound: Load.Bound
  /// Value within budget, next to the bound.
  private(set) var value = 0.0
  private(set) var newestValue = 0.0
  /// Of the frames started.
  private(set) var misses = 0.0
  private(set) var newestMisses = 0.0
  private(set) var fairness = 1.0
  private(set) var newestFairness = 1.0
  /// The most changes of one task's interval within one second.
  private(set) var intervalSteps = 0

  /// Means over so many draws of the service times.
  init(_ load: Load, draws: Int = 4, seed: UInt64 = 1, iterations: Int = 200) throws {
    self.load = load
    bound = load.bound(iterations: iterations)
    let part = 1 / Double(draws)
    (fairness, newestFairness) = (0, 0)
    for draw in 0..<draws {
      var policy = try ScheduledPolicy(load)
      let ours = LoadSimulation(load, policy: &policy, seed: seed &+ UInt64(draw))
      var newest = KeepNewest(load)
      let theirs = LoadSimulation(load, policy: &newest, seed: seed &+ UInt64(draw))
      value += part * ours.value / bound.value
      newestValue += part * theirs.value / bound.value
      misses += part * ours.missRatio
      newestMisses += part * theirs.missRatio
      fairness += part * ours.fairness
      newestFairness += part * theirs.fairness
      intervalSteps = max(intervalSteps, Self.steps(policy.changes, tasks: load.tasks.count))
    }
  }

  /// The most misses among frames started that count as kept.
  var allowedMisses: Double { load.fits ? 0.01 : bound.missRatio + 0.01 }

  /// Whether nothing but chance tells the tasks apart.
  var hasEqualStreams: Bool {
    Set(load.tasks.map(\.model)).count == 1 && load.frames.allSatisfy { $0.content == 1 }
  }

  /// A line of a table: the load; value next to the bound, ours and of keep-the-newest; misses; Jain's index.
  var row: String {
    let work = load.frames.reduce(0.0) { sum, frame in
      sum + load.models[load.tasks[frame.task].model][0].times(at: frame.arrival).mean
    }
    let numbers = [
      work / Double(load.duration * load.servers) * 100, value * 100, newestValue * 100, misses * 100,
      newestMisses * 100, allowedMisses * 100, fairness * 100, newestFairness * 100,
    ].map { String(format: "%.1f", $0) }
    return "| \(load.name) | \(load.tasks.count) | \(numbers.joined(separator: " | ")) |"
  }

  /// The middle and the worst of a set.
  static func summary(_ figures: [LoadFigures]) -> String {
    func spread(_ values: [Double]) -> String {
      let sorted = values.sorted()
      return String(
        format: "median %.1f %%, least %.1f %%", sorted[sorted.count / 2] * 100, (sorted.first ?? 0) * 100)
    }
    let over = figures.count { $0.misses > $0.allowedMisses }
    let fairness = figures.filter(\.hasEqualStreams).map(\.fairness).min() ?? 1
    return "value \(spread(figures.map(\.value))); keep the newest \(spread(figures.map(\.newestValue))); "
      + "loads with too many misses: \(over); least fairness of equal streams \(fairness)"
  }

  private static func steps(_ changes: [SchedulerChange], tasks: Int) -> Int {
    var most = 0
    for task in 0..<tasks {
      let times = changes.compactMap { change -> Int64? in
        guard case .interval(task, _, _) = change.kind else { return nil }
        return change.time.nanoseconds
      }
      for (place, time) in times.enumerated() {
        most = max(most, times[place...].count { $0 < time + 1_000_000_000 })
      }
    }
    return most
  }
}
