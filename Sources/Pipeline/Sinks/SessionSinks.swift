internal import BraidCore

/// A session's sinks, as its thread sees them.
///
/// For the session's thread. Allocates: no, in the steady state, but for cues.
final class SessionSinks {
  private struct Running {
    let setting: SinkSetting
    let channel: SinkChannel
    /// The models whose results and events it takes; nil for all.
    var models: Set<String>?
    /// What makes text of events; nil for what takes lines.
    var cues: CueText?
    /// What places the sound that a model makes; nil for what takes none.
    var wave: WaveTimeline?
    /// Whether it was told that sound was left out.
    var hasLeftOut = false
  }

  /// Every sink's setting and channel.
  private var all: [(setting: SinkSetting, channel: SinkChannel)] = []
  private var sinks: [Running] = []
  var films: [FilmSink] = []
  /// What films there are to be.
  let filmSettings: [SinkSetting]
  private let ready: Signal
  let note: @Sendable (String) -> Void
  /// What is dropped where nothing is said.
  private var drop: SinkSetting.Drop
  private let clock: any SessionClock
  /// When the session was told to end.
  private let interruptedAt: () -> HostTime?
  /// Added to lines that are without; nil where they have it.
  var sessionID: String? { didSet { lineEnd = sessionID.map(Self.lineEnd) } }
  /// `,"session":"…"}` and the line's end.
  private var lineEnd: [UInt8]?
  private var marked: [UInt8] = []
  /// How long sinks have to hand on what is left, from when the session ends.
  static let endingTime = MediaDuration.seconds(2)

  /// Opens every sink and starts its thread.
  ///
  /// - Parameters:
  ///   - settings: what each is told.
  ///   - pace: by it what a sink drops where nothing is said.
  ///   - clock: the session's.
  ///   - ready: notified when a sink has something to tell.
  ///   - interruptedAt: when the session was told to end.
  ///   - note: gets what is worth knowing; from any thread.
  /// - Throws: ``PipelineError/Code/outputFailed`` where one cannot be opened.
  init(
    _ settings: [SinkSetting], pace: SessionConfiguration.Pace, clock: any SessionClock, ready: Signal,
    interruptedAt: @escaping () -> HostTime?, note: @escaping @Sendable (String) -> Void
  ) throws(PipelineError) {
    self.clock = clock
    self.interruptedAt = interruptedAt
    self.ready = ready
    self.note = note
    drop = pace == .fast ? .none : .oldest
    // A film needs to know its pictures first.
    filmSettings = settings.filter { $0.kind == .video }
    let settings = settings.filter { $0.kind != .video }
    var writers: [any SinkWriter] = []
    for setting in settings { writers.append(try Self.writer(setting)) }
    for (setting, writer) in zip(settings, writers) {
      sinks.append(
        Running(
          setting: setting, channel: channel(setting, writer, capacity: setting.queueBytes),
          wave: setting.kind == .wav ? WaveTimeline(setting.sampleFormat) : nil))
    }
  }

  func channel(_ setting: SinkSetting, _ writer: any SinkWriter, capacity: Int) -> SinkChannel {
    let channel = SinkChannel(
      SinkChannel.Settings(id: setting.id, capacity: capacity, drop: setting.drop ?? drop), writer: writer,
      clock: clock, ready: ready, place: all.count, note: note)
    all.append((setting, channel))
    return channel
  }

  private static func writer(_ setting: SinkSetting) throws(PipelineError) -> any SinkWriter {
    switch setting.kind {
    case .jsonl:
      let rotates = setting.rotateBytes != nil || setting.rotateEvery != nil
      return try FileSink(
        path: setting.target,
        rotation: rotates
          ? FileSink.Rotation(bytes: setting.rotateBytes, every: setting.rotateEvery, keep: setting.keep) : nil)
    case .vtt, .srt, .rttm: return try FileSink(path: setting.target, rotation: nil)
    case .fifo: return try StreamSink(path: setting.target, place: .fifo)
    case .unix where setting.listens: return try SocketServerSink(path: setting.target)
    case .unix: return try StreamSink(path: setting.target, place: .socket(retry: setting.retry))
    case .http: return try HTTPSink(setting)
    case .wav: return try WaveSink(path: setting.target, format: setting.sampleFormat)
    case .video: preconditionFailure("a film is begun when its pictures are known")
    }
  }

  // MARK: Before

  /// What comes does so as time goes: nothing may wait.
  ///
  /// - Throws: ``PipelineError/Code/configuration`` where a sink is told to drop nothing.
  func comeAsTimeGoes() throws(PipelineError) {
    drop = .oldest
    for setting in sinks.map(\.setting) + filmSettings where setting.drop == SinkSetting.Drop.none {
      throw SessionConfiguration.waitingSink(setting)
    }
    for sink in sinks { sink.channel.drop = sink.setting.drop ?? drop }
  }

  /// Learns what models and streams there are.
  ///
  /// - Throws: ``PipelineError/Code/configuration`` for a model or a stream that there is not,
  ///   ``PipelineError/Code/outputFailed`` for a film that cannot be begun.
  func bind(
    _ models: ModelNames, streams: [StreamSlot], sources: [String: (file: String, channel: Int)]
  ) throws(PipelineError) {
    for setting in filmSettings {
      films.append(try film(setting, chosen: try Self.chosen(setting, among: models), streams: streams))
    }
    for place in sinks.indices {
      let setting = sinks[place].setting
      sinks[place].models = try Self.chosen(setting, among: models)
      let format: CueText.Format
      switch setting.kind {
      case .vtt: format = .webVTT
      case .srt: format = .subRip
      case .rttm: format = .speakers
      default: continue
      }
      let cues = CueText(format, sources: sources)
      sinks[place].cues = cues
      if !cues.head.isEmpty { offer(cues.head, tag: FileSink.untimed, to: sinks[place].channel) }
    }
  }

  /// The models that a sink names; nil for all.
  private static func chosen(_ setting: SinkSetting, among models: ModelNames) throws(PipelineError) -> Set<String>? {
    guard !setting.models.isEmpty else { return nil }
    var chosen: Set<String> = []
    for name in setting.models { chosen.insert(try models.id(of: name, location: "--sink \(setting.id)")) }
    return chosen
  }

  // MARK: While it runs

  /// Takes a line as it leaves.
  func take(_ line: [UInt8], about subject: RecordSubject, at time: MediaTime) {
    var isMarked = false
    for place in sinks.indices {
      guard takes(subject, place) else { continue }
      if let event = subject.event, sinks[place].cues != nil {
        sinks[place].cues?.take(event)
      } else {
        if !isMarked { mark(line) }
        isMarked = true
        offer(marked, tag: time.isOutside ? FileSink.untimed : time.nanoseconds, to: sinks[place].channel)
      }
    }
  }

  /// Hears what a model found in a stream.
  func hear(_ record: ResultRecord, stream: Int) {
    for film in films { film.hear(record, stream: stream) }
    guard case .audio(let sampleRate, let samples) = record.output else { return }
    for place in sinks.indices where sinks[place].wave != nil && sinks[place].models?.contains(record.model) ?? true {
      if let wanted = sinks[place].setting.stream, wanted != record.stream { continue }
      let channel = sinks[place].channel
      let isTaken =
        sinks[place].wave?.take(samples, sampleRate: sampleRate, of: record.model, record.stream, at: record.pts) {
          offer($0, tag: $1, to: channel)
        } ?? true
      guard !isTaken, !sinks[place].hasLeftOut else { continue }
      sinks[place].hasLeftOut = true
      note(
        "\(sinks[place].setting.id): the sound of \(record.model) on \(record.stream) is left out; say models= and stream="
      )
    }
  }

  /// Takes a text that an input has brought.
  func take(_ text: TextSegment) {
    for place in sinks.indices where sinks[place].cues != nil && sinks[place].models == nil {
      let names = sinks[place].setting.names
      if names.isEmpty || names.contains("text") { sinks[place].cues?.take(text) }
    }
  }

  /// Offers the cues that nothing can come before any more, the session having come to `time`.
  func releaseCues(before time: MediaTime) {
    guard !time.isOutside else { return }
    for place in sinks.indices where sinks[place].cues != nil { releaseCues(of: place, before: time) }
  }

  /// Has what was offered handed on.
  func flush() {
    for place in sinks.indices { sinks[place].channel.flush() }
  }

  /// Nothing is waited for any more: the session could not begin, and what is left is handed on as far as there is time.
  func stopWaiting() {
    for sink in all { sink.channel.drop = .oldest }
  }

  /// What has gone wrong, and whether the session ends with it.
  func takeFaults(isOnlyOutput: Bool) -> [(error: PipelineError, isFatal: Bool)] {
    var faults: [(PipelineError, Bool)] = []
    for sink in all {
      for fault in sink.channel.takeFaults() {
        let isLast = isOnlyOutput && all.allSatisfy { $0.channel.failure != nil }
        faults.append((fault, sink.channel.failure == fault && (sink.setting.isRequired || isLast)))
      }
    }
    return faults
  }

  /// What became of what each was offered; where `isDeterministic`, without those that depend on whom they write to.
  func accounts(isDeterministic: Bool) -> [SinkAccount] {
    all.filter { $0.setting.kind.isFile || !isDeterministic }.map(\.channel.account)
  }

  // MARK: At the end

  /// Hands on all that was offered so far, as far as there is time, so that the accounts are final.
  func drain() {
    for place in sinks.indices { releaseCues(of: place, before: .distantFuture) }
    releasePictures(before: .distantFuture)
    for sink in all { sink.channel.beginDraining() }
    let limit = clock.now + Self.endingTime
    for sink in all { sink.channel.drain { [self] in self.limit(of: sink, limit) } }
  }

  /// Hands on what is left and ends every sink.
  func end() {
    let limit = clock.now + Self.endingTime
    for sink in all { sink.channel.end { [self] in self.limit(of: sink, limit) } }
  }

  /// Until when a sink is waited for; nil for as long as it takes.
  private func limit(of sink: (setting: SinkSetting, channel: SinkChannel), _ limit: HostTime) -> HostTime? {
    if let interruptedAt = interruptedAt() {
      // Where ending took long already, what waits still gets some time.
      return max(interruptedAt + Self.endingTime, limit - Self.endingTime + .milliseconds(500))
    }
    return sink.channel.isWaitedFor ? nil : limit
  }

  // MARK: Parts

  private func takes(_ subject: RecordSubject, _ place: Int) -> Bool {
    let sink = sinks[place]
    if sink.wave != nil { return false }
    if let models = sink.models, [.result, .event].contains(subject.type) {
      guard let model = subject.model, models.contains(model) else { return false }
    }
    if sink.setting.kind.takesEvents {
      guard let event = subject.event, sink.cues != nil else { return false }
      let names = sink.setting.names
      if !names.isEmpty { return names.contains(event.name) }
      return sink.setting.kind == .rttm ? event.name == "speech" : event.change == nil
    }
    return sink.setting.types.isEmpty || sink.setting.types.contains(subject.type)
  }

  private func releaseCues(of place: Int, before time: MediaTime) {
    let channel = sinks[place].channel
    sinks[place].cues?.release(before: time) { text, start in offer(text, tag: start.nanoseconds, to: channel) }
  }

  private func offer(_ item: [UInt8], tag: Int64, to channel: SinkChannel) {
    channel.offer(item, tag: tag) { [self] in isGivenUp }
  }

  /// Whether nobody waits any more for what is left.
  var isGivenUp: Bool { interruptedAt().map { clock.now >= $0 + Self.endingTime } ?? false }

  /// The line with the session's id at its end.
  private func mark(_ line: [UInt8]) {
    marked.removeAll(keepingCapacity: true)
    guard let lineEnd, line.count >= 2 else {
      marked.append(contentsOf: line)
      return
    }
    // In place of "}\n".
    marked.append(contentsOf: line[..<(line.count - 2)])
    marked.append(contentsOf: lineEnd)
  }

  private static func lineEnd(_ sessionID: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("session")
    writer.value(sessionID)
    writer.endObject()
    writer.endLine()
    return [UInt8(ascii: ",")] + writer.bytes.dropFirst()
  }
}

extension MediaTime {
  /// Whether it stands for no time: before or after everything.
  fileprivate var isOutside: Bool { self == .distantFuture || self == .distantPast }
}
