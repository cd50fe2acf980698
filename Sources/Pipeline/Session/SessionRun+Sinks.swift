internal import BraidCore
internal import BraidIngest

/// A session's sinks: told what there is, watched, ended.
extension SessionRun {
  /// Tells the sinks what models and streams there are, and whether time is real.
  func bindSinks(_ loaded: [LoadedModel]) throws {
    guard let sinks else { return }
    // A recorded session is repeated as fast as it can be, whatever its pace was.
    if isRealtime, replayed == nil { try sinks.comeAsTimeGoes() }
    try sinks.bind(
      ModelNames(loaded.map { (given: $0.given, description: $0.description) }), streams: streams,
      sources: recordings)
  }

  /// Hands on the pictures that are held for films and for which everything has been told.
  func releaseFilms() {
    guard let sinks, sinks.hasFilms else { return }
    guard !isRealtime || replayed != nil else {
      // Nobody is waited for longer than a second.
      let told = models.reduce(MediaTime.distantFuture) { min($0, $1.bound) }
      return sinks.releasePictures(before: max(told, time.media(at: time.now) - .seconds(1)), isLimited: true)
    }
    sinks.releasePictures(before: bound)
    // What models have not looked at yet waits for them, not they for it.
    while sinks.holdsTooMuch, dispatcher?.waitForOne() == true {
      for model in models { model.settle() }
      sinks.releasePictures(before: bound)
    }
    sinks.releasePictures(before: bound, isLimited: true)
  }

  /// Tells what has gone wrong with sinks. Returns whether the session ends with it.
  func noteSinkFaults() -> Bool {
    guard let sinks else { return false }
    var isOver = false
    for (error, isFatal) in sinks.takeFaults(isOnlyOutput: configuration.output == "/dev/null") {
      session.observer.error(error)
      output.error(error, isFatal: isFatal)
      if isFatal {
        isOver = true
        if status == .done { status = .output }
      }
    }
    return isOver
  }

  /// Has all but the summary handed on, so that it can say what became of it.
  func drainSinks() {
    guard let sinks else { return }
    output.release(before: .distantFuture, flush: true)
    sinks.drain()
    _ = noteSinkFaults()
  }

  /// Ends the sinks. What goes wrong only now is told to people alone.
  func endSinks() {
    guard let sinks else { return }
    sinks.end()
    for (error, isFatal) in sinks.takeFaults(isOnlyOutput: configuration.output == "/dev/null") {
      session.observer.error(error)
      if isFatal, status == .done { status = .output }
    }
  }

  /// What RTTM calls each stream: its input's name without folders and suffix, and which of its streams of sound it is.
  private var recordings: [String: (file: String, channel: Int)] {
    var counts: [Int: Int] = [:]
    var recordings: [String: (file: String, channel: Int)] = [:]
    for stream in streams {
      let name = descriptions[stream.input].redactedURI.split(separator: "/").last.map(String.init) ?? "session"
      let stem = name.lastIndex(of: ".").map { $0 == name.startIndex ? name : String(name[..<$0]) } ?? name
      if stream.kind == .audio { counts[stream.input, default: 0] += 1 }
      recordings[stream.id] = (CueText.word(stem), max(1, counts[stream.input] ?? 1))
    }
    return recordings
  }
}
