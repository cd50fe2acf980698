import BraidCore
import BraidInference

/// ``SessionScheduler`` as the simulation asks it.
struct ScheduledPolicy: JudgedPolicy {
  let load: Load
  private(set) var scheduler: SessionScheduler
  /// Every change that was told.
  private(set) var changes: [SchedulerChange] = []
  /// The frames that were skipped, with the reason.
  private(set) var skips: [(frame: Int, reason: SkipReason)] = []
  private var servers: [Int: Int] = [:]

  init(_ load: Load, usesContent: Bool = true) throws {
    self.load = load
    let models = load.models.indices.map { model in
      SchedulerConfiguration.Model(
        name: "model \(model)", variants: load.models[model].map { SchedulerConfiguration.Variant(value: $0.value) })
    }
    let tasks = load.tasks.map { task in
      SchedulerConfiguration.Task(
        model: task.model, stream: "video:\(task.stream)", budget: .milliseconds(Int64(task.budget)),
        weight: task.weight, minimumRate: task.minimumRate, priority: task.priority)
    }
    scheduler = try SessionScheduler(
      SchedulerConfiguration(servers: load.servers, models: models, tasks: tasks, usesContent: usesContent))
    // What a warm-up shows: the mean of a few runs.
    for (model, variants) in load.models.enumerated() {
      for (rung, variant) in variants.enumerated() {
        let mean = MediaDuration(nanoseconds: Int64(variant.times(at: 0).mean * 1e6))
        for _ in 0..<3 { scheduler.seed(model: model, rung: rung, mean) }
      }
    }
  }

  static func at(_ tick: Int) -> HostTime { HostTime(nanoseconds: Int64(tick) * 1_000_000) }

  mutating func offer(_ frame: Int, now: Int) {
    let its = load.frames[frame]
    let skip = scheduler.offer(
      frame, task: its.task, time: MediaTime(nanoseconds: Int64(its.arrival) * 1_000_000),
      captured: Self.at(its.arrival), content: its.content, now: Self.at(now))
    if let skip { skips.append((skip.item, skip.reason)) }
  }

  mutating func next(now: Int) -> (frame: Int, variant: Int, isProbe: Bool)? {
    while true {
      switch scheduler.next(now: Self.at(now)) {
      case .run(let run):
        servers[run.item] = run.server
        return (run.item, run.rung, run.isProbe)
      case .skip(let skip): skips.append((skip.item, skip.reason))
      case .changed(let change): changes.append(change)
      case .idle: return nil
      }
    }
  }

  mutating func finished(_ frame: Int, now: Int) {
    if let server = servers.removeValue(forKey: frame) { scheduler.finished(server: server, now: Self.at(now)) }
  }
}
