import BraidTestSupport
import Foundation

extension Load {
  /// How frames of a stream arrive.
  enum Arrivals: CaseIterable {
    /// One a period.
    case steady
    /// Each up to 40 % of a period early or late.
    case jittered
    /// Two to five at once, now and then.
    case bursts
    /// The rate goes up from half to one and a half.
    case ramp
    /// Twice the rate in the middle third.
    case step
  }

  /// How long runs take.
  enum Service: CaseIterable {
    case constant
    /// 20 % about the mean.
    case varied
    /// Log-normal.
    case skewed
    /// One run in fifty takes several times as long.
    case heavyTail
    /// Two and a half times slower for two spells.
    case slowSpells
    /// Twice as slow from the middle on.
    case doubling
  }

  /// A load drawn at random: `pressure` is the mean work offered, next to what the servers can do; a slow model is a last
  /// one that takes eight times as long as the others. Budgets are what a part of runs, `fitting`, needs and more; where
  /// that is less than 99 in 100, nothing is added but the wait for a frame before.
  static func drawn(
    _ name: String, arrivals: Arrivals, service: Service, streams: Int, models modelCount: Int = 1, servers: Int = 1,
    pressure: Double, slowModel: Bool = false, hasContent: Bool = false, unequal: Bool = false,
    fitting: Double = 0.99, seconds: Int = 8,
    using generator: inout SeededGenerator
  ) -> Load {
    let duration = seconds * 1000
    let period = Double(Int.random(in: 30...45, using: &generator))
    // Work in one period that makes the pressure, shared by all tasks.
    let parts = Double(streams) * (Double(modelCount) + (slowModel ? 8 * 0.25 : 0))
    let mean = max(2, (pressure * Double(servers) * period / parts).rounded())
    var models: [[Variant]] = []
    for _ in 0..<modelCount { models.append([Variant(phases: phases(service, mean: mean, duration: duration))]) }
    if slowModel { models.append([Variant(phases: phases(service, mean: mean * 8, duration: duration))]) }
    var tasks: [Task] = []
    for stream in 0..<streams {
      for model in models.indices {
        let slowest = models[model][0].phases.map { $0.times.quantile(fitting) }.max() ?? 1
        let spare = fitting < 0.99 ? 1 : Double.random(in: 1.3...2, using: &generator)
        let budget = Int(Double(slowest) * spare + (fitting < 0.99 ? 0.1 : 0.5) * period)
        tasks.append(
          Task(
            model: model, stream: stream, weight: unequal ? Double.random(in: 1...4, using: &generator) : 1,
            budget: budget))
      }
    }
    if !unequal {
      for task in tasks.indices { tasks[task].budget = tasks[tasks[task].model].budget }
    }
    var load = Load(name: name, servers: servers, duration: duration, models: models, tasks: tasks)
    for stream in 0..<streams {
      let times = arrivalTimes(arrivals, period: period, duration: duration, using: &generator)
      let contents = hasContent ? motion(times.count, using: &generator) : times.map { _ in 1 }
      for (task, its) in tasks.enumerated() where its.stream == stream {
        // The slow model takes a frame in four.
        let every = slowModel && its.model == models.count - 1 ? 4 : 1
        for place in stride(from: 0, to: times.count, by: every) {
          load.frames.append(
            Frame(
              task: task, arrival: times[place], deadline: times[place] + its.budget, content: contents[place]))
        }
      }
    }
    load.frames.sort { ($0.arrival, $0.task) < ($1.arrival, $1.task) }
    return load
  }

  static func phases(_ service: Service, mean: Double, duration: Int) -> [(from: Int, times: ServiceTimes)] {
    let ticks = max(1, Int(mean))
    let varied = ServiceTimes.even(max(1, Int(mean * 0.8)), max(2, Int((mean * 1.2).rounded(.up))))
    switch service {
    case .constant: return [(0, .constant(ticks))]
    case .varied: return [(0, varied)]
    case .skewed: return [(0, .logNormal(median: mean * 0.9, sigma: 0.45))]
    case .heavyTail: return [(0, varied.mixed(.even(ticks * 3, ticks * 7), share: 0.02))]
    case .slowSpells:
      let slow = varied.slowed(2.5)
      return [
        (0, varied), (duration / 4, slow), (duration * 3 / 8, varied), (duration * 5 / 8, slow),
        (duration * 3 / 4, varied),
      ]
    case .doubling: return [(0, varied), (duration / 2, varied.slowed(2))]
    }
  }

  static func arrivalTimes(
    _ arrivals: Arrivals, period: Double, duration: Int, using generator: inout SeededGenerator
  ) -> [Int] {
    var times: [Int] = []
    var time = Double.random(in: 0..<period, using: &generator)
    while time < Double(duration) {
      let progress = time / Double(duration)
      var next = period
      switch arrivals {
      case .steady: times.append(Int(time))
      case .jittered: times.append(max(0, Int(time + period * Double.random(in: -0.4...0.4, using: &generator))))
      case .bursts:
        // Groups held up together, at the same mean rate.
        let count = Double.random(in: 0..<1, using: &generator) < 0.25 ? Int.random(in: 2...5, using: &generator) : 1
        for _ in 0..<count { times.append(Int(time)) }
        next = period * Double(count)
      case .ramp:
        times.append(Int(time))
        next = period / (0.5 + progress)
      case .step:
        times.append(Int(time))
        if progress > 1.0 / 3, progress < 2.0 / 3 { next = period / 2 }
      }
      time += next
    }
    return times.sorted()
  }

  /// How much is in each frame: quiet and lively spells, noise, and a cut now and then; 1 on average.
  static func motion(_ count: Int, using generator: inout SeededGenerator) -> [Double] {
    var level = 0.5
    let raw = (0..<count).map { _ -> Double in
      level = min(1.5, max(0.1, level + Double.random(in: -0.15...0.15, using: &generator)))
      let cut = Double.random(in: 0..<1, using: &generator) < 0.03 ? 3.0 : 0
      return level * Double.random(in: 0.5...1.5, using: &generator) + cut
    }
    let mean = raw.reduce(0, +) / Double(max(1, count))
    return raw.map { $0 / mean }
  }
}
