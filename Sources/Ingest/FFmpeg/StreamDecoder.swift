import BraidCore
import CFFmpeg
import Glibc

/// The owner of an `AVCodecContext` and of the packets that wait for it: one stream's decoder.
@safe
struct StreamDecoder: ~Copyable {
  /// What a call to the decoder came to.
  enum Step {
    case frame
    /// Nothing waits: the demuxer is to bring a packet.
    case needsPacket
    /// Everything has come out.
    case ended
  }

  let context: UnsafeMutablePointer<AVCodecContext>
  /// Packets to be decoded.
  var queue = PacketQueue()
  /// Set when the demuxer has reached the end: what is in the decoder is then brought out.
  var inputHasEnded = false
  /// Packets and frames that could not be decoded.
  private(set) var errors = 0
  /// Starved marks that everything before has been brought out for.
  private(set) var starvedMarksPassed = 0
  /// Packets of text that were taken out of the queue.
  private(set) var textPacketsTaken = 0
  private var isDraining = false
  private var errorsInARow = 0

  /// Opens FFmpeg's decoder for `stream`; for a live one without what would make it hold frames back.
  @unsafe
  init(
    _ stream: UnsafeMutablePointer<AVStream>, _ options: InputOptions, location: String, isLive: Bool = false
  ) throws(IngestError) {
    let opened = unsafe try Self.open(stream, options, location: location, isLive: isLive)
    unsafe context = opened
  }

  deinit {
    var context: UnsafeMutablePointer<AVCodecContext>? = unsafe context
    unsafe avcodec_free_context(&context)
  }

  private static func open(
    _ stream: UnsafeMutablePointer<AVStream>, _ options: InputOptions, location: String, isLive: Bool
  ) throws(IngestError) -> UnsafeMutablePointer<AVCodecContext> {
    guard let parameters = unsafe stream.pointee.codecpar else {
      throw FFmpegCall.error(-EINVAL, "read the stream's parameters", location: location)
    }
    let name = unsafe FFmpegCall.string(avcodec_get_name(parameters.pointee.codec_id))
    guard let codec = unsafe avcodec_find_decoder(parameters.pointee.codec_id) else {
      throw IngestError(
        .unsupportedCodec, "this build of FFmpeg has no decoder for '\(name)'", location: location,
        remedy: "Convert the stream to a common codec, or install an FFmpeg that has the decoder.")
    }
    guard let context = unsafe avcodec_alloc_context3(codec) else {
      throw FFmpegCall.error(-ENOMEM, "open the decoder", location: location)
    }
    var status = unsafe avcodec_parameters_to_context(context, parameters)
    if status >= 0 {
      unsafe context.pointee.pkt_timebase = stream.pointee.time_base
      unsafe context.pointee.max_pixels = Int64(max(1, options.limits.pixels))
      let isVideo = unsafe parameters.pointee.codec_type == AVMEDIA_TYPE_VIDEO
      unsafe context.pointee.thread_count = isVideo ? Int32(clamping: max(0, options.decoderThreads)) : 1
      // Frame threads keep as many frames back as they are.
      unsafe context.pointee.thread_type = isLive ? FF_THREAD_SLICE : FF_THREAD_FRAME | FF_THREAD_SLICE
      if let encoding = options.textEncoding, unsafe parameters.pointee.codec_type == AVMEDIA_TYPE_SUBTITLE {
        status = unsafe av_opt_set(context, "sub_charenc", encoding, 0)
      }
      if status >= 0 { status = unsafe avcodec_open2(context, codec, nil) }
    }
    guard status >= 0 else {
      var context: UnsafeMutablePointer<AVCodecContext>? = unsafe context
      unsafe avcodec_free_context(&context)
      throw FFmpegCall.error(status, "open the decoder for '\(name)'", location: location)
    }
    return unsafe context
  }

  /// Brings the next frame out, feeding packets that wait. Errors are counted and passed over.
  @unsafe
  mutating func receive(into frame: UnsafeMutablePointer<AVFrame>) -> Step {
    while true {
      let status = unsafe avcodec_receive_frame(context, frame)
      if status >= 0 {
        errorsInARow = 0
        return .frame
      }
      if status == braid_AVERROR_EOF {
        guard queue.first == .starved else { return .ended }
        queue.removeFirst()
        starvedMarksPassed += 1
        isDraining = false
        unsafe avcodec_flush_buffers(context)
        continue
      }
      if status != braid_AVERROR_EAGAIN {
        countError()
        // A decoder that fails without taking anything in would never end.
        if errorsInARow > 1000 {
          queue.removeAll()
          return .ended
        }
        continue
      }
      if !feed() { return .needsPacket }
    }
  }

  /// Gives the decoder what waits. Returns false when nothing does.
  private mutating func feed() -> Bool {
    switch queue.first {
    case .packet:
      let sent = unsafe queue.withFirst { unsafe avcodec_send_packet(context, $0) } ?? 0
      queue.removeFirst()
      if sent < 0 { countError() }
      return true
    case .starved:
      return drain()
    case .nothing:
      return inputHasEnded && drain()
    }
  }

  private mutating func drain() -> Bool {
    if isDraining { return false }
    isDraining = true
    unsafe avcodec_send_packet(context, nil)
    return true
  }

  /// Forgets what it holds, after a part of the stream was left out.
  mutating func reset() {
    queue.removeAll()
    isDraining = false
    errorsInARow = 0
    unsafe avcodec_flush_buffers(context)
  }

  private mutating func countError() {
    errors += 1
    errorsInARow += 1
  }

  /// Decodes the next subtitle packet that waits into ASS events, one a line.
  ///
  /// - Returns: nil with `.needsPacket` or `.ended` when nothing waits.
  mutating func receiveText() -> (
    step: Step, text: String, stamp: Int64?, duration: Int64, milliseconds: (start: Int64, end: Int64)
  ) {
    while true {
      switch queue.first {
      case .nothing: return (inputHasEnded ? .ended : .needsPacket, "", nil, 0, (0, 0))
      case .starved:
        queue.removeFirst()
        starvedMarksPassed += 1
      case .packet:
        var subtitle = unsafe AVSubtitle()
        var got: Int32 = 0
        var stamp: Int64?
        var duration: Int64 = 0
        let status =
          unsafe queue.withFirst { packet -> Int32 in
            stamp = unsafe FFmpegCall.stamp(packet.pointee.pts)
            duration = unsafe packet.pointee.duration
            return unsafe avcodec_decode_subtitle2(context, &subtitle, &got, packet)
          } ?? 0
        queue.removeFirst()
        textPacketsTaken += 1
        if status < 0 {
          countError()
          continue
        }
        guard got != 0 else { continue }
        defer { unsafe avsubtitle_free(&subtitle) }
        var lines: [String] = []
        for index in 0..<Int(unsafe subtitle.num_rects) {
          guard let rectangles = unsafe subtitle.rects, let rectangle = unsafe rectangles[index] else { continue }
          if let event = unsafe rectangle.pointee.ass {
            lines.append(SubtitleText.plain(event: unsafe String(cString: event)))
          } else if let text = unsafe rectangle.pointee.text {
            lines.append(unsafe String(cString: text))
          }
        }
        return (
          .frame, lines.joined(separator: "\n"), stamp, duration,
          unsafe (Int64(subtitle.start_display_time), Int64(subtitle.end_display_time))
        )
      }
    }
  }
}
