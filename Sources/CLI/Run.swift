import ArgumentParser
import BraidCore
import BraidPipeline

/// `braid run`
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run inputs through features and models, and write records as JSON Lines.",
    discussion: """
      Without --model and --features, speech and hits in the sound, and motion,
      scene cuts and hits in the picture are told as events. Standard output
      carries records and nothing else: a `session` first, a `summary` last.

      Examples:
        braid run clip.mp4
        braid run clip.mp4 --model faces.onnx --pace realtime --budget 50ms
        braid run talk.wav --features mfcc,rms --output talk.jsonl
        braid run clip.mkv --deterministic | sha256sum
        braid run --each talks/ --jobs 2 --output results --resume
        cat clip.ts | braid run - --model none --features none
      """)

  @OptionGroup var arguments: RunArguments

  func run() throws {
    if arguments.job.each { return try runEach() }
    let configuration: SessionConfiguration
    do {
      configuration = try arguments.configuration()
    } catch let error as any DescribedError {
      StandardError.fail(error)
      throw CommandStatus(.usage)
    }
    // One thread alone has no workers that could spin.
    if configuration.threads > 1 { OpenMPEnvironment.makeIdleWorkersSleep() }
    let isQuiet = arguments.quiet
    let showsProgress = StandardError.isTerminal && !isQuiet
    let progress: (@Sendable (Session.Progress) -> Void)? =
      showsProgress ? { @Sendable progress in StandardError.writeProgress(Self.line(progress)) } : nil
    let session = Session(
      configuration,
      observer: Session.Observer(
        note: { if !isQuiet { StandardError.note($0) } },
        error: { StandardError.fail($0) },
        progress: progress))
    SignalThread.start { session.interrupt($0) }
    let status = session.run()
    if showsProgress { StandardError.clearProgress() }
    throw CommandStatus(status)
  }

  private func runEach() throws {
    var job: RunEach
    do {
      let configuration = try arguments.configuration()
      let jobs = arguments.job.jobs
      if configuration.threads / jobs > 1 { OpenMPEnvironment.makeIdleWorkersSleep() }
      var pipeline = Pipeline(configuration)
      pipeline.measuresTransforms = arguments.transforms.fftMeasure
      job = try RunEach(
        pipeline, folder: arguments.output, jobs: jobs, resumes: arguments.job.resume, isQuiet: arguments.quiet)
    } catch let error as any DescribedError {
      StandardError.write("braid: \(error)")
      let code = (error as? PipelineError)?.code
      throw CommandStatus(code == .outputFailed ? .output : code == .modelNotFound ? .model : .usage)
    }
    throw CommandStatus(job.run())
  }

  static func line(_ progress: Session.Progress) -> String {
    let speed = progress.position.seconds / max(progress.wall.seconds, 1e-3)
    var text = "\(clock(progress.position.seconds))"
    if let length = progress.length { text += " of \(clock(length.seconds))" }
    text += " · \((speed * 10).rounded() / 10)× real time"
    if progress.results > 0 { text += " · \(progress.results) results" }
    if progress.events > 0 { text += " · \(progress.events) events" }
    return text
  }

  /// Minutes and seconds, with hours where there are any.
  static func clock(_ seconds: Double) -> String {
    let tenths = Int((seconds * 10).rounded())
    let text = "\(tenths / 10 % 60).\(tenths % 10)"
    return "\(tenths / 600):\(tenths / 10 % 60 < 10 ? "0" : "")\(text)"
  }
}
