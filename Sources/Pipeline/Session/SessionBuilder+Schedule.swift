internal import BraidCore
internal import BraidInference

/// What the session's scheduler holds to.
extension SessionBuilder {
  /// The scheduler's configuration for models on their streams: one task each, in their order.
  func schedule(_ bound: [(model: ModelDescription, stream: StreamSlot)]) -> SchedulerConfiguration {
    let keepsAll = !isPaced || configuration.skip == .none
    let tasks = bound.enumerated().map { place, bound in
      let budget = isPaced ? configuration.budget : nil
      let kind = bound.model.scheduledKind
      return SchedulerConfiguration.Task(
        model: place, stream: bound.stream.id, kind: kind, budget: budget ?? .unlimited,
        queueCapacity: isPaced ? Self.queueCapacity(kind, waits: !keepsAll && budget != nil) : 3)
    }
    return SchedulerConfiguration(
      // One inference thread. Where nothing is chosen, all models' next jobs lie ready for it.
      servers: keepsAll ? min(64, max(1, tasks.count)) : 1,
      models: bound.map { SchedulerConfiguration.Model(name: $0.model.id) }, tasks: tasks, usesContent: false,
      policy: configuration.skip, isRealtime: isPaced)
  }

  /// How many frames may wait. Without a budget only the newest picture does: nothing says how old one may become.
  private static func queueCapacity(_ kind: SchedulerConfiguration.Kind, waits: Bool) -> Int? {
    kind == .picture && !waits ? 1 : nil
  }
}

extension ModelDescription {
  /// How its frames wait for it.
  var scheduledKind: SchedulerConfiguration.Kind { carriesState ? .stateful : takesSound ? .window : .picture }
}
