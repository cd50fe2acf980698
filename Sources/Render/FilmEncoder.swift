import BraidCore
import CFFmpeg

/// An encoder and the stream of a film that it fills. Wraps a codec context of FFmpeg's.
///
/// One owner, one thread at a time.
@safe
final class FilmEncoder {
  private let context: UnsafeMutablePointer<AVCodecContext>
  private let packet: UnsafeMutablePointer<AVPacket>
  private let stream: UnsafeMutablePointer<AVStream>
  private let file: UnsafeMutablePointer<AVFormatContext>
  private let location: String
  /// Ticks a second.
  let ticks: Int64
  /// How long each frame is shown that has gone in and not come out, in ticks.
  private var durations: [Int64] = []
  /// Samples in a frame, for sound; 0 for any number.
  var frameSize: Int { unsafe Int(context.pointee.frame_size) }

  /// Adds a stream to a film whose head is not written yet. `prepare` sets what the encoder has to know.
  init(
    _ codec: UnsafePointer<AVCodec>, in file: UnsafeMutablePointer<AVFormatContext>, ticks: Int64, location: String,
    _ prepare: (UnsafeMutablePointer<AVCodecContext>) -> Void
  ) throws(RenderError) {
    let failure = RenderError(.writeFailed, "there is no memory for an encoder", location: location)
    guard let context = unsafe avcodec_alloc_context3(codec) else { throw failure }
    guard let packet = unsafe av_packet_alloc(), let stream = unsafe avformat_new_stream(file, nil) else {
      var context = unsafe Optional(context)
      unsafe avcodec_free_context(&context)
      throw failure
    }
    unsafe self.context = context
    unsafe self.packet = packet
    unsafe self.stream = stream
    unsafe self.file = file
    self.location = location
    self.ticks = ticks
    unsafe prepare(context)
    unsafe context.pointee.time_base = av_make_q(1, Int32(clamping: ticks))
    // Threads are given, not taken.
    unsafe context.pointee.thread_count = 1
    unsafe context.pointee.flags |= AV_CODEC_FLAG_BITEXACT
    if unsafe file.pointee.oformat.pointee.flags & AVFMT_GLOBALHEADER != 0 {
      unsafe context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
    }
    try RenderError.check(unsafe avcodec_open2(context, codec, nil), "start the encoder", location: location)
    try RenderError.check(
      unsafe avcodec_parameters_from_context(stream.pointee.codecpar, context), "describe a stream",
      location: location)
    unsafe stream.pointee.time_base = unsafe context.pointee.time_base
  }

  deinit {
    var context = unsafe Optional(context)
    unsafe avcodec_free_context(&context)
    var packet = unsafe Optional(packet)
    unsafe av_packet_free(&packet)
  }

  /// Encodes a frame that is shown for so many ticks, nil for the end, and writes what has become ready. Returns the bytes of it.
  ///
  /// Frames come out in their order. Players end a film where its last frame does, so that must last.
  func encode(_ frame: UnsafeMutablePointer<AVFrame>?, duration: Int64 = 0) throws(RenderError) -> Int {
    if unsafe frame != nil { durations.append(duration) }
    try RenderError.check(unsafe avcodec_send_frame(context, frame), "encode", location: location)
    var bytes = 0
    while true {
      let status = unsafe avcodec_receive_packet(context, packet)
      if status == braid_AVERROR_EAGAIN || status == braid_AVERROR_EOF { return bytes }
      try RenderError.check(status, "encode", location: location)
      bytes += unsafe Int(packet.pointee.size)
      if let duration = durations.first {
        durations.removeFirst()
        if duration > 0 { unsafe packet.pointee.duration = duration }
      }
      unsafe packet.pointee.stream_index = unsafe stream.pointee.index
      unsafe av_packet_rescale_ts(packet, context.pointee.time_base, stream.pointee.time_base)
      try RenderError.check(unsafe av_interleaved_write_frame(file, packet), "write the film", location: location)
    }
  }
}

/// One frame of FFmpeg's, with memory for it.
@safe
final class FilmFrame {
  let frame: UnsafeMutablePointer<AVFrame>

  /// A frame for which `prepare` says what it holds.
  init(location: String, _ prepare: (UnsafeMutablePointer<AVFrame>) -> Void) throws(RenderError) {
    guard let frame = unsafe av_frame_alloc() else {
      throw RenderError(.writeFailed, "there is no memory for a frame", location: location)
    }
    unsafe self.frame = frame
    unsafe prepare(frame)
    try RenderError.check(unsafe av_frame_get_buffer(frame, 0), "make room for a frame", location: location)
  }

  deinit {
    var frame = unsafe Optional(frame)
    unsafe av_frame_free(&frame)
  }

  /// Has memory of its own again, where the encoder still holds what it was given.
  func beginWriting(location: String) throws(RenderError) {
    try RenderError.check(unsafe av_frame_make_writable(frame), "make room for a frame", location: location)
  }
}
