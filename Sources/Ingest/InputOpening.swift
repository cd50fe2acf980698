/// Opens any input that a session takes, by what its URI says.
public enum InputOpening {
  /// Opens an input. Blocks until it is known what is in it.
  ///
  /// - Parameters:
  ///   - uri: a path, a URL, `-` for standard input, a device, or a feed of lines (`text:FILE`, `sensor:FILE`). A path that exists
  ///     is a file, whatever its name looks like.
  ///   - options: what is taken of it, and how.
  ///   - interruption: ends the opening, and later the reading, when it is interrupted from another thread.
  /// - Returns: the input, whose threads have not been started.
  /// - Throws: every ``IngestError/Code``; nothing is left open then.
  public static func open(
    _ uri: String, options: InputOptions = InputOptions(), interruption: InputInterruption = InputInterruption()
  ) throws(IngestError) -> any SessionInput {
    if let device = try DeviceLocation(unlessFile: uri) {
      return device.kind == .alsa
        ? try AlsaInput.open(device, options: options, interruption: interruption)
        : try CaptureInput(device, options: options, interruption: interruption)
    }
    if let feed = try FeedLocation(unlessFile: uri) {
      if let file = try SubtitleFile(feed, options) {
        let format = try FormatContext(file.location, file.options, InputInterruption(parent: interruption))
        return try MediaInput(format, file.location, file.options, interruption)
      }
      return try FeedInput.open(feed, options: options, interruption: interruption)
    }
    let location = try LiveSource.location(of: uri, options)
    if location.isLive {
      return try LiveMediaInput.open(LiveSource(location), options: options, interruption: interruption)
    }
    let interruption = InputInterruption(parent: interruption)
    let format = try FormatContext(location, options, interruption)
    guard let source = LiveSource(fetched: location, format) else {
      return try MediaInput(format, location, options, interruption)
    }
    let connection = try LiveConnection(format, location, options, kinds: nil)
    return try LiveMediaInput(source, options, connection, location: 0, interruption)
  }

  /// The path that an input reads, without the options of a feed; `-` for standard input, and the URI itself for what is no feed.
  public static func path(of uri: String) -> String {
    guard let feed = try? FeedLocation(unlessFile: uri) else { return uri }
    return feed.path
  }
}
