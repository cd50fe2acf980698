internal import BraidCore
internal import BraidInference

/// What a trace shows of a model.
extension ModelStage {
  /// A frame, window or moment that the model does not run on, with the numbers behind it: how old it is, what the budget is,
  /// how long a run is thought to take. `job` is nil for what was not staged at all; its time is then the stream's.
  func traceSkip(_ reason: SkipReason, _ job: ModelJob? = nil) {
    guard let trace = context.trace else { return }
    let pts = TraceArgument.time("pts", job?.start ?? stream.position)
    guard context.isRealtime, let captured = job?.captured else {
      return trace.instant("skip", subject, reason: reason.word, pts)
    }
    trace.instant(
      "skip", subject, reason: reason.word, pts, .duration("age_ms", context.dispatcher.time.now - captured),
      context.budget.map { .duration("budget_ms", $0) } ?? .none,
      context.dispatcher.scheduler.estimate(model: index).map { .duration("run_ms", $0) } ?? .none)
  }

  /// How many jobs wait or run.
  func traceQueue() { context.trace?.counter("queue", subject, live.count) }
}

extension SkipReason {
  /// The reason as a trace holds it.
  fileprivate var word: StaticString {
    switch self {
    case .budget: "budget"
    case .stale: "stale"
    case .interval: "interval"
    case .gate: "gate"
    case .gap: "gap"
    case .shed: "shed"
    }
  }
}
