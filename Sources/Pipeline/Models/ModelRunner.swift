internal import BraidCore
internal import BraidInference

/// The session of one form of a model with what brings jobs into its inputs. One thread at a time uses it: see ``ModelRunners``.
final class ModelRunner {
  private let session: InferenceSession
  private let stagedInputs: [(place: Int, input: Int)]
  /// Those of them that take bands first: how many rows and bands they take, and room for them.
  private var turned: [Int: TurnedRows] = [:]
  /// For each output that a job has room for, its place in the session.
  private let outputs: [Int]
  /// Of a model that takes whole pictures, one at a time.
  private var picture: PictureStaging?
  private let subject: TraceSubject
  /// Runs it on crops, where it takes them.
  private let crops: CropRunner?
  /// Keeps what it is given, where somebody wants that.
  private let tap: ModelTap?

  /// A runner of a form that gives `outputs`, by name and in that order, at least; on crops of pictures where there is a limit to
  /// their number.
  init(
    _ form: LoadedForm, outputs: [String], cropLimit: Int?, subject: TraceSubject, tap: ModelTap? = nil
  ) throws {
    self.subject = subject
    self.tap = tap
    let description = form.description
    let session = try InferenceSession(form.plan)
    self.session = session
    self.outputs = outputs.compactMap { session.outputIndex($0) }
    var staged: [(Int, Int)] = []
    for (place, input) in description.inputs.enumerated() {
      switch input.source {
      case .picture(let picture) where picture.frames == 1 && !description.isMoment:
        guard cropLimit == nil, let index = session.inputIndex(input.name) else { continue }
        self.picture = try PictureStaging(picture, session, input: index)
      case .picture, .features, .samples, .results:
        if case .features(let window) = input.source, window.isBandsFirst { turned[place] = TurnedRows(window) }
        if let index = session.inputIndex(input.name) { staged.append((place, index)) }
      case .state(let output): try session.bindState(output: output, toInput: input.name)
      case .constant: break
      }
    }
    stagedInputs = staged
    if let cropLimit, let (input, picture) = description.onePicture {
      crops = try CropRunner(
        picture, input: input, outputs: outputs, session: session,
        larger: form.batches(upTo: cropLimit, input: input))
    } else {
      crops = nil
    }
  }

  /// Runs the model on a job, `trace` being the calling thread's row. Failures are the job's.
  func run(_ job: ModelJob, clock: any SessionClock, trace: TraceRow?) {
    job.started = clock.now
    let begun = trace?.begin()
    trace?.flow(.continues, job.flow)
    defer { trace?.span("inference", subject, since: begun, .time("pts", job.start)) }
    do {
      if job.resetsState { session.resetState() }
      if let crops { try crops.run(job, trace: trace) } else { try runWhole(job, trace: trace) }
      job.failure = nil
    } catch let error as any DescribedError {
      job.failure = error
    } catch {
      job.failure = PipelineError(.invalidDescription, String(describing: error), location: "model \(job.model)")
    }
    job.finished = clock.now
  }

  private func runWhole(_ job: ModelJob, trace: TraceRow?) throws {
    if let frame = job.frame, let picture {
      try trace.span("scale") { try picture.stage(frame) }
      // The frame's pixels are not needed any more: let the decoder have them back.
      job.frame = nil
    }
    for (place, input) in stagedInputs {
      turned[place]?.turn(job.staged[place])
      try session.write(staged: turned[place]?.values ?? job.staged[place], to: input)
    }
    try tap?.take(session)
    try trace.span("run") { try session.run() }
    for (place, output) in outputs.enumerated() {
      try session.read(output: output, into: &job.forms[job.rung][place])
    }
  }

  /// Runs the model on what its inputs hold, zeros, so that the first job finds everything warm.
  func warmUp(clock: any SessionClock, trace: TraceRow?) -> MediaDuration {
    let start = clock.now
    defer { trace?.span("warm-up", subject, since: start) }
    // Zeros may be out of range for a model; a frame will show whether it can run at all.
    try? session.run()
    session.resetState()
    let duration = clock.now - start
    crops?.warmUp()
    return duration
  }
}
