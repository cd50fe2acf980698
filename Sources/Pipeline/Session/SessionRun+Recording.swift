internal import BraidCore
internal import BraidInference
internal import BraidIngest

/// Sessions that are recorded, and recordings that are repeated.
extension SessionRun {
  /// Takes everything that the recorded session was from its header.
  func openRecording(_ folder: String) throws {
    let recording = Recording(folder: folder)
    let header = try recording.header()
    replayed = (recording, header)
    try header.options.apply(to: &configuration)
    descriptions = header.inputs
    started = HostTime(nanoseconds: header.made)
    time.zero = HostTime(nanoseconds: header.zero)
    time.step(to: time.zero)
    output.wallOffset = header.wallOffset
    guard !configuration.isDeterministic else { return }
    identity = SessionRecord.Identity(id: header.id, host: header.host, started: header.started)
    output.mark(sessionID: header.id)
  }

  /// What the session takes everything from: its inputs' rings or a recording, whose models run at the times of then where
  /// `repeatsJobs` says so.
  func makeIntake(_ queue: JobQueue?, repeatsJobs: Bool) throws -> any SessionIntake {
    if let (recording, header) = replayed {
      let pictures = try descriptions.enumerated().map { place, description in
        description.streams.contains { $0.isSelected && $0.kind == .video }
          ? try RecordedPictures(
            path: recording.packetsPath(input: place), decoderThreads: configuration.inputOptions.decoderThreads,
            location: header.inputs[place].redactedURI) : nil
      }
      return ReplayIntake(
        session, journal: try recording.openJournal(), location: recording.folder, streams: streams,
        pictures: pictures, queue: queue, time: time, repeatsJobs: repeatsJobs)
    }
    if let folder = configuration.recording { journal = try Recording(folder: folder).makeJournal() }
    return RingIntake(
      session, inputs: inputs, streams: streams, queue: queue, time: time, isPaced: isRealtime, journal: journal)
  }

  /// Writes what the session is, before anything comes.
  func writeRecordingHeader() throws {
    guard let folder = configuration.recording else { return }
    let now = WallClock.nanosecondsSinceEpoch
    try Recording(folder: folder).write(
      Recording.Header(
        version: BraidVersion.current, id: identity?.id ?? "", host: identity?.host ?? "",
        started: identity?.started ?? now, wallOffset: output.wallOffset, made: started.nanoseconds,
        zero: time.zero.nanoseconds, inputs: descriptions.map(\.withoutCredentials), models: models.map(\.id),
        lanes: lanes.count, options: RecordedOptions(configuration)))
  }

  /// Tells why a recording could not be repeated to its end.
  func noteReplayFailure() {
    guard let replay = intake as? ReplayIntake, let failure = replay.failure else { return }
    session.observer.error(failure)
    output.error(failure, isFatal: true)
    status = .input
  }

  /// Tells why a recording is not complete: the disk is full, or cannot be written any more.
  func noteRecordingFailure() {
    guard let journal, let folder = configuration.recording else { return }
    journal.flush()
    guard journal.error != 0 else { return }
    session.observer.error(Recording(folder: folder).outputError(journal.error))
    status = .output
  }
}
