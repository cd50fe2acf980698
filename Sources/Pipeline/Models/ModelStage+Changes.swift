internal import BraidCore
internal import BraidInference

/// What the scheduler has changed by itself, told as events.
extension ModelStage {
  /// Tells a change that was made when the session stood at `time`.
  func tell(_ change: SchedulerChange, at time: MediaTime) {
    var event = EventRecord()
    event.id = context.output.newEventID()
    event.stream = stream.id
    event.model = id
    event.epoch = stream.epoch
    event.pts = time
    event.cause = change.cause.rawValue
    switch change.kind {
    case .interval(_, let from, let to):
      event.name = "interval"
      event.change = EventRecord.Change(from: from, to: to)
    case .rung(_, let from, let to):
      event.name = "rung"
      event.change = EventRecord.Change(from: Double(from), to: Double(to))
    case .shed: event.name = "shed"
    case .restored: event.name = "restored"
    case .stateReset(_, let start):
      event.name = "state-reset"
      event.pts = start
    }
    context.output.event(event, order: LineOrder(time: event.pts, stream: stream.order, model: index))
  }
}
