import ArgumentParser
import BraidCore
import BraidIngest

/// The container format, where nothing else is called that.
struct ContainerFormatArgument: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("FFmpeg's name of the container format; needed for playlists.", valueName: "name"))
  var format: String?
}

/// How inputs are opened: the same for every command that opens some.
struct InputArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Streams to take: 'all', indices (0,2) or places (v:0,a:1,s:0). (default: the best of each kind)",
      valueName: "list"))
  var streams: String?

  @Flag(name: .long, help: "Keep the container's times instead of counting from the input's start.")
  var keepTime = false

  @Option(
    name: .long, help: ArgumentHelp("Threads for decoding pictures; 0 for as many as cores.", valueName: "n"))
  var decoderThreads: Int = 0

  @Option(name: .long, help: ArgumentHelp("The largest picture, in pixels.", valueName: "n"))
  var maxPixels: Int = InputLimits().pixels

  @Option(name: .long, help: ArgumentHelp("The most streams in an input.", valueName: "n"))
  var maxStreams: Int = InputLimits().streams

  @Option(name: .long, help: ArgumentHelp("How much to read to find out what an input is.", valueName: "size"))
  var probeBytes = ByteCountArgument(value: InputLimits().probeBytes)

  @Option(name: .long, help: ArgumentHelp("The longest line of text: and sensor: inputs.", valueName: "size"))
  var maxLine = ByteCountArgument(value: InputLimits().lineBytes)

  @Option(name: .long, help: ArgumentHelp("The largest single allocation of the decoders: 256MB.", valueName: "size"))
  var maxAllocation = ByteCountArgument(value: InputLimits().allocationBytes)

  func validate() throws {
    for (value, name) in [
      (maxPixels, "max-pixels"), (maxStreams, "max-streams"), (maxAllocation.value, "max-allocation"),
      (maxLine.value, "max-line"),
    ]
    where value < 1 {
      throw ValidationError("--\(name) must be at least 1")
    }
    guard probeBytes.value >= 32 else { throw ValidationError("--probe-bytes must be at least 32") }
    guard (0...64).contains(decoderThreads) else { throw ValidationError("--decoder-threads must be 0 to 64") }
  }

  /// The options that these arguments ask for.
  ///
  /// - Parameter format: FFmpeg's name of the container format, where it was given.
  /// - Returns: the options.
  /// - Throws: what is wrong with the list of streams.
  func options(format: String?) throws -> InputOptions {
    var options = InputOptions()
    if let streams { options.streams = try StreamSelection(parsing: streams) }
    options.format = format
    options.keepsTime = keepTime
    options.decoderThreads = decoderThreads
    options.limits.pixels = maxPixels
    options.limits.streams = maxStreams
    options.limits.probeBytes = probeBytes.value
    options.limits.allocationBytes = maxAllocation.value
    options.limits.lineBytes = maxLine.value
    return options
  }
}
