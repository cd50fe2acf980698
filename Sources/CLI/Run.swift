import ArgumentParser
import BraidCore
import BraidInference
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
        braid run --pipeline door.yaml --budget 40ms
        braid run clip.mp4 --model faces.onnx --print-config > door.yaml
        braid run --each talks/ --jobs 2 --output results --resume
        cat clip.ts | braid run - --model none --features none
      """)

  @OptionGroup var arguments: RunArguments

  func run() throws {
    let pipeline: Pipeline
    do {
      pipeline = try arguments.pipeline()
      if arguments.printConfig {
        let output = LineOutput()
        output.write(Array(try pipeline.standingAlone().text.utf8))
        return output.flush()
      }
    } catch let error as any DescribedError {
      StandardError.fail(error)
      throw CommandStatus(Self.status(of: error))
    }
    if arguments.job.each { return try runEach(pipeline) }
    let configuration = pipeline.configuration
    TransformArguments.apply(pipeline.measuresTransforms)
    // One thread alone has no workers that could spin.
    if configuration.threads > 1, arguments.canBeReadAgain { OpenMPEnvironment.makeIdleWorkersSleep() }
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

  private func runEach(_ pipeline: Pipeline) throws {
    var job: RunEach
    do {
      let jobs = arguments.job.jobs
      if pipeline.configuration.threads / jobs > 1, arguments.canBeReadAgain {
        OpenMPEnvironment.makeIdleWorkersSleep()
      }
      TransformArguments.apply(pipeline.measuresTransforms)
      job = try RunEach(pipeline, jobs: jobs, resumes: arguments.job.resume, isQuiet: arguments.quiet)
    } catch let error as any DescribedError {
      StandardError.fail(error)
      throw CommandStatus(Self.status(of: error))
    }
    throw CommandStatus(job.run())
  }

  /// The status that an error ends with before anything has run.
  private static func status(of error: any DescribedError) -> ExitStatus {
    guard let error = error as? PipelineError else { return error is InferenceError ? .model : .usage }
    return error.code == .outputFailed ? .output : error.code == .modelNotFound ? .model : .usage
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

  /// Minutes and seconds; whatever the number, within 0 and 10¹² seconds.
  static func clock(_ seconds: Double) -> String {
    let tenths = seconds.isNaN ? 0 : Int((min(max(seconds, 0), 1e12) * 10).rounded())
    let text = "\(tenths / 10 % 60).\(tenths % 10)"
    return "\(tenths / 600):\(tenths / 10 % 60 < 10 ? "0" : "")\(text)"
  }
}
