import ArgumentParser
import BraidCore
import BraidInference
import BraidPipeline
import Foundation

/// `braid model quantize`
struct ModelQuantize: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Make an 8-bit model of a floating-point one, and measure both.",
    discussion: """
      The model is run on the material as `braid run` would run it, to see what
      its activations are. Of each ten parts of it one is held out for the report;
      choices between ways go by the others, each half by ranges of the other. The
      file has the standard's QuantizeLinear and DequantizeLinear, and other
      engines load it too.

      Examples:
        braid model quantize faces.onnx --calibrate party.mp4 --output faces8.onnx
        braid model quantize vad.onnx --calibrate talks/ --output vad8.onnx --json
        braid model quantize net.onnx --calibrate x.npy --output net8.onnx \\
          --require faster=1.2,agreement=0.98 --html report.html
        braid model quantize net.onnx --calibrate x.npy --output net16.onnx --mode float16
        braid model quantize words.onnx --calibrate said/ --output words8.onnx \\
          --labels said.csv --require accuracy=0.9

      Exit status 8: what was required was not reached; the file is written.
      """)

  @Argument(
    help: ArgumentHelp(
      "A model: an .onnx file, a folder with a braid.json, or the name of an installed one.", valueName: "model"))
  var model: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A clip, an .npy or .npz file of samples, or a folder of such; may be given again.", valueName: "file|dir"))
  var calibrate: [String] = []

  @Option(name: [.long, .short], help: ArgumentHelp("Write the model there.", valueName: "file"))
  var output: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      'static': all in bytes, ranges from the material; 'dynamic': products, ranges found at every run; 'weights' and \
      'float16': a smaller file, computed with as real numbers.
      """, valueName: "mode"))
  var mode: ModeArgument = .static

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How ranges are chosen: auto, min-max, moving-average, percentile, entropy, mse.", valueName: "name"))
  var method: MethodArgument = .auto

  @Option(name: .long, help: ArgumentHelp("Values inside the range, for 'percentile'.", valueName: "%"))
  var percentile = QuantisationSettings().percentile

  @Option(
    name: .long, help: ArgumentHelp("A node that stays in floating point; may be given again.", valueName: "node"))
  var keep: [String] = []

  @Flag(
    name: .long, help: "Quantise every layer, those too that cost accuracy and little time, or are slower in bytes.")
  var noSparing = false

  @OptionGroup var comparing: CompareArguments

  func validate() throws {
    guard percentile > 50, percentile <= 100 else {
      throw ValidationError("--percentile takes more than 50, up to 100.")
    }
    guard !calibrate.isEmpty else {
      throw ValidationError("--calibrate is missing: a clip, an .npy or .npz file, or a folder of such.")
    }
  }

  func run() throws {
    var run = QuantisationRun(model: model, material: calibrate, output: output)
    run.mode = mode.mode
    run.settings.method = method.method
    run.settings.percentile = percentile
    run.settings.keptNodes = Set(keep)
    run.settings.sparesSensitiveLayers = !noSparing
    run.settings.sparesSlowLayers = !noSparing
    run.options = comparing.material
    run.contest = comparing.contest
    let requirement = try ModelCommand.failing(.usage) { try comparing.requirement() }
    run.settings.agreement = requirement.agreement
    let quantisation = run
    let outcome = try ModelCommand.failing {
      defer { StandardError.clearProgress() }
      return try quantisation.run(progress: CompareArguments.progress)
    }
    for note in outcome.notes { StandardError.note(note) }
    let report = ComparisonReport(
      title: "\(model) → \(output)", comparison: outcome.comparison, report: outcome.report, mode: outcome.mode.rawValue
    )
    try comparing.finish(report, requirement)
  }
}

/// A mode as an argument.
enum ModeArgument: String, ExpressibleByArgument, CaseIterable {
  case `static`
  case dynamic
  case weights
  case float16

  var mode: QuantisationRun.Mode { QuantisationRun.Mode(rawValue: rawValue) ?? .static }
}

/// A way to choose ranges as an argument.
enum MethodArgument: String, ExpressibleByArgument, CaseIterable {
  case auto
  case minMax = "min-max"
  case movingAverage = "moving-average"
  case percentile
  case entropy
  case meanSquaredError = "mse"

  /// Nil tries all.
  var method: CalibrationMethod? { CalibrationMethod(rawValue: rawValue) }
}

/// What the commands have in common that measure two models.
struct CompareArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Status 8 unless it is as good: faster=1.2 (times), agreement=0.98, accuracy=0.9 (0 to 1).",
      valueName: "name=value,…"))
  var require: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      Which classes samples are of, for the accuracy: a .csv with file,label or index,label in every line, else JSON \
      Lines with these as keys. Files go by name or path, samples of arrays by number from 0, classes by label or number.
      """, valueName: "file"))
  var labels: String?

  @Option(name: .long, help: ArgumentHelp("Write a page with plots there, too.", valueName: "file"))
  var html: String?

  @Flag(name: .long, help: "One JSON object instead of text.")
  var json = false

  @Option(name: .long, help: ArgumentHelp("The most samples that are taken.", valueName: "n"))
  var samples = ModelMaterial.Options().limit

  @Option(name: .long, help: ArgumentHelp("Threads that a run may use when it is timed.", valueName: "n"))
  var threads = 1

  @Option(name: .long, help: ArgumentHelp("How often each model is timed in each way.", valueName: "n"))
  var rounds = ModelContest().rounds

  @Option(name: .long, help: ArgumentHelp("Runs a second when paced; 0 for none.", valueName: "hz"))
  var rate = 30.0

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The shape of an input, for arrays, e.g. image=1x3x224x224; may be given again.", valueName: "name=shape"))
  var dims: [ShapeArgument] = []

  func validate() throws {
    guard (4...100_000).contains(samples) else { throw ValidationError("--samples takes 4 to 100000.") }
    guard (1...1024).contains(threads) else { throw ValidationError("--threads takes 1 to 1024.") }
    guard (1...1000).contains(rounds) else { throw ValidationError("--rounds takes 1 to 1000.") }
    guard rate >= 0, rate <= 100_000 else { throw ValidationError("--rate takes 0 to 100000.") }
  }

  /// How samples are gathered.
  var material: ModelMaterial.Options {
    var options = ModelMaterial.Options()
    options.limit = samples
    options.folders = ModelFolders.all
    options.inputShapes = ShapeArgument.table(dims)
    options.labels = labels
    options.written = html.map { [WrittenFiles.File(option: "--html", path: $0)] } ?? []
    return options
  }

  /// How models are timed.
  var contest: ModelContest {
    if threads > 1 { OpenMPEnvironment.makeIdleWorkersSleep() }
    var contest = ModelContest()
    contest.benchmark.threads = threads
    contest.rounds = rounds
    contest.rate = rate > 0 ? rate : nil
    return contest
  }

  func requirement() throws(PipelineError) -> Requirement {
    guard let require else { return Requirement() }
    let requirement = try Requirement(require)
    guard requirement.accuracy == nil || labels != nil else {
      throw PipelineError(
        .configuration, "an accuracy is required, and there are no labels", location: "--require",
        remedy: "Add --labels FILE, or require agreement instead")
    }
    return requirement
  }

  /// A line on a terminal that says what is being done; nil where nobody looks.
  static var progress: ((String) -> Void)? {
    StandardError.isTerminal ? { StandardError.writeProgress($0) } : nil
  }

  /// Writes what came out, and ends the program with status 8 where it is not what was required.
  func finish(_ report: ComparisonReport, _ requirement: Requirement) throws(CommandStatus) {
    var report = report
    report.missed = requirement.missed(by: report.comparison)
    let output = LineOutput()
    output.write(json ? report.json : Array(report.text.utf8))
    output.flush()
    if let html {
      try ModelCommand.failing(.output) {
        do {
          try Data(ComparisonPage(report).html.utf8).write(to: URL(fileURLWithPath: html), options: .atomic)
        } catch {
          throw PipelineError(
            .outputFailed, "the page cannot be written", location: html,
            remedy: "Choose a path in a folder that exists and that you may write", cause: error.localizedDescription)
        }
      }
    }
    guard report.missed.isEmpty else {
      for sentence in report.missed { StandardError.fail("--require: \(sentence)") }
      throw CommandStatus(.unmet)
    }
  }
}
