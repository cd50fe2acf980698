import ArgumentParser
import BraidCore
import BraidInference
import BraidPipeline
import Foundation

/// `braid model run`
struct ModelRun: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a model once on arrays of NumPy's and write its outputs as such.",
    discussion: """
      Each output becomes DIR/NAME.npy; `/` and `:` in a name become `_`. The
      elements of a sequence become DIR/NAME.0.npy and so on; what is nothing is
      told on stderr and not written. Types that NumPy lacks are written as the
      next wider one that it has, and read from float32.

      Examples:
        braid model run faces.onnx --input image=image.npy --output out
        braid model run text.onnx --input ids=ids.npy --input mask=mask.npy --output out
      """)

  @Argument(
    help: ArgumentHelp(
      "A model: an .onnx file, a folder with a braid.json, or the name of an installed one.", valueName: "model"))
  var model: String

  @Option(name: .long, help: ArgumentHelp("An input's file; given once for each input.", valueName: "name=file.npy"))
  var input: [String] = []

  @Option(name: [.long, .short], help: ArgumentHelp("The folder for the outputs; made if need be.", valueName: "dir"))
  var output: String

  @Option(name: .long, help: ArgumentHelp("Threads that the run may use.", valueName: "n"))
  var threads = 1

  @OptionGroup var kernels: KernelArguments

  @Option(
    name: .long,
    help: ArgumentHelp("The most memory that tensors may take together, e.g. 500MB or 2GiB.", valueName: "size"))
  var memoryLimit: ByteCountArgument?

  func validate() throws {
    guard (1...1024).contains(threads) else { throw ValidationError("--threads takes 1 to 1024.") }
    for text in input where !text.dropFirst().contains("=") {
      throw ValidationError("--input takes NAME=FILE.npy, not '\(text)'.")
    }
  }

  func run() throws {
    if threads > 1 { OpenMPEnvironment.makeIdleWorkersSleep() }
    var limits = ModelLimits.default
    if let memoryLimit {
      limits.totalBytes = memoryLimit.value
      limits.tensorBytes = memoryLimit.value
    }
    let loaded = try ModelCommand.model(model, limits: limits)
    var values: [String: ModelValue] = [:]
    for text in input {
      let (name, file) = try Self.split(text, among: loaded.inputs.map(\.name))
      guard values[name] == nil else {
        StandardError.fail("input \(name) is given twice")
        throw CommandStatus(.usage)
      }
      let type = loaded.inputs.first { $0.name == name }?.elementType
      let tensor = try ModelCommand.failing(.input) { try NPYFile.read(path: file, limits: limits) }
      values[name] = .tensor(tensor.converted(toInput: type))
    }
    var options = SessionOptions()
    options.threads = threads
    options.kernels = try ModelCommand.failing { try kernels.choice() }
    let found = try ModelCommand.failing {
      do {
        return try DynamicSession(loaded, options: options).run(values)
      } catch let error as InferenceError where error.code == .missingInput || error.code == .shapeMismatch {
        StandardError.fail(error)
        throw CommandStatus(.usage)
      }
    }
    try write(zip(loaded.outputs.map(\.name), found).map { ($0, $1) })
  }

  /// The input's name and the file's path: the longest name of an input that fits, else what stands before the first
  /// equals sign.
  private static func split(_ text: String, among names: [String]) throws(CommandStatus) -> (String, String) {
    if let name = names.filter({ text.hasPrefix($0 + "=") }).max(by: { $0.count < $1.count }) {
      return (name, String(text.dropFirst(name.count + 1)))
    }
    let name = text.prefix { $0 != "=" }
    StandardError.write(
      "braid: the model has no input \(name). Its inputs are \(names.joined(separator: ", "))")
    throw CommandStatus(.usage)
  }

  private func write(_ outputs: [(name: String, value: ModelValue)]) throws {
    var files: [(name: String, tensor: Tensor)] = []
    func add(_ name: String, _ value: ModelValue) {
      switch value {
      case .tensor(let tensor): files.append((name, tensor))
      case .sequence(let values): for (index, value) in values.enumerated() { add("\(name).\(index)", value) }
      case .optional(let value?): add(name, value)
      case .optional(nil): StandardError.note("output \(name) is nothing")
      }
    }
    for (name, value) in outputs {
      add(String(name.map { $0 == "/" || $0 == ":" ? "_" : $0 }), value)
    }
    var seen: Set<String> = []
    for file in files where !seen.insert(file.name).inserted {
      StandardError.fail("two outputs would be written to \(file.name).npy")
      throw CommandStatus(.output)
    }
    do {
      try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
      for (name, tensor) in files {
        try Data(NPYFile.bytes(tensor)).write(to: URL(fileURLWithPath: "\(output)/\(name).npy"))
      }
    } catch {
      let words = (error as NSError).localizedDescription
      StandardError.fail("\(output): the outputs cannot be written: \(words)")
      throw CommandStatus(.output)
    }
  }
}
