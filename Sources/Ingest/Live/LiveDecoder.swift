import BraidCore
import CFFmpeg
import Glibc

/// The body of the thread that decodes a live source: it takes what the reading thread brings, puts it on the session's
/// timeline, and pushes it into rings that never make it wait.
@safe
final class LiveDecoder: @unchecked Sendable {
  // SAFETY: `run` is the decoding thread's alone; what others read (`estimate`, `failure`, `notices`, the streams' meters) is
  // behind locks, and `streams` itself does not change.

  /// What had come of a stream a while ago.
  private struct Failing {
    /// Over how long, and with how many errors, until the source is opened anew.
    static let patience = MediaDuration.seconds(3)
    static let errors = 30

    var frames = 0
    var errors = 0
    var since = HostTime(nanoseconds: 0)
  }

  /// How far behind what is being read a stream's bound follows when nothing of it comes: for so long others wait for it.
  static let patience = MediaDuration.seconds(2)

  /// How much of a stream is held until its times are known.
  private static let heldBytes = 16 << 20

  let streams: [LiveStream]
  let failure = Guarded<IngestError?>(nil)
  let estimate = Guarded<ClockEstimate?>(nil)
  let notices = NoticeQueue()
  /// Where every packet is kept as it comes.
  private let log: PacketLogWriter?
  private let source: LiveSource
  private let queue: LivePacketQueue
  private let interruption: InputInterruption
  private let kinds: [InputStreamKind]
  private var stamps: LiveStamps
  private var timeline: LiveTimeline
  private var start = HostTime(nanoseconds: 0)
  private var trace: TraceRow?
  /// Whether the source is away.
  private var isAway = false
  private var wasAway = false
  private var lastArrival = HostTime(nanoseconds: 0)
  private var formatChanges: [Int]
  private var failing: [Failing]
  private var connections = 0

  init(
    _ source: LiveSource, _ description: InputDescription, queue: LivePacketQueue, log: PacketLogWriter?,
    resamples: Bool, _ interruption: InputInterruption
  ) {
    self.source = source
    self.log = log
    self.queue = queue
    self.interruption = interruption
    let selected = description.streams.filter(\.isSelected)
    streams = selected.enumerated().map { LiveStream(place: $0.offset, $0.element) }
    if resamples {
      for stream in streams where stream.kind == .audio {
        stream.driftFree = DriftFreeSound(location: source.redacted)
      }
    }
    kinds = selected.map(\.kind)
    stamps = LiveStamps(count: selected.count)
    timeline = LiveTimeline(kinds, beginsAtOnce: source.timing == .stamps)
    formatChanges = Array(repeating: 0, count: selected.count)
    failing = Array(repeating: Failing(), count: selected.count)
  }

  /// Decodes until the source has ended or the input is stopped, then finishes the rings.
  func run(start: HostTime, clock: any SessionClock, trace: TraceRow?) {
    self.start = start
    self.trace = trace
    defer { finish() }
    guard let packet = unsafe av_packet_alloc() else {
      fail(FFmpegCall.error(-ENOMEM, "decode", location: source.redacted))
      return
    }
    defer {
      var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
      unsafe av_packet_free(&packet)
    }
    while !interruption.isInterrupted {
      let ticket = queue.ready.ticket()
      let item = unsafe queue.take(into: packet)
      if case .nothing = item {
        tick(clock.now)
        clock.wait(on: queue.ready, since: ticket, until: clock.now + .milliseconds(50))
      } else if unsafe !handle(item, packet, now: clock.now) {
        return
      }
    }
  }

  /// Everything that a source brings passes here, in order: each packet with its arrival, and what happened to the connection.
  ///
  /// - Returns: false after the last item.
  private func handle(
    _ item: LivePacketQueue.Item, _ packet: UnsafeMutablePointer<AVPacket>, now: HostTime
  ) -> Bool {
    switch item {
    case .nothing: break
    case .packet(let stream, let arrival):
      unsafe take(packet, streams[stream], arrival)
      unsafe av_packet_unref(packet)
      publishBounds(upTo: arrival)
      if let error = streams[stream].failure {
        fail(error)
        return false
      }
    case .dropped(let dropped):
      for stream in streams where dropped[stream.place].packets > 0 {
        log?.mark(stream.index)
        stream.drop(dropped[stream.place], timeline, start)
      }
    case .opened(let opened): open(opened, now)
    case .changed(let place, let changed): change(streams[place], changed, now)
    case .lost(let error, let time): lose(error, time)
    case .ended(let error):
      drain()
      if let error { fail(error) }
      return false
    }
    return true
  }

  // MARK: - Packets

  private func take(_ packet: UnsafeMutablePointer<AVPacket>, _ stream: LiveStream, _ arrival: HostTime) {
    lastArrival = arrival
    guard let reader = stream.reader else { return }
    // Its decoder has given up.
    guard !reader.isExhausted else { return queue.requestReopening(of: connections) }
    var presentation = unsafe FFmpegCall.stamp(packet.pointee.pts)
    var decoding = unsafe FFmpegCall.stamp(packet.pointee.dts)
    let place = stamps.place(
      &presentation, &decoding, length: unsafe packet.pointee.duration, of: stream.place, at: arrival)
    unsafe packet.pointee.pts = presentation ?? braid_AV_NOPTS_VALUE
    unsafe packet.pointee.dts = decoding ?? braid_AV_NOPTS_VALUE
    unsafe log?.packet(
      packet, stream: stream.index, arrival: arrival, timeBase: reader.timeBase)
    if unsafe !reader.decoder.queue.append(moving: packet) {
      return fail(FFmpegCall.error(-ENOMEM, "keep a packet", location: source.redacted))
    }
    guard let place else {
      if timeline.hasBegun { decode(stream) }
      return
    }
    if place.hasJumped {
      stream.jump(at: place.time)
      if place.isFirst { noteJump(arrival) }
    }
    switch timeline.observe(place.time, of: stream.place, at: arrival) {
    case .followed:
      if timeline.hasBegun {
        decode(stream)
      } else if reader.decoder.queue.byteCount > Self.heldBytes {
        if case .begun = timeline.settle(at: arrival, atOnce: true) { for stream in streams { decode(stream) } }
      }
    case .begun: for stream in streams { decode(stream) }
    case .jumped:
      for stream in streams {
        stream.jump(at: place.time)
        decode(stream)
      }
      noteJump(arrival)
    }
    estimate.withLock { $0 = timeline.estimate }
  }

  private func decode(_ stream: LiveStream) {
    trace.span(stream.kind == .audio ? "decode sound" : "decode") { stream.decode(timeline, start) }
    guard let reader = stream.reader else { return }
    checkDecoding(stream, reader)
    guard reader.counters.formatChanges != formatChanges[stream.place] else { return }
    formatChanges[stream.place] = reader.counters.formatChanges
    let text =
      if let size = reader.pictureSize { "\(size.width)x\(size.height)" } else {
        "\(reader.assembler.sampleRate) Hz, \(reader.assembler.channelCount) channels"
      }
    note(.formatChanged, stream, lastArrival, text)
  }

  /// A stream that gave frames and now hardly anything but errors has changed in a way that its container does not tell: the
  /// source is opened anew.
  private func checkDecoding(_ stream: LiveStream, _ reader: StreamReader) {
    let last = failing[stream.place]
    guard lastArrival - last.since >= Failing.patience else { return }
    let (frames, errors) = (reader.counters.frames, reader.counters.decodeErrors)
    failing[stream.place] = Failing(frames: frames, errors: errors, since: lastArrival)
    // What is not this kind of data looks like a picture now and then.
    guard last.frames > 0, errors - last.errors >= Failing.errors, (frames - last.frames) * 4 < errors - last.errors
    else { return }
    queue.requestReopening(of: connections)
  }

  private func noteJump(_ time: HostTime) {
    note(.clockJumped, nil, time, "the stamps jumped")
  }

  // MARK: - Connections

  private func open(_ opened: LiveConnection.Streams, _ now: HostTime) {
    timeline = LiveTimeline(kinds, beginsAtOnce: source.timing == .stamps)
    stamps = LiveStamps(count: streams.count)
    connections += 1
    for (stream, reader) in zip(streams, opened.readers) {
      setReader(stream, reader)
      guard wasAway else { continue }
      stream.interrupt(.network, isByLength: true)
      // Others were told that nothing from before would come.
      stream.floor = max(stream.floor, stream.bound)
    }
    isAway = false
    if wasAway { note(.reconnected, nil, now, "") }
  }

  private func setReader(_ stream: LiveStream, _ reader: StreamReader?) {
    stream.setReader(reader)
    formatChanges[stream.place] = 0
    failing[stream.place] = Failing(since: lastArrival)
    guard let reader else { return }
    log?.open(stream.index, reader.decoder, timeBase: reader.timeBase, nextPicture: reader.picturesDecoded)
    stamps.setStream(
      stream.place, timeBase: reader.timeBase, bits: reader.stampBits, isSparse: reader.isSparse)
  }

  private func change(_ stream: LiveStream, _ changed: LiveConnection.Changed, _ now: HostTime) {
    stream.drain(timeline, start)
    setReader(stream, changed.reader)
    note(.formatChanged, stream, now, changed.text)
  }

  private func lose(_ error: IngestError, _ time: HostTime) {
    drain()
    isAway = true
    wasAway = true
    note(.disconnected, nil, time, error.cause.map { "\(error.message): \($0)" } ?? error.message)
    tick(time)
  }

  /// Brings out what the connection's readers hold. What never had a time, because too little came, is given up.
  private func drain() {
    for stream in streams {
      if timeline.hasBegun { stream.drain(timeline, start) }
      stream.setReader(nil)
    }
  }

  // MARK: - Time going by

  /// What is to be done though nothing comes.
  private func tick(_ now: HostTime) {
    if case .begun = timeline.settle(at: now) { for stream in streams { decode(stream) } }
    publishBounds(upTo: now)
  }

  /// Lets nobody wait for streams that give nothing: while the source is away, and where one of them is silent.
  private func publishBounds(upTo now: HostTime) {
    let time = MediaTime.zero + (now - start)
    for stream in streams { stream.advance(isAway ? time : time - Self.patience) }
  }

  private func note(_ kind: InputNotice.Kind, _ stream: LiveStream?, _ time: HostTime, _ cause: String) {
    let epoch = stream?.epoch ?? streams.map(\.epoch).max() ?? 0
    let isNew = kind == .reconnected || kind == .clockJumped
    notices.append(
      InputNotice(
        kind: kind, stream: stream?.index, time: .zero + (time - start), epoch: isNew ? epoch + 1 : epoch, cause: cause)
    )
  }

  private func fail(_ error: IngestError) {
    failure.withLock { if $0 == nil { $0 = error } }
  }

  private func finish() {
    for stream in streams {
      if timeline.hasBegun, let reader = stream.reader {
        if stream.kind == .audio { reader.assembler.flush(to: &reader.outbox) }
        stream.decode(timeline, start)
      }
      stream.setReader(nil)
      stream.ring?.finish()
    }
    log?.flush()
  }
}
