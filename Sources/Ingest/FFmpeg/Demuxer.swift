import BraidCore
import CFFmpeg
import Glibc

/// One opened input: the container and the readers of its selected streams. Opened on the caller's thread, then run on its own.
@safe
final class Demuxer: @unchecked Sendable {
  // SAFETY: used by one thread at a time: the opener's until `start`, then the input's alone. What others read (`failure`,
  // the readers' meters) is behind locks.

  enum Read {
    case packet
    case ended
    case interrupted
  }

  let location: InputLocation
  let limits: InputLimits
  private let readTimeout: MediaDuration
  let interruption: InputInterruption
  let wake = Signal()
  let readers: [StreamReader]
  let failure = Guarded<IngestError?>(nil)
  private let format: FormatContext
  private let packet: UnsafeMutablePointer<AVPacket>
  /// The reader of each of the container's streams.
  private var readerOfStream: [StreamReader?]
  /// How far into the file the demuxer is, by the decoding stamps of sound and pictures.
  var position = MediaTime.distantPast
  private(set) var hasEnded = false
  /// The most bytes of compressed packets that have waited at one time.
  private(set) var peakQueuedBytes = 0
  /// Stamps that started anew: by how much the input's are moved since, and how often.
  var shift = MediaDuration.zero
  var restarts = 0
  private let denseCount: Int
  /// Where every packet is kept as it comes.
  let log: PacketLogWriter?
  /// Whether a file is taken from beginning to end, with all of its sound and pictures.
  let takesWholeFile: Bool
  /// How long the container's header says that it is; nil where it does not.
  let statedDuration: MediaDuration?
  /// Whether there is sound or picture whose position texts can follow.
  var hasPosition: Bool { denseCount > 0 }

  init(
    _ format: consuming FormatContext, _ description: InputDescription, _ options: InputOptions,
    _ location: InputLocation, _ interruption: InputInterruption
  ) throws(IngestError) {
    guard let packet = unsafe av_packet_alloc() else {
      throw FFmpegCall.error(-ENOMEM, "open the input", location: location.redacted)
    }
    let log = try options.packetLog.map { path throws(IngestError) in try PacketLogWriter(path: path) }
    var readers: [StreamReader] = []
    var table = [StreamReader?](repeating: nil, count: description.streams.count)
    do throws(IngestError) {
      for stream in description.streams where stream.isSelected {
        let reader = try StreamReader(
          format, index: stream.index, origin: description.origin, options: options, location: location.redacted)
        readers.append(reader)
        log?.open(stream.index, reader.decoder, timeBase: reader.timeBase, nextPicture: 0)
        table[stream.index] = reader
      }
    } catch {
      var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
      unsafe av_packet_free(&packet)
      throw error
    }
    for index in 0..<format.streamCount where !table.indices.contains(index) || table[index] == nil {
      unsafe format.stream(index)?.pointee.discard = AVDISCARD_ALL
    }
    let takesAll = description.streams.allSatisfy { ![.audio, .video].contains($0.kind) || $0.isSelected }
    takesWholeFile = takesAll && options.start == nil && options.duration == nil && location.place == .file
    let isEstimated = unsafe format.pointer.pointee.duration_estimation_method == AVFMT_DURATION_FROM_BITRATE
    statedDuration = isEstimated ? nil : description.duration
    self.log = log
    self.format = format
    self.location = location
    self.interruption = interruption
    limits = options.limits
    readTimeout = options.live.readTimeout
    self.readers = readers
    readerOfStream = table
    denseCount = readers.count { !$0.isSparse }
    unsafe self.packet = packet
    if let start = options.start { seek(to: start, origin: description.origin) }
  }

  deinit {
    var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
    unsafe av_packet_free(&packet)
  }

  /// Bytes of other streams' packets after which a stream counts as starved, so that all queues together keep to the limit.
  var starvationBytes: Int { limits.queuedBytes / max(1, denseCount - 1) }

  /// Goes to a key frame a second and more before `start`. Where that is impossible the input is read from its beginning.
  private func seek(to start: MediaTime, origin: MediaTime) {
    let target = (start + (origin - .zero) - .seconds(1)).nanoseconds / 1000
    guard start > .zero + .seconds(1) else { return }
    _ = unsafe avformat_seek_file(format.pointer, -1, .min, target, target, 0)
  }

  /// Reads the next packet of the file into its stream's queue. Keeps ``failure`` when reading fails.
  func read() -> Read {
    if interruption.isInterrupted { return .interrupted }
    if location.place == .network { format.deadline.allow(readTimeout) }
    let status = unsafe av_read_frame(format.pointer, packet)
    if status == braid_AVERROR_EAGAIN {
      wake.wait(since: wake.ticket(), until: MonotonicClock().now + .milliseconds(5))
      return .packet
    }
    guard status >= 0 else { return end(status) }
    defer { unsafe av_packet_unref(packet) }
    let index = unsafe Int(packet.pointee.stream_index)
    guard readerOfStream.indices.contains(index), let reader = readerOfStream[index] else { return .packet }
    if unsafe av_packet_get_side_data(packet, AV_PKT_DATA_ENCRYPTION_INFO, nil) != nil {
      fail(
        IngestError(
          .encrypted, "stream \(index) is encrypted", location: location.redacted,
          remedy: "Decrypt it first; Braid holds no keys."))
      return finishInput()
    }
    unsafe setStamps(reader, packet)
    note(reader, bytes: unsafe Int(packet.pointee.size))
    guard !reader.isExhausted else { return .packet }
    unsafe log?.packet(
      packet, stream: index, arrival: MonotonicClock().now, timeBase: reader.timeBase)
    if unsafe !reader.decoder.queue.append(moving: packet) {
      fail(FFmpegCall.error(-ENOMEM, "keep a packet", location: location.redacted))
      return finishInput()
    }
    peakQueuedBytes = max(peakQueuedBytes, readers.reduce(0) { $0 + $1.decoder.queue.byteCount })
    return .packet
  }

  /// Reads until every stream of sound and picture has a packet, or 64 were read, so that encryption which only packets
  /// tell of is known when the input is opened. The packets wait in the queues.
  ///
  /// - Throws: ``IngestError/Code/encrypted``.
  func lookAhead() throws(IngestError) {
    guard location.place != .network else { return }
    for _ in 0..<64 {
      guard readers.contains(where: { !$0.isSparse && $0.decoder.queue.isEmpty }), read() == .packet else { break }
    }
    if let error = failure.withLock({ $0 }), error.code == .encrypted { throw error }
  }

  /// Keeps the first failure.
  func fail(_ error: IngestError) {
    failure.withLock { if $0 == nil { $0 = error } }
  }

  private func end(_ status: Int32) -> Read {
    if interruption.isInterrupted { return .interrupted }
    if format.deadline.hasPassed {
      fail(
        IngestError(
          .timedOut, "nothing came for \(readTimeout.seconds) s", location: location.redacted,
          remedy: "Check the server, or wait longer with --read-timeout; what came before was taken."))
      return finishInput()
    }
    if status == braid_AVERROR_EXIT { return .interrupted }
    var status = status
    if status == braid_AVERROR_EOF, let io = unsafe format.pointer.pointee.pb, unsafe io.pointee.error < 0 {
      status = unsafe io.pointee.error
    }
    if status != braid_AVERROR_EOF {
      fail(
        IngestError(
          .readFailed, "reading stopped before the end", location: location.redacted,
          remedy: "Check that the input is complete.", cause: FFmpegCall.text(status)))
    }
    return finishInput()
  }

  private func finishInput() -> Read {
    hasEnded = true
    for reader in readers { reader.decoder.inputHasEnded = true }
    return .ended
  }

  /// Puts the packet's stamps on one endless line: wraps taken out, starts anew moved behind what came before.
  private func setStamps(_ reader: StreamReader, _ packet: UnsafeMutablePointer<AVPacket>) {
    var presentation = unsafe FFmpegCall.stamp(packet.pointee.pts)
    var decoding = unsafe FFmpegCall.stamp(packet.pointee.dts)
    reader.unwrapper.unwrap(&presentation, &decoding)
    if let stamp = decoding, !reader.isSparse {
      followRestart(reader, stamp, length: unsafe packet.pointee.duration)
    } else if reader.isSparse {
      adoptRestart(reader, presentation ?? decoding)
    }
    if reader.shift != .zero {
      let ticks = reader.timeBase.ticks(nanoseconds: reader.shift.nanoseconds)
      presentation = presentation?.addingSaturating(ticks)
      decoding = decoding?.addingSaturating(ticks)
    }
    reader.lastDecoding = decoding ?? reader.lastDecoding
    unsafe packet.pointee.pts = presentation ?? braid_AV_NOPTS_VALUE
    unsafe packet.pointee.dts = decoding ?? braid_AV_NOPTS_VALUE
    if !reader.isSparse, let stamp = decoding ?? presentation { position = max(position, reader.time(stamp)) }
  }

  /// A decoding stamp more than a second before the stream's last one means that the stamps have started anew: they are moved
  /// to follow it, and the other streams by the same amount when theirs start anew too.
  private func followRestart(_ reader: StreamReader, _ stamp: Int64, length: Int64) {
    guard let last = reader.lastDecoding else { return }
    let moved = reader.time(stamp) + reader.shift
    let before = reader.time(last)
    guard moved < before - .seconds(1) else { return }
    if reader.restartsSeen == restarts || reader.time(stamp) + shift < before - .seconds(1) {
      let tick = MediaDuration(nanoseconds: reader.timeBase.nanoseconds(max(1, length)))
      shift = before + tick - reader.time(stamp)
      restarts += 1
    }
    reader.shift = shift
    reader.restartsSeen = restarts
    reader.counters.stampsBackward += 1
  }

  private func adoptRestart(_ reader: StreamReader, _ stamp: Int64?) {
    guard reader.restartsSeen != restarts, let stamp, let last = reader.lastDecoding,
      reader.time(stamp) + reader.shift < reader.time(last)
    else { return }
    reader.shift = shift
    reader.restartsSeen = restarts
  }
}
