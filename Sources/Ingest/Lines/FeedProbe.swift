import BraidCore

/// Looks at every line of a feed.
enum FeedProbe {
  /// What is in a feed; a file is read to its end for its length, its rate, and what is wrong with it.
  ///
  /// - Throws: every ``IngestError/Code`` of opening.
  static func describe(
    _ location: FeedLocation, options: InputOptions, interruption: InputInterruption
  ) throws(IngestError) -> InputDescription {
    let input = try FeedInput.open(location, options: options, interruption: interruption)
    var description = input.description
    guard !description.isLive else { return description }
    input.readAll { _ in }
    if let failure = input.failure { throw failure }
    if interruption.isInterrupted { throw IngestError(.interrupted, "reading was stopped", location: location.uri) }
    guard let counters = input.counters(stream: 0), description.streams.indices.contains(0) else { return description }
    if let first = counters.firstTime, let end = counters.end {
      description.streams[0].start = first
      description.streams[0].duration = end - first
      description.duration = end - first
    }
    description.streams[0].elementCount = counters.frames - counters.framesLostInGaps
    var oddities: [String] = []
    if counters.decodeErrors > 0 { oddities.append("lines that cannot be read: \(counters.decodeErrors)") }
    if counters.framesLostInGaps > 0 { oddities.append("lines that come too late: \(counters.framesLostInGaps)") }
    oddities += input.takeFaults().map { "\($0.location): \($0.message)" }
    description.streams[0].oddities = oddities
    return description
  }

  /// Shows every reading of a file to `body`, in the order of their time.
  ///
  /// - Throws: every ``IngestError/Code``; readings up to there have been shown.
  static func frames(
    _ location: FeedLocation, options: InputOptions, interruption: InputInterruption, _ body: (ProbedFrame) -> Void
  ) throws(IngestError) {
    let input = try FeedInput.open(location, options: options, interruption: interruption)
    guard !input.description.isLive else {
      throw IngestError(
        .invalidOption, "the lines of a live feed have no end", location: location.uri,
        remedy: "'braid run' takes them as they come.")
    }
    input.readAll { element in
      let length = if case .text(let segment) = element { segment.duration } else { MediaDuration.zero }
      body(
        ProbedFrame(
          stream: 0, kind: location.kind == .text ? .text : .sensor, time: element.time, duration: length, isKey: true,
          samples: 0))
    }
    if let failure = input.failure { throw failure }
    if interruption.isInterrupted { throw IngestError(.interrupted, "reading was stopped", location: location.uri) }
  }
}
