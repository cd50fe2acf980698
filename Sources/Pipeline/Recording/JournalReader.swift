internal import BraidCore
internal import BraidIngest

/// One entry of a journal.
enum JournalEntry {
  case round(interruption: ExitStatus?)
  /// A picture is without its pixels: its number says which it is.
  case picture(VideoHead, stream: Int)
  case event(IntakeEvent)
  case job(model: Int, started: HostTime, finished: HostTime)
  case noJob
  case warmUp([MediaDuration])
  case readings(StreamReadings)
  case notice(InputNotice, input: Int)
  case failure(IngestError, input: Int)
  case fault(IngestError, input: Int)
  case end(peakMemory: Int64)

  /// What a picture is, but for its pixels.
  struct VideoHead {
    var time: MediaTime
    var captured: HostTime?
    var epoch: Int
    var duration: MediaDuration
    var number: Int
  }
}

/// Reads what ``JournalWriter`` wrote.
final class JournalReader {
  private let entries: EntryReader
  private let pool = RecyclingPool<SampleBuffer> { SampleBuffer(capacity: 4096) }
  private var peeked: (entry: JournalEntry, time: HostTime?)?

  init(_ entries: EntryReader) { self.entries = entries }

  /// The entry that comes next; nil at the end of the journal.
  func peek() throws(EntryError) -> (entry: JournalEntry, time: HostTime?)? {
    if peeked == nil { peeked = try read() }
    return peeked
  }

  /// Goes past the entry that ``peek()`` gave.
  func advance() { peeked = nil }

  private func read() throws(EntryError) -> (entry: JournalEntry, time: HostTime?)? {
    guard var fields = try entries.next() else { return nil }
    guard let tag = JournalTag(rawValue: fields.tag) else { throw fields.fault("an entry of an unknown kind") }
    switch tag {
    case .noJob: return (.noJob, nil)
    case .warmUp:
      let count = try fields.integer(in: 0...4096)
      var durations: [MediaDuration] = []
      for _ in 0..<count { durations.append(MediaDuration(nanoseconds: try fields.integer())) }
      return (.warmUp(durations), nil)
    case .readings: return (.readings(try Self.readings(&fields)), nil)
    case .notice: return (try Self.notice(&fields), nil)
    case .failure:
      let (error, input) = try Self.error(&fields)
      return (.failure(error, input: input), nil)
    case .fault:
      let (error, input) = try Self.error(&fields)
      return (.fault(error, input: input), nil)
    case .round, .audio, .video, .text, .sensor, .gap, .bound, .finished, .job, .end:
      let time = HostTime(nanoseconds: try fields.integer())
      return (try timed(tag, &fields), time)
    }
  }

  private func timed(_ tag: JournalTag, _ fields: inout EntryFields) throws(EntryError) -> JournalEntry {
    switch tag {
    case .round:
      let status = try fields.integer(in: -1...255)
      return .round(interruption: status < 0 ? nil : ExitStatus(code: Int32(status)))
    case .job:
      return .job(
        model: try fields.integer(in: 0...4096), started: HostTime(nanoseconds: try fields.integer()),
        finished: HostTime(nanoseconds: try fields.integer()))
    case .end: return .end(peakMemory: try fields.integer())
    case .bound:
      let stream = try Self.stream(&fields)
      return .event(.bound(MediaTime(nanoseconds: try fields.integer()), stream: stream))
    case .finished: return .event(.finished(stream: try Self.stream(&fields)))
    default:
      let stream = try Self.stream(&fields)
      let time = MediaTime(nanoseconds: try fields.integer())
      let stamp = try fields.integer()
      let captured = stamp == .min ? nil : HostTime(nanoseconds: stamp)
      let epoch = try fields.integer(in: 0...Int.max)
      return try element(tag, stream, time, captured, epoch, &fields)
    }
  }

  private func element(
    _ tag: JournalTag, _ stream: Int, _ time: MediaTime, _ captured: HostTime?, _ epoch: Int,
    _ fields: inout EntryFields
  ) throws(EntryError) -> JournalEntry {
    switch tag {
    case .audio:
      let rate = try fields.integer(in: 1...768_000)
      let channels = try fields.integer(in: 1...64)
      let frames = try fields.integer(in: 1...(1 << 24))
      let decoded = try fields.integer(in: 0...Int.max)
      let pool = pool
      let (buffer, count) = try fields.samples { count in
        let buffer = pool.take()
        buffer.reserve(count)
        return buffer
      }
      guard count == frames * channels else { throw fields.fault("a block has \(count) samples") }
      return .event(
        .element(
          .audio(
            AudioBlock(
              time: time, captured: captured, epoch: epoch, sampleRate: rate, channelCount: channels,
              frameCount: frames, decodedFrames: decoded, samples: buffer)), stream: stream))
    case .video:
      let duration = MediaDuration(nanoseconds: try fields.integer())
      return .picture(
        JournalEntry.VideoHead(
          time: time, captured: captured, epoch: epoch, duration: duration, number: try fields.integer(in: 0...Int.max)),
        stream: stream)
    case .text:
      let duration = MediaDuration(nanoseconds: try fields.integer())
      return .event(
        .element(
          .text(TextSegment(time: time, duration: duration, captured: captured, epoch: epoch, text: try fields.text())),
          stream: stream))
    case .sensor:
      let count = try fields.integer(in: 0...65_536)
      var values: [Double] = []
      for _ in 0..<count { values.append(try fields.real()) }
      return .event(
        .element(.sensor(SensorSample(time: time, captured: captured, epoch: epoch, values: values)), stream: stream))
    default:
      let duration = MediaDuration(nanoseconds: try fields.integer())
      let numbers = try (0..<3).map { _ throws(EntryError) in try fields.integer(in: 0...Int.max) }
      guard let reason = Gap.Reason(rawValue: try fields.text()) else { throw fields.fault("a gap without a reason") }
      return .event(
        .element(
          .gap(
            Gap(
              time: time, duration: duration, epoch: epoch, newEpoch: numbers[0], samples: numbers[1],
              frames: numbers[2], reason: reason)), stream: stream))
    }
  }

  private static func stream(_ fields: inout EntryFields) throws(EntryError) -> Int {
    try fields.integer(in: 0...65_535)
  }

  private static func readings(_ fields: inout EntryFields) throws(EntryError) -> StreamReadings {
    var readings = StreamReadings()
    func count() throws(EntryError) -> Int { try fields.integer(in: 0...Int.max) }
    func time() throws(EntryError) -> MediaTime? {
      let value = try fields.integer()
      return value == .min ? nil : MediaTime(nanoseconds: value)
    }
    readings.ring.pushed = try count()
    readings.ring.popped = try count()
    readings.ring.dropped = try count()
    readings.ring.waiting = try count()
    readings.depth = try count()
    readings.counters.frames = try count()
    readings.counters.samples = try count()
    readings.counters.decodeErrors = try count()
    readings.counters.framesLostInGaps = try count()
    readings.counters.samplesLostInGaps = try count()
    readings.counters.stampsMissing = try count()
    readings.counters.stampsBackward = try count()
    readings.counters.stampsOutlying = try count()
    readings.counters.formatChanges = try count()
    readings.counters.gaps = try count()
    readings.counters.firstTime = try time()
    readings.counters.lastTime = try time()
    readings.counters.end = try time()
    let known = try fields.integer(in: 0...2)
    let rate = try fields.real()
    let offset = MediaDuration(nanoseconds: try fields.integer())
    let jitter = MediaDuration(nanoseconds: try fields.integer())
    if known > 0 {
      readings.clock = ClockEstimate(partsPerMillion: known == 2 ? rate : nil, offset: offset, jitter: jitter)
    }
    return readings
  }

  private static func notice(_ fields: inout EntryFields) throws(EntryError) -> JournalEntry {
    let input = try fields.integer(in: 0...65_535)
    guard let kind = InputNotice.Kind(rawValue: try fields.text()) else { throw fields.fault("an unknown notice") }
    let stream = try fields.integer(in: -1...65_535)
    let time = MediaTime(nanoseconds: try fields.integer())
    let epoch = try fields.integer(in: 0...Int.max)
    return .notice(
      InputNotice(kind: kind, stream: stream < 0 ? nil : stream, time: time, epoch: epoch, cause: try fields.text()),
      input: input)
  }

  private static func error(_ fields: inout EntryFields) throws(EntryError) -> (error: IngestError, input: Int) {
    let input = try fields.integer(in: 0...65_535)
    let texts = try (0..<5).map { _ throws(EntryError) in try fields.text() }
    return (
      IngestError(
        IngestError.Code(texts[0]), texts[1], location: texts[2], remedy: texts[3],
        cause: texts[4].isEmpty ? nil : texts[4]), input
    )
  }
}
