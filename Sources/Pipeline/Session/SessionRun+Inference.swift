internal import BraidCore
internal import BraidInference

/// The threads that models run on.
extension SessionRun {
  /// What runs the models.
  struct Inference {
    let queue: JobQueue
    /// How many runs the scheduler may have under way at once.
    let servers: Int
    /// How long a run of each model took before the first frame, for each of its forms.
    let warmUp: [[MediaDuration]]
  }

  /// Models that have run, and how long that took.
  private struct WarmModels {
    let lanes: InferenceLanes
    let runners: ModelRunners
    let durations: [[MediaDuration]]
  }

  /// The lanes to begin with: as many as may be of use, or as many as the session that is repeated had.
  func firstLanes(models: Int) -> InferenceLanes {
    let count = configuration.isDeterministic ? 1 : replayed.map { $0.header.lanes ?? 1 } ?? models
    return InferenceLanes(count, of: configuration.threads)
  }

  /// Shares the threads out, warms every model up and starts the lanes.
  ///
  /// Where each job is waited for, one lane is all that is of use. Else a session that is repeated has the lanes of then, and
  /// every other as many as its models' budgets allow.
  func startInference(
    _ loaded: inout [LoadedModel], budgets: [MediaDuration], waitsForEachJob: Bool
  ) throws -> Inference {
    lanes = waitsForEachJob ? InferenceLanes(1, of: configuration.threads) : firstLanes(models: loaded.count)
    var tried: WarmModels?
    if !waitsForEachJob, replayed == nil {
      // A fifth is for the way to the run and back.
      let limits = budgets.map { $0 == .unlimited ? $0 : $0 - MediaDuration(nanoseconds: $0.nanoseconds / 5) }
      lanes = try InferenceLanes.chosen(threads: configuration.threads, models: loaded.count) { lanes in
        let warm = try warmUp(&loaded, lanes, limits: limits)
        tried = warm
        return zip(warm.durations, limits).count { forms, limit in forms.contains { $0 <= limit } }
      }
    }
    let models =
      if let tried, tried.lanes == lanes { tried } else {
        try warmUp(&loaded, lanes, limits: loaded.map { _ in .unlimited })
      }
    let queue = JobQueue(
      capacity: 128 * loaded.count, models: loaded.count, lanes: lanes.count, ready: session.ready)
    for lane in 0..<lanes.count {
      let actor = inferenceActor(lane, models.runners)
      Task { await actor.serve(queue) }
    }
    self.queue = queue
    let recorded = waitsForEachJob ? nil : replayed.map { max(1, min(64, $0.header.lanes ?? 1)) }
    return Inference(queue: queue, servers: recorded ?? lanes.count, warmUp: models.durations)
  }

  /// Makes every model ready for lanes of that width and runs it, on the first lane's thread.
  private func warmUp(
    _ loaded: inout [LoadedModel], _ lanes: InferenceLanes, limits: [MediaDuration]
  ) throws -> WarmModels {
    for place in loaded.indices { try loaded[place].divide(among: lanes.width) }
    let runners = try ModelRunners(loaded, trace: trace?.recorder, tap: configuration.tap)
    let actor = inferenceActor(0, runners)
    let answer = Guarded<[[MediaDuration]]?>(nil)
    let ready = session.ready
    Task {
      let durations = await actor.warmUp(limits: limits)
      answer.withLock { $0 = durations }
      ready.notify()
    }
    while true {
      let ticket = ready.ticket()
      if let durations = answer.withLock({ $0 }) {
        return WarmModels(lanes: lanes, runners: runners, durations: durations)
      }
      ready.wait(since: ticket)
    }
  }

  /// An actor on the thread of a lane, which is started with the first; lanes begin in order.
  private func inferenceActor(_ lane: Int, _ runners: ModelRunners) -> InferenceActor {
    if threads.count <= lane { threads.append(InferenceThread(name: "braid-infer-\(lane)")) }
    if laneRows.count <= lane, let trace { laneRows.append(trace.inference(lane)) }
    return InferenceActor(
      thread: threads[lane], lane: lane, runners: runners, clock: session.clock,
      trace: laneRows.indices.contains(lane) ? laneRows[lane] : nil)
  }
}
