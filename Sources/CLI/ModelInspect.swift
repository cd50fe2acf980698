import ArgumentParser
import BraidCore
import BraidInference
import BraidPipeline

/// `braid model inspect`
struct ModelInspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Say what a model takes and gives, how large it is, and what of it will run where.",
    discussion: """
      Examples:
        braid model inspect faces.onnx
        braid model inspect faces.braidmodel
        braid model inspect text.onnx --dims input_ids=1x128
        braid model inspect faces.onnx --json | jq '.steps[].implementation'
      """)

  @Argument(
    help: ArgumentHelp(
      "A model: an .onnx file, a folder with a braid.json, a .braidmodel, or the name of an installed one.",
      valueName: "model"))
  var model: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The shape of an input, e.g. image=1x3x224x224; may be given again. Open dimensions of others are 1.",
      valueName: "name=shape"))
  var dims: [ShapeArgument] = []

  @Option(name: .long, help: ArgumentHelp("Threads that a run may use.", valueName: "n"))
  var threads = 1

  @Flag(name: .long, help: "One JSON object instead of text.")
  var json = false

  func validate() throws {
    guard (1...1024).contains(threads) else { throw ValidationError("--threads takes 1 to 1024.") }
  }

  func run() throws {
    if threads > 1 { OpenMPEnvironment.makeIdleWorkersSleep() }
    let inspection = try ModelCommand.failing { try PackageCheck.inspect(try ModelCommand.path(model)) }
    // A package's own model, whatever its hash; where there is none, loading it says why.
    let found = inspection.forms.first?.model
    let loaded = if let found { found } else { try ModelCommand.model(model) }
    var options = SessionOptions()
    options.threads = threads
    options.inputShapes = ShapeArgument.table(dims)
    let plan: Result<Plan, InferenceError> = Result { () throws(InferenceError) in try Plan(loaded, options: options) }
    if case .failure(let error) = plan, error.code == .missingInput || error.code == .invalidOption {
      StandardError.fail(error)
      throw CommandStatus(.usage)
    }
    let report = ModelReport(
      package: PackageReport(inspection), model: loaded, size: loaded.size(options: options), plan: plan)
    let output = LineOutput()
    output.write(json ? report.json : Array(report.text.printable.utf8))
    output.flush()
  }
}
