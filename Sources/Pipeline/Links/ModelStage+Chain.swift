internal import BraidCore
internal import BraidInference

/// A model that takes what another gave in its last runs.
///
/// A window is offered with each run of the other, from the one on that makes it whole; those before it are skipped because of the
/// `gap`, and so are those after a run that the other passed over, until the window is whole again.
extension ModelStage {
  /// Takes what another gave. Never waits.
  func takeResult(of source: ModelJob, at now: HostTime) {
    guard case .results(let history, let place) = feed else { return }
    guard failure == nil else { return undecided.append(.refusal(.shed, source.asks)) }
    let end = source.start + source.duration
    let values = source.outputs[history.output]
    history.append(values.span, start: source.start)
    guard let start = history.start else { return undecided.append(.refusal(.gap, source.asks)) }
    let job = newFedJob()
    history.copy(into: &job.staged[place])
    job.start = start
    job.duration = end - start
    // What is new in the window is the other's last value.
    job.outputTime = max(source.start, end - valueLength)
    job.asks = source.asks
    job.epoch = source.epoch
    job.content = source.content
    job.captured = source.captured
    job.taken = source.taken
    job.synchronised = source.synchronised
    job.cascaded = now
    undecided.append(.job(job))
  }
}
