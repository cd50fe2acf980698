import ArgumentParser
import BraidCore
import BraidIngest
import BraidPipeline

/// `braid features`
struct Features: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features",
    abstract: "Compute features of files and write them as JSON Lines, NumPy arrays or CSV.",
    discussion: """
      Each input is read by itself, with a timeline of its own. One input and one
      feature may go to one file, else the output is a folder with a file for each
      input and feature: clip.mfcc_kaldi.npy. A file appears when it is whole.
      Arrays are [rows, values] in float32; CSV has each row's time in seconds.

      What a tool normalises over a whole clip is normalised over the whole clip
      here; `braid run` replaces it, and the feature's name shows by what.

      Examples:
        braid features --list
        braid features talk.wav --features mfcc --output talk.npy
        braid features talk.wav --features rms,mfcc,bands=40 > talk.jsonl
        braid features *.mp4 --features log-mel,motion --format npy --output rows
      """)

  @Argument(
    help: ArgumentHelp("Files, URLs that FFmpeg opens, or '-' for standard input.", valueName: "input"))
  var inputs: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Features, with commas between; settings follow their feature: mfcc,bands=40,rms.", valueName: "list"))
  var features: String?

  @Flag(name: .long, help: "Tell what features there are, with their settings, and end.")
  var list = false

  @Flag(name: .long, help: "With --list: as JSON.")
  var json = false

  @Option(
    name: .customLong("format"),
    help: ArgumentHelp("jsonl, npy or csv. (default: by the output's name, else jsonl)", valueName: "format"))
  var format: ExtractionFormatArgument?

  @Option(name: [.long, .short], help: ArgumentHelp("A file or a folder; '-' is stdout.", valueName: "file|dir"))
  var output = "-"

  @Option(
    name: .long, help: ArgumentHelp("Inputs to read at the same time, where the output is a folder.", valueName: "n"))
  var jobs = 1

  @Option(name: .long, help: ArgumentHelp("Begin there, exactly: 12.5, 90s, 1:30.", valueName: "time"))
  var start: DurationArgument?

  @Option(name: .long, help: ArgumentHelp("Take only that much.", valueName: "duration"))
  var duration: DurationArgument?

  @OptionGroup var transforms: TransformArguments

  @OptionGroup(title: "Input Options")
  var input: InputArguments

  @Option(
    name: .long,
    help: ArgumentHelp("FFmpeg's name of the container format; needed for playlists.", valueName: "name"))
  var inputFormat: String?

  @Flag(name: [.long, .short], help: "No progress line and no notes on stderr; errors are still shown.")
  var quiet = false

  func validate() throws {
    guard !list else { return }
    if inputs.isEmpty { throw ValidationError("Name an input, or --list.") }
    if features == nil { throw ValidationError("Name --features; 'braid features --list' tells what there is.") }
    if json { throw ValidationError("--json goes with --list.") }
  }

  func run() throws {
    if list { return FeatureList.write(asJSON: json) }
    guard let features else { return }
    var configuration = ExtractionConfiguration(inputs: inputs, features: features)
    configuration.inputOptions = try input.options(format: inputFormat)
    configuration.inputOptions.start = start.map { MediaTime.zero + $0.duration }
    configuration.inputOptions.duration = duration?.duration
    // Inputs side by side share the cores.
    if jobs > 1, inputs.count > 1, configuration.inputOptions.decoderThreads == 0 {
      configuration.inputOptions.decoderThreads = 1
    }
    transforms.apply()
    configuration.format = format?.format
    configuration.output = output
    configuration.jobs = jobs
    let isQuiet = quiet
    let showsProgress = StandardError.isTerminal && !isQuiet
    let count = inputs.count
    let progress: (@Sendable (String, Session.Progress, Int) -> Void)? =
      showsProgress
      ? { @Sendable input, progress, ended in
        let files = count > 1 ? "\(ended) of \(count) done · \(input) · " : ""
        StandardError.writeProgress(files + Run.line(progress))
      } : nil
    let extraction = FeatureExtraction(
      configuration,
      observer: FeatureExtraction.Observer(
        note: { if !isQuiet { StandardError.note($0) } },
        error: { StandardError.fail($0) }, progress: progress))
    SignalThread.start { extraction.interrupt($0) }
    let status = extraction.run()
    if showsProgress { StandardError.clearProgress() }
    throw CommandStatus(status)
  }
}

/// What is written, as an argument.
enum ExtractionFormatArgument: String, ExpressibleByArgument, CaseIterable {
  case jsonl
  case npy
  case csv

  var format: ExtractionConfiguration.Format {
    switch self {
    case .jsonl: .jsonl
    case .npy: .npy
    case .csv: .csv
    }
  }
}
