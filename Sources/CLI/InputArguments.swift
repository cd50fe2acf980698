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

  @Flag(
    name: .long, inversion: .prefixedNo,
    help: "Keep the container's times instead of counting from the input's start.")
  var keepTime: Bool?

  @Option(
    name: .long,
    help: ArgumentHelp("Threads for decoding pictures; 0 for as many as cores. (default: 0)", valueName: "n"))
  var decoderThreads: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("The largest picture, in pixels. (default: \(InputLimits().pixels))", valueName: "n"))
  var maxPixels: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("The most streams in an input. (default: \(InputLimits().streams))", valueName: "n"))
  var maxStreams: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How much to read to find out what an input is. (default: \(ByteCount(bytes: InputLimits().probeBytes)))",
      valueName: "size"))
  var probeBytes: ByteCountArgument?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The longest line of text: and sensor: inputs. (default: \(ByteCount(bytes: InputLimits().lineBytes)))",
      valueName: "size"))
  var maxLine: ByteCountArgument?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The largest single allocation of the decoders: 256MB. (default: \(ByteCount(bytes: InputLimits().allocationBytes)))",
      valueName: "size"))
  var maxAllocation: ByteCountArgument?

  func validate() throws {
    for (value, name) in [
      (maxPixels, "max-pixels"), (maxStreams, "max-streams"), (maxAllocation?.value, "max-allocation"),
      (maxLine?.value, "max-line"),
    ] {
      if let value, value < 1 { throw ValidationError("--\(name) must be at least 1") }
    }
    if let probeBytes, probeBytes.value < 32 { throw ValidationError("--probe-bytes must be at least 32") }
    if let decoderThreads, !(0...64).contains(decoderThreads) {
      throw ValidationError("--decoder-threads must be 0 to 64")
    }
  }

  /// The options that these arguments ask for.
  ///
  /// - Parameter format: FFmpeg's name of the container format, where it was given.
  /// - Returns: the options.
  /// - Throws: what is wrong with the list of streams.
  func options(format: String?) throws -> InputOptions {
    var options = InputOptions()
    try apply(to: &options)
    options.format = format
    return options
  }

  /// Sets what these arguments say; what they leave open stays.
  ///
  /// - Throws: what is wrong with the list of streams.
  func apply(to options: inout InputOptions) throws {
    if let streams { options.streams = try StreamSelection(parsing: streams) }
    options.keepsTime = keepTime ?? options.keepsTime
    options.decoderThreads = decoderThreads ?? options.decoderThreads
    options.limits.pixels = maxPixels ?? options.limits.pixels
    options.limits.streams = maxStreams ?? options.limits.streams
    options.limits.probeBytes = probeBytes?.value ?? options.limits.probeBytes
    options.limits.allocationBytes = maxAllocation?.value ?? options.limits.allocationBytes
    options.limits.lineBytes = maxLine?.value ?? options.limits.lineBytes
  }
}
