import ArgumentParser
import BraidCore
import BraidInference
import BraidPipeline

/// `braid model bench`
struct ModelBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how long models take on this machine.",
    discussion: """
      Inputs are random: real numbers from 0 to 1, whole numbers 0 or 1, and 16000
      for an input called `sr`. Memory is the largest resident set of the whole
      process while the model was loaded and run.

      Examples:
        braid model bench faces.onnx
        braid model bench faces.onnx --rate 30 --seconds 10
        braid model bench faces.onnx voice.onnx --threads 2 --json
        braid model bench text.onnx --dims input_ids=1x128 --profile
        braid model bench --stream clip.mp4 --model faces.onnx --pace realtime
      """)

  @Argument(
    help: ArgumentHelp(
      "A model: an .onnx file, a folder with a braid.json, or the name of an installed one.", valueName: "model"))
  var models: [String] = []

  @Option(
    name: .long, parsing: .remaining,
    help: ArgumentHelp(
      "A whole session in place of models: all that follows is said as to 'braid run'.", valueName: "input…"))
  var stream: [String] = []

  @Option(name: .long, help: ArgumentHelp("How often a session is measured.", valueName: "n"))
  var rounds = 1

  @Option(name: .long, help: ArgumentHelp("Threads that a run may use.", valueName: "n"))
  var threads = 1

  @Option(name: .long, help: ArgumentHelp("How long each model is measured.", valueName: "s"))
  var seconds = 1.0

  @Option(
    name: .long,
    help: ArgumentHelp("Runs a second, begun at even distances. (default: one after the other)", valueName: "hz"))
  var rate: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The shape of an input, e.g. image=1x3x224x224; may be given again. Open dimensions of others are 1.",
      valueName: "name=shape"))
  var dims: [ShapeArgument] = []

  @OptionGroup var kernels: KernelArguments

  @Flag(name: .long, help: "Measure every step as well.")
  var profile = false

  @Flag(name: .long, help: "One JSON object a line, one line a model.")
  var json = false

  func validate() throws {
    guard models.isEmpty != stream.isEmpty else {
      throw ValidationError(
        stream.isEmpty ? "Name a model, or a session with --stream." : "--stream is measured alone.")
    }
    guard (1...1000).contains(rounds) else { throw ValidationError("--rounds takes 1 to 1000.") }
    guard (1...1024).contains(threads) else { throw ValidationError("--threads takes 1 to 1024.") }
    guard seconds > 0, seconds <= 86_400 else { throw ValidationError("--seconds takes more than 0, up to 86400.") }
    if let rate, !(rate > 0 && rate <= 100_000) {
      throw ValidationError("--rate takes more than 0, up to 100000.")
    }
  }

  func run() throws {
    // One thread alone has no workers that could spin.
    if threads > 1 { OpenMPEnvironment.makeIdleWorkersSleep() }
    let output = LineOutput()
    guard stream.isEmpty else { return try benchStream(output) }
    let width = models.map(\.count).max() ?? 0
    if !json { output.write(Array((Columns.left("model", width) + Self.columns + "\n").utf8)) }
    var isComplete = true
    for name in models {
      do {
        let measurement = try measure(name)
        output.write(json ? line(name, measurement) : Array(row(name, width, measurement).utf8))
        output.flush()
      } catch let error as any DescribedError {
        StandardError.fail(error)
        isComplete = false
      }
    }
    output.flush()
    if !isComplete { throw CommandStatus(.model) }
  }

  private func benchStream(_ output: LineOutput) throws {
    let arguments = try RunArguments.parse(stream)
    let pipeline = try ModelCommand.failing(.usage) { try arguments.pipeline() }
    guard !arguments.job.each else { throw ValidationError("--stream measures one session: leave out --each.") }
    let configuration = pipeline.configuration
    TransformArguments.apply(pipeline.measuresTransforms)
    if configuration.threads > 1 { OpenMPEnvironment.makeIdleWorkersSleep() }
    var benchmark = StreamBenchmark(configuration)
    benchmark.rounds = rounds
    let report = StreamReport(rounds: try ModelCommand.failing(.input) { try benchmark.measure() })
    output.write(json ? report.json : Array(report.text.utf8))
    output.flush()
  }

  private func measure(_ name: String) throws -> ModelMeasurement {
    let package = try ModelPackage.open(try ModelLocation.path(of: name, folders: ModelFolders.all))
    var benchmark = ModelBenchmark()
    benchmark.threads = threads
    benchmark.duration = MediaDuration(nanoseconds: Int64(seconds * 1e9))
    benchmark.rate = rate
    benchmark.isProfiled = profile
    benchmark.kernels = try kernels.choice()
    benchmark.inputShapes = ShapeArgument.table(dims)
    benchmark.passesOverUnknownInputs = models.count > 1
    return try benchmark.measure(package)
  }

  // MARK: - Output

  private static let columns = "   p50 ms   p95 ms   p99 ms  first ms  load ms  memory MB"

  private func row(_ name: String, _ width: Int, _ measured: ModelMeasurement) -> String {
    var text = Columns.left(name, width)
    for (time, columns) in [
      (measured.p50, 9), (measured.p95, 9), (measured.p99, 9), (measured.first, 10), (measured.load, 9),
    ] {
      text += Columns.right(Columns.milliseconds(time), columns)
    }
    text += Columns.right(Double(measured.peakMemory) / 1_048_576, 11, decimals: 1) + "\n"
    if let reason = measured.nodeByNodeReason { text += "  runs node by node: \(reason)\n" }
    if let profile = measured.profile { text += "\n" + ProfileTable(profile).text + "\n" }
    return text
  }

  private func line(_ name: String, _ measured: ModelMeasurement) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("model", name)
    writer.field("threads", measured.threads)
    if let rate { writer.field("rate_hz", rate, decimals: 3) }
    let times: [(StaticString, MediaDuration)] = [
      ("p50_ms", measured.p50), ("p95_ms", measured.p95), ("p99_ms", measured.p99), ("first_ms", measured.first),
      ("load_ms", measured.load),
    ]
    for (key, time) in times { writer.field(key, Columns.milliseconds(time), decimals: 4) }
    writer.field("memory_mb", Double(measured.peakMemory) / 1_048_576, decimals: 1)
    writer.field("cpu", ProcessorFacts.current.model)
    writer.field("isa", InferenceLibraries.current.instructionSet)
    if let reason = measured.nodeByNodeReason { writer.field("runs_node_by_node", reason) }
    if let profile = measured.profile {
      writer.key("profile")
      ProfileTable(profile).write(to: &writer)
    }
    writer.endObject()
    writer.endLine()
    return writer.bytes
  }
}
