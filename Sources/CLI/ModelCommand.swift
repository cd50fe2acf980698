import ArgumentParser
import BraidCore
import BraidInference
import BraidPipeline

/// `braid model`
struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Look into ONNX models, check, pack, run, test, measure and quantise them.",
    discussion: """
      Examples:
        braid model inspect faces.onnx     what it takes and gives
        braid model check faces/           everything that is wrong with it
        braid model pack faces/            one file of it, with hashes
        braid model bench faces.onnx       how fast it is here
        braid model run faces.onnx --input image=picture.npy --output results
        braid model test cases/            cases in the ONNX standard's layout
        braid model quantize faces.onnx --calibrate party.mp4 --output faces8.onnx
        braid model compare faces.onnx faces8.onnx --on party.mp4
      """,
    subcommands: [
      ModelInspect.self, ModelCheck.self, ModelPack.self, ModelRun.self, ModelTest.self, ModelBench.self,
      ModelQuantize.self, ModelCompare.self,
    ])

  /// The model that the user calls `name`: a file, a folder with a `braid.json`, an archive, or an installed model.
  static func model(_ name: String, limits: ModelLimits = .default) throws(CommandStatus) -> Model {
    try failing {
      let package = try ModelPackage.open(
        try ModelLocation.path(of: name, folders: ModelFolders.all), limits: limits)
      return try package.load(limits: limits)
    }
  }

  /// The path of the model that the user calls `name`.
  static func path(_ name: String) throws(CommandStatus) -> String {
    try failing { try ModelLocation.path(of: name, folders: ModelFolders.all) }
  }

  /// What `body` gives; an error of it is told on stderr and ends the program with the status for models.
  static func failing<T>(_ status: ExitStatus = .model, _ body: () throws -> T) throws(CommandStatus) -> T {
    do {
      return try body()
    } catch let status as CommandStatus {
      throw status
    } catch {
      StandardError.fail(error)
      throw CommandStatus(status)
    }
  }
}

/// The name and shape of an input as an argument: `image=1x3x224x224`, `scalar=` for a scalar.
struct ShapeArgument: ExpressibleByArgument {
  let name: String
  let dimensions: [Int]

  init?(argument: String) {
    // Names may hold an equals sign; sizes do not.
    guard let mark = argument.lastIndex(of: "="), mark != argument.startIndex else { return nil }
    name = String(argument[..<mark])
    let text = argument[argument.index(after: mark)...]
    var dimensions: [Int] = []
    for part in text.split(separator: "x", omittingEmptySubsequences: false) where !text.isEmpty {
      guard let size = Int(part), size >= 0, part.first?.isNumber == true else { return nil }
      dimensions.append(size)
    }
    guard TensorShape(dimensions) != nil else { return nil }
    self.dimensions = dimensions
  }

  /// The shapes by name; a name given twice counts as given last.
  static func table(_ arguments: [ShapeArgument]) -> [String: [Int]] {
    Dictionary(arguments.map { ($0.name, $0.dimensions) }) { $1 }
  }
}
