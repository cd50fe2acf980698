import ArgumentParser
import BraidCore
import BraidIngest

/// How live inputs are kept.
struct LiveArguments: ParsableArguments {
  @Flag(name: .long, help: "Open a network source again when it is lost. (Capture devices always are.)")
  var reconnect = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Attempts in a row after which a live input is lost for good. (default: no limit)", valueName: "n"))
  var reconnectLimit: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("The wait before the second attempt in a row; it doubles up to 30s.", valueName: "duration"))
  var reconnectWait = DurationArgument(duration: LiveOptions().reconnectWait)

  @Option(name: .long, help: ArgumentHelp("How long opening a live input may take.", valueName: "duration"))
  var openTimeout = DurationArgument(duration: LiveOptions().openTimeout)

  @Option(
    name: .long,
    help: ArgumentHelp("How long nothing may come before a live input counts as lost.", valueName: "duration"))
  var readTimeout = DurationArgument(duration: LiveOptions().readTimeout)

  @Flag(name: .long, help: "Resample live sound to the session's clock, so that it does not drift.")
  var resample = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Record all that comes into a new folder; 'braid run replay:DIR' then gives the same records again.",
      valueName: "dir"), completion: .directory)
  var record: String?

  func validate() throws {
    if let reconnectLimit, reconnectLimit < 0 { throw ValidationError("--reconnect-limit must be 0 or more") }
    for (value, name) in [(openTimeout, "open-timeout"), (readTimeout, "read-timeout")]
    where value.duration <= .zero {
      throw ValidationError("--\(name) must be longer than nothing")
    }
  }

  /// The options that these arguments ask for.
  var options: LiveOptions {
    var options = LiveOptions()
    options.reconnects = reconnect
    options.reconnectLimit = reconnectLimit
    options.reconnectWait = reconnectWait.duration
    options.openTimeout = openTimeout.duration
    options.readTimeout = readTimeout.duration
    options.resamples = resample
    return options
  }
}
