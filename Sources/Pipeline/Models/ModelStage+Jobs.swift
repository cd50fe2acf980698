internal import BraidCore
internal import BraidInference

/// Where jobs come from and go to.
extension ModelStage {
  /// How many values a job of a model has room for.
  struct JobSizes {
    /// Values of each input that is staged.
    let staged: [Int]
    /// Values of each output of each form, those of all crops together.
    let outputs: [[Int]]
    /// How many crops a job is of at most; 1 for a model that takes none.
    let crops: Int

    /// Bytes of one job.
    var byteCount: Int {
      let values = staged.reduce(0, +) + outputs.reduce(0) { $0 + $1.reduce(0, +) }
      return values * MemoryLayout<Float>.stride
    }

    /// Checks what jobs would take.
    ///
    /// - Parameters:
    ///   - jobs: how many there are from the start.
    ///   - waitingBytes: what those may take beside them that wait for answers.
    ///   - id: the model's.
    ///   - limit: in bytes.
    /// - Throws: ``PipelineError/Code/configuration``.
    func check(jobs: Int, waitingBytes: Int, of id: String, limit: Int) throws(PipelineError) {
      let needed = jobs * byteCount + waitingBytes
      guard needed > limit else { return }
      let each = "\(byteCount >> 20) MiB each" + (crops > 1 ? ", for up to \(crops) crops" : "")
      throw PipelineError(
        .configuration,
        "\(id) would take \(needed >> 20) MiB for what it is given and gives: \(jobs) jobs of \(each); the limit is "
          + "\(limit >> 20) MiB", location: crops > 1 ? "--crops" : "--model",
        remedy: crops > 1
          ? "Let it look at fewer crops at once, such as max=\(max(1, crops / 4))"
          : "Use a model with smaller outputs")
    }
  }

  /// A job to stage, if the model has not failed.
  func newJob() -> ModelJob? {
    guard failure == nil else { return nil }
    if free.isEmpty, spareJobs > 0 {
      spareJobs -= 1
      free.append(makeJob())
    }
    if free.isEmpty { context.dispatcher.wait { !free.isEmpty } }
    return free.popLast().map(begin)
  }

  /// A job for what another model has found. Never waits: there are as many as the other may have had under way.
  func newFedJob() -> ModelJob { begin(free.popLast() ?? makeJob()) }

  func makeJob() -> ModelJob {
    context.dispatcher.makeJob(model: index, staged: jobSizes.staged, outputs: jobSizes.outputs)
  }

  private func begin(_ job: ModelJob) -> ModelJob {
    jobCount += 1
    job.number = jobCount
    context.trace?.flow(.begins, job.flow)
    return job
  }

  /// Gives back a job that is not offered after all.
  func discard(_ job: ModelJob) {
    job.original = nil
    context.trace?.flow(.ends, job.flow)
    free.append(job)
  }

  /// Takes back a job that is done with.
  func recycle(_ job: ModelJob) {
    let place = live.firstIndex { $0 === job }
    if let place { live.remove(at: place) }
    job.frame = nil
    job.skews.removeAll(keepingCapacity: true)
    traceQueue()
    if let place { performSequels(of: job, place: place) }
    discard(job)
  }

  /// How many values of an input are staged.
  static func stagedCount(_ source: ModelDescription.Source, isMoment: Bool) -> Int {
    switch source {
    case .picture(let picture):
      picture.frames > 1 || isMoment ? picture.width * picture.height * picture.colour.channels * picture.frames : 0
    case .features(let window): window.rows * window.bands
    case .samples(let window): window.context + window.hop
    case .results(let window): window.history * window.values
    case .state, .constant: 0
    }
  }
}
