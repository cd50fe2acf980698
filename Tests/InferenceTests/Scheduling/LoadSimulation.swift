import BraidTestSupport

/// Something that chooses what runs, as the simulation asks it.
protocol JudgedPolicy {
  /// A frame of the load has arrived.
  mutating func offer(_ frame: Int, now: Int)
  /// What to start on a free server: the frame and the variant; nil for nothing.
  mutating func next(now: Int) -> (frame: Int, variant: Int, isProbe: Bool)?
  /// A frame that was started is done.
  mutating func finished(_ frame: Int, now: Int)
}

/// A load under a policy, with service times drawn: what came of it.
struct LoadSimulation {
  /// A run that was started.
  struct Start {
    var frame: Int
    var tick: Int
    var end: Int
    var isProbe: Bool
    var isLate: Bool
  }

  let load: Load
  /// In order of their starts.
  private(set) var starts: [Start] = []
  /// The value of all results in time.
  private(set) var value = 0.0

  /// Runs a load through a policy. The draws of service times depend on `seed` and the frame alone, so that two policies
  /// meet the same.
  init(_ load: Load, policy: inout some JudgedPolicy, seed: UInt64) {
    self.load = load
    var generator = SeededGenerator(seed: seed)
    let draws = load.frames.map { _ in Double.random(in: 0..<1, using: &generator) }
    var running: [(end: Int, start: Int)] = []
    var next = 0
    while next < load.frames.count || !running.isEmpty {
      let ended = running.indices.min { running[$0].end < running[$1].end }
      let arrival = next < load.frames.count ? load.frames[next].arrival : .max
      let now: Int
      if let ended, running[ended].end <= arrival {
        now = running[ended].end
        policy.finished(starts[running[ended].start].frame, now: now)
        running.remove(at: ended)
      } else {
        now = arrival
        policy.offer(next, now: now)
        next += 1
      }
      while running.count < load.servers, let start = policy.next(now: now) {
        let model = load.tasks[load.frames[start.frame].task].model
        let times = load.models[model][start.variant].times(at: now)
        let end = now + times.quantile(draws[start.frame])
        let isLate = end > load.frames[start.frame].deadline
        running.append((end, starts.count))
        starts.append(Start(frame: start.frame, tick: now, end: end, isProbe: start.isProbe, isLate: isLate))
        if !isLate { value += load.value(of: start.frame, variant: start.variant) }
      }
    }
  }

  /// Of the frames started, not counting probes, the share that missed.
  var missRatio: Double {
    let counted = starts.filter { !$0.isProbe }
    return counted.isEmpty ? 0 : Double(counted.count { $0.isLate }) / Double(counted.count)
  }

  /// Results in time of each task.
  var results: [Int] {
    var results = [Int](repeating: 0, count: load.tasks.count)
    for start in starts where !start.isLate { results[load.frames[start.frame].task] += 1 }
    return results
  }

  /// Jain's index over the tasks' results: 1 when all have the same.
  var fairness: Double {
    let sum = Double(results.reduce(0, +))
    let squares = results.reduce(0.0) { $0 + Double($1 * $1) }
    return squares > 0 ? sum * sum / (Double(results.count) * squares) : 1
  }
}

/// What peers do: of each task the newest frame waits, and is run when its turn comes, in time or not.
struct KeepNewest: JudgedPolicy {
  let load: Load
  private var waiting: [Int?]
  private var isRunning: [Bool]
  private var turn = 0

  init(_ load: Load) {
    self.load = load
    waiting = load.tasks.map { _ in nil }
    isRunning = load.tasks.map { _ in false }
  }

  mutating func offer(_ frame: Int, now: Int) { waiting[load.frames[frame].task] = frame }

  mutating func next(now: Int) -> (frame: Int, variant: Int, isProbe: Bool)? {
    for step in 0..<waiting.count {
      let task = (turn + step) % waiting.count
      guard let frame = waiting[task], !isRunning[task] else { continue }
      waiting[task] = nil
      isRunning[task] = true
      turn = task + 1
      return (frame, 0, false)
    }
    return nil
  }

  mutating func finished(_ frame: Int, now: Int) { isRunning[load.frames[frame].task] = false }
}
