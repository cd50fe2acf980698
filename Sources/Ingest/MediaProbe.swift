public import BraidCore

/// One frame as the decoder gave it.
public struct ProbedFrame: Hashable, Sendable {
  /// The stream's index in the container.
  public var stream: Int
  /// What it is.
  public var kind: InputStreamKind
  /// Its time, on the input's timeline, as ``MediaInput`` would give it.
  public var time: MediaTime
  /// How long it lasts; zero where unknown.
  public var duration: MediaDuration
  /// Whether it can be decoded by itself.
  public var isKey: Bool
  /// Samples in each channel; 0 for what is not sound.
  public var samples: Int
}

/// Looks at every frame of an input: what `braid probe --frames` prints.
public enum MediaProbe {
  /// What is in an input, without decoding it; a device is opened for it, and closed again. Why a stream could not be run is said in the oddities, not thrown.
  ///
  /// - Throws: every ``IngestError/Code`` of opening.
  public static func describe(
    _ uri: String, options: InputOptions = InputOptions(), interruption: InputInterruption = InputInterruption()
  ) throws(IngestError) -> InputDescription {
    if try DeviceLocation(unlessFile: uri) != nil {
      return try InputOpening.open(uri, options: options, interruption: interruption).description
    }
    let feed = try FeedLocation(unlessFile: uri)
    let file = if let feed { try SubtitleFile(feed, options) } else { SubtitleFile?.none }
    if let feed, file == nil {
      return try FeedProbe.describe(feed, options: options, interruption: interruption)
    }
    let options = file?.options ?? options
    let location = if let file { file.location } else { try InputLocation(uri) }
    let format = try FormatContext(location, options, interruption)
    var description = format.describe(location, keepsTime: options.keepsTime)
    do throws(IngestError) {
      try format.select(options, in: &description)
    } catch {
      description.oddities.append(error.message)
    }
    return description
  }

  /// Decodes the selected streams from beginning to end on the calling thread and shows every frame to `body`, in the file's
  /// order.
  ///
  /// - Throws: every ``IngestError/Code``; frames up to there have been shown.
  public static func frames(
    _ uri: String, options: InputOptions = InputOptions(), interruption: InputInterruption = InputInterruption(),
    _ body: (ProbedFrame) -> Void
  ) throws(IngestError) {
    if let device = try DeviceLocation(unlessFile: uri) {
      throw IngestError(
        .invalidOption, "the frames of a device have no end", location: device.redacted,
        remedy: "'braid run' takes them as they come.")
    }
    let feed = try FeedLocation(unlessFile: uri)
    let file = if let feed { try SubtitleFile(feed, options) } else { SubtitleFile?.none }
    if let feed, file == nil {
      return try FeedProbe.frames(feed, options: options, interruption: interruption, body)
    }
    let options = file?.options ?? options
    let location = if let file { file.location } else { try InputLocation(uri) }
    let demuxer = try MediaInput.openDemuxer(
      FormatContext(location, options, interruption), location, options, interruption
    ).demuxer
    reading: while true {
      for reader in demuxer.readers where !reader.isExhausted {
        reader.isObserved = true
        while reader.outbox.isEmpty, reader.decodeSome() {
          for frame in reader.observed { body(frame) }
          reader.observed.removeAll(keepingCapacity: true)
          reader.outbox.removeAll()
        }
        reader.outbox.removeAll()
      }
      if demuxer.readers.allSatisfy(\.isExhausted) { break reading }
      if demuxer.read() == .interrupted {
        throw IngestError(.interrupted, "reading was stopped", location: demuxer.location.redacted)
      }
    }
    demuxer.noteNothing()
    if let failure = demuxer.failure.withLock({ $0 }) { throw failure }
  }
}
