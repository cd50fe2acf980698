import ArgumentParser
import BraidCore
import BraidInference
import BraidPipeline

/// `braid model compare`
struct ModelCompare: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Say how alike two models are on a clip, and how fast each is.",
    discussion: """
      The first is the reference: what it takes, and what its outputs mean, goes
      for both. Both get the same samples, and are timed in rounds that change
      between them.

      Examples:
        braid model compare faces.onnx faces8.onnx --on party.mp4
        braid model compare a.onnx b.onnx --on samples.npy --json
        braid model compare a.onnx b.onnx --on clip.mp4 --require agreement=0.99
      """)

  @Argument(help: ArgumentHelp("The reference.", valueName: "model"))
  var first: String

  @Argument(help: ArgumentHelp("What is compared with it.", valueName: "other"))
  var second: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A clip, an .npy or .npz file of samples, or a folder of such; may be given again.", valueName: "file|dir"))
  var on: [String]

  @OptionGroup var comparing: CompareArguments

  func run() throws {
    let requirement = try ModelCommand.failing(.usage) { try comparing.requirement() }
    let comparison = try ModelCommand.failing {
      defer { StandardError.clearProgress() }
      let material = try ModelMaterial(
        model: first, from: on, options: comparing.material, progress: CompareArguments.progress)
      for note in material.notes { StandardError.note(note) }
      let other = try ModelPackage.open(try ModelLocation.path(of: second, folders: ModelFolders.all))
      CompareArguments.progress?("measuring both")
      return try ModelComparison(
        material.package, other, description: material.description, options: material.options,
        on: material.samples, contest: comparing.contest)
    }
    try comparing.finish(
      ComparisonReport(title: "\(first) → \(second)", comparison: comparison, report: nil, mode: nil), requirement)
  }
}
