import ArgumentParser
import BraidCore
import BraidInference
import BraidPipeline

/// `braid model pack`
struct ModelPack: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Make a package of a folder, or of a model by itself.",
    discussion: """
      The package has the description, every file, and the SHA-256 of each. What
      is known or inferred of an .onnx file by itself is written into its
      description and told on stderr. A package with faults is refused. The same
      files give the same bytes.

      Examples:
        braid model pack faces/
        braid model pack faces/ --output faces.braidmodel --model-version 1.1.0
        braid model pack net.onnx --name dogs --labels dogs.txt --licence MIT
        braid model pack net.onnx --colour bgr --range 0,255 --output dogs/
      """)

  enum Colour: String, ExpressibleByArgument, CaseIterable { case rgb, bgr, gray }
  enum Fit: String, ExpressibleByArgument, CaseIterable { case stretch, contain, cover }

  @Argument(
    help: ArgumentHelp("A folder with a braid.json, a .braidmodel, or an .onnx file.", valueName: "model"))
  var model: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "An archive NAME.braidmodel, or else a folder to make (default: the model's name with .braidmodel).",
      valueName: "path"))
  var output: String?

  @Option(name: .long, help: "The model's name: letters, digits, '-', '_' and '.'.")
  var name: String?

  @Option(name: .long, help: "Its semantic version, as 1.0.0.")
  var modelVersion: String?

  @Option(name: .long, help: "What it does, in a word: detection.")
  var task: String?

  @Option(name: .long, help: "Its licence: an SPDX identifier, or a text.")
  var licence: String?

  @Option(name: .long, help: "Where it was taken from: an address, or a text.")
  var source: String?

  @Option(name: .customLong("about"), help: "What it is, in a few sentences.")
  var summary: String?

  @Option(name: .long, help: ArgumentHelp("A file with the names of its classes, one a line.", valueName: "file"))
  var labels: String?

  @Option(name: .long, help: "Of an .onnx file: the order of colours its picture has: rgb, bgr or gray.")
  var colour: Colour?

  @Option(
    name: .long, help: ArgumentHelp("Of an .onnx file: what bytes 0 and 255 become (default 0,1).", valueName: "a,b"))
  var range: NumbersArgument?

  @Option(
    name: .long, help: ArgumentHelp("Of an .onnx file: then subtracted, one number or one a channel.", valueName: "m"))
  var mean: NumbersArgument?

  @Option(
    name: .long, help: ArgumentHelp("Of an .onnx file: then divided by, one number or one a channel.", valueName: "s"))
  var std: NumbersArgument?

  @Option(name: .long, help: "Of an .onnx file: how pictures of other shapes are fitted: stretch, contain or cover.")
  var fit: Fit?

  func validate() throws {
    if let range, range.numbers.count != 2 { throw ValidationError("--range takes two numbers, as 0,255.") }
    if let std, std.numbers.contains(0) { throw ValidationError("--std takes numbers other than zero.") }
  }

  func run() throws {
    var changes = PackagePacker.Changes()
    (changes.name, changes.version, changes.task, changes.licence) = (name, modelVersion, task, licence)
    (changes.source, changes.summary, changes.labels) = (source, summary, labels)
    changes.picture = pictureChange
    let packed = try ModelCommand.failing {
      try PackagePacker(path: try ModelCommand.path(model), changes: changes) { try PackageCheck.inspect($0) }
        .pack(to: output)
    }
    if let note = packed.note { StandardError.write("braid: taken for granted: \(note)") }
    let files = packed.inspection.files
    let lines = LineOutput()
    let size = files.reduce(0) { $0 + $1.byteCount }
    let count = files.count == 1 ? "1 file" : "\(files.count) files"
    lines.write(
      Array("\(packed.path): \(packed.inspection.description?.id ?? ""), \(count), \(size) bytes\n".utf8))
    lines.flush()
  }

  /// What is said of the picture; nil where nothing is.
  private var pictureChange: (@Sendable (inout ModelDescription.Picture) -> Void)? {
    guard colour != nil || range != nil || mean != nil || std != nil || fit != nil else { return nil }
    let colour = colour.flatMap { ModelDescription.Picture.Colour(rawValue: $0.rawValue) }
    let fit = fit.flatMap { ModelDescription.Picture.Fit(rawValue: $0.rawValue) }
    let (range, mean, std) = (range?.numbers, mean?.numbers, std?.numbers)
    return { picture in
      picture.colour = colour ?? picture.colour
      if let range { (picture.low, picture.high) = (range[0], range[1]) }
      picture.mean = mean ?? picture.mean
      picture.std = std ?? picture.std
      picture.fit = fit ?? picture.fit
    }
  }
}

/// Numbers with commas between them: `0,255`.
struct NumbersArgument: ExpressibleByArgument {
  let numbers: [Float]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    numbers = parts.compactMap { Float($0) }.filter(\.isFinite)
    guard numbers.count == parts.count else { return nil }
  }
}
