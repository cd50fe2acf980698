import ArgumentParser
import BraidCore
import BraidIngest

/// How live inputs are kept.
struct LiveArguments: ParsableArguments {
  @Flag(
    name: .long, inversion: .prefixedNo,
    help: "Open a network source again when it is lost. (Capture devices always are.)")
  var reconnect: Bool?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Attempts in a row after which a live input is lost for good. (default: no limit)", valueName: "n"))
  var reconnectLimit: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The wait before the second attempt in a row; it doubles up to 30s. (default: 1s)", valueName: "duration"))
  var reconnectWait: DurationArgument?

  @Option(
    name: .long, help: ArgumentHelp("How long opening a live input may take. (default: 10s)", valueName: "duration"))
  var openTimeout: DurationArgument?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How long nothing may come before a live input counts as lost. (default: 5s)", valueName: "duration"))
  var readTimeout: DurationArgument?

  @Flag(
    name: .long, inversion: .prefixedNo,
    help: "Resample live sound to the session's clock, so that it does not drift.")
  var resample: Bool?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Record all that comes into a new folder; 'braid run replay:DIR' then gives the same records again.",
      valueName: "dir"), completion: .directory)
  var record: String?

  func validate() throws {
    if let reconnectLimit, reconnectLimit < 0 { throw ValidationError("--reconnect-limit must be 0 or more") }
    for (value, name) in [(openTimeout, "open-timeout"), (readTimeout, "read-timeout")] {
      if let value, value.duration <= .zero { throw ValidationError("--\(name) must be longer than nothing") }
    }
  }

  /// Sets what these arguments say; what they leave open stays.
  func apply(to options: inout LiveOptions) {
    options.reconnects = reconnect ?? options.reconnects
    options.reconnectLimit = reconnectLimit ?? options.reconnectLimit
    options.reconnectWait = reconnectWait?.duration ?? options.reconnectWait
    options.openTimeout = openTimeout?.duration ?? options.openTimeout
    options.readTimeout = readTimeout?.duration ?? options.readTimeout
    options.resamples = resample ?? options.resamples
  }
}
