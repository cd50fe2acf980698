import ArgumentParser
import BraidCore
import BraidInference
import BraidPipeline

/// `braid model test`
struct ModelTest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Run cases in the ONNX standard's own layout and compare their outputs.",
    discussion: """
      A case is a folder with model.onnx, test_data_set_N/input_I.pb and
      output_I.pb, and maybe a tolerance.json such as {"rtol": 1e-3, "atol": 1e-5},
      which are the defaults. Whole numbers, booleans and texts must be the same.
      Cases that failed are told with the reason; the last line is
      `N passed, M failed, K unsupported`. Status 1 if any failed.

      Examples:
        braid model test cases/test_conv_with_strides
        braid model test cases --verbose
        braid model test cases more-cases --list unsupported
      """)

  /// Which cases to name.
  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case passed, failed, unsupported
  }

  /// How far the graph is rewritten.
  enum Optimisation: String, ExpressibleByArgument, CaseIterable {
    case reference, fused
  }

  @Argument(help: ArgumentHelp("A case, or a folder of cases.", valueName: "dir"))
  var folders: [String]

  @Flag(name: .long, help: "A line for every case, with the reason where it did not pass.")
  var verbose = false

  @Option(name: .long, help: ArgumentHelp("Nothing but the folders of these: passed, failed, unsupported."))
  var list: Kind?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "'reference': every node by its plain implementation; 'fused': as models run.", valueName: "level"))
  var optimisation = Optimisation.fused

  @Option(name: .long, help: ArgumentHelp("Threads that a run may use.", valueName: "n"))
  var threads = 1

  @Option(name: .long, help: ArgumentHelp("How long a case may take.", valueName: "s"))
  var timeout = 60

  func validate() throws {
    guard (1...1024).contains(threads) else { throw ValidationError("--threads takes 1 to 1024.") }
    guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout takes 1 to 86400 seconds.") }
  }

  func run() throws {
    if threads > 1 { OpenMPEnvironment.makeIdleWorkersSleep() }
    var cases: [ConformanceCase] = []
    for folder in folders {
      let found = try ModelCommand.failing(.input) { try ConformanceCase.all(in: folder) }
      if found.isEmpty {
        StandardError.fail("\(folder): there is no case in it: no model.onnx, there or in the folders in it")
        throw CommandStatus(.input)
      }
      cases += found
    }
    var options = SessionOptions()
    options.threads = threads
    options.optimisation = optimisation == .fused ? .fused : .reference
    let worker = CaseWorker(cases: cases, options: options, limits: .default, timeLimit: Int32(timeout) * 1000)
    var counts: [Kind: Int] = [:]
    let output = LineOutput()
    try worker.run { test, outcome in
      let (kind, reason): (Kind, String) =
        switch outcome {
        case .passed: (.passed, "")
        case .failed(let reason): (.failed, reason)
        case .unsupported(let reason): (.unsupported, reason)
        }
      counts[kind, default: 0] += 1
      if let list {
        if kind == list { output.write(Array("\(test.folder)\n".utf8)) }
      } else if verbose || kind == .failed {
        output.write(Array("\(kind.rawValue) \(test.name)\(reason.isEmpty ? "" : ": \(reason)")\n".utf8))
        output.flush()
      }
    }
    let count = { counts[$0, default: 0] }
    output.write(Array("\(count(.passed)) passed, \(count(.failed)) failed, \(count(.unsupported)) unsupported\n".utf8))
    output.flush()
    if count(.failed) > 0 { throw CommandStatus(ExitStatus(code: 1)) }
  }
}
