import BraidCore
import BraidMedia
import CFFmpeg
import Glibc

/// The owner of an `AVFormatContext`: one opened container.
@safe
struct FormatContext: ~Copyable {
  let pointer: UnsafeMutablePointer<AVFormatContext>
  /// The interrupt callback points at it: it must live as long as the context.
  let deadline: InputDeadline
  private let pipe: PipeInput?

  /// Containers that open further inputs, by the names that FFmpeg gives them.
  private static let playlists: Set<String> = [
    "hls", "applehttp", "dash", "concat", "sdp", "imf", "vobsub", "webm_dash_manifest", "avisynth", "vapoursynth",
    "lavfi", "mpsub", "rtsp", "rtp", "sap", "tty",
  ]
  /// Those of them that are protocols too: fine when the URL asks for them.
  private static let protocolFormats: Set<String> = ["rtsp", "rtp", "sap"]

  /// Opens the container and finds out about its streams. What may be silent has `options.live.openTimeout` to answer.
  ///
  /// - Throws: ``IngestError/Code/timedOut``, `interrupted`, and what ``open(_:_:_:)`` does.
  init(_ location: InputLocation, _ options: InputOptions, _ interruption: InputInterruption) throws(IngestError) {
    LibraryLog.silence()
    av_max_alloc(max(1 << 20, options.limits.allocationBytes))
    let deadline = InputDeadline(interruption)
    if location.place != .file { deadline.allow(options.live.openTimeout) }
    let (pipe, opened) = unsafe try Self.openInTime(location, options, deadline)
    deadline.allow(.unlimited)
    self.deadline = deadline
    self.pipe = pipe
    unsafe pointer = opened
  }

  private static func openInTime(
    _ location: InputLocation, _ options: InputOptions, _ deadline: InputDeadline
  ) throws(IngestError) -> (PipeInput?, UnsafeMutablePointer<AVFormatContext>) {
    do throws(IngestError) {
      var location = location
      let pipe = try PipeInput(location, deadline)
      if let pipe { (location.url, location.protocols) = (pipe.url, pipe.protocols) }
      return unsafe (pipe, try open(location, options, deadline))
    } catch {
      throw deadline.isOver ? overError(deadline, location, options) : error
    }
  }

  private static func overError(
    _ deadline: InputDeadline, _ location: InputLocation, _ options: InputOptions
  ) -> IngestError {
    if deadline.interruption.isInterrupted {
      return IngestError(.interrupted, "opening was stopped", location: location.redacted)
    }
    return IngestError(
      .timedOut, "it did not answer within \(options.live.openTimeout.seconds) s", location: location.redacted,
      remedy: "Check that something sends there, or give it longer with --open-timeout.")
  }

  /// Takes over an opened context.
  @unsafe
  init(_ pointer: UnsafeMutablePointer<AVFormatContext>, _ deadline: InputDeadline) {
    unsafe self.pointer = pointer
    self.deadline = deadline
    pipe = nil
  }

  deinit {
    let io = unsafe pointer.pointee.flags & AVFMT_FLAG_CUSTOM_IO != 0 ? pointer.pointee.pb : nil
    var pointer: UnsafeMutablePointer<AVFormatContext>? = unsafe pointer
    unsafe avformat_close_input(&pointer)
    if var io = unsafe Optional(io) { unsafe avio_closep(&io) }
  }

  /// How many streams there are now; some containers grow.
  var streamCount: Int { unsafe Int(pointer.pointee.nb_streams) }

  /// A stream, or nil where there is none.
  @unsafe
  func stream(_ index: Int) -> UnsafeMutablePointer<AVStream>? {
    guard index >= 0, index < streamCount, let streams = unsafe pointer.pointee.streams else { return nil }
    return unsafe streams[index]
  }

  /// Whether its server gives neither a length nor ranges, so that it is made as it is sent.
  var isUnbounded: Bool {
    guard let io = unsafe pointer.pointee.pb else { return false }
    return unsafe io.pointee.seekable == 0 && avio_size(io) < 0
  }

  private static func callback(_ deadline: InputDeadline) -> AVIOInterruptCB {
    unsafe AVIOInterruptCB(
      callback: { opaque in
        guard let opaque = unsafe opaque else { return 0 }
        return unsafe Unmanaged<InputDeadline>.fromOpaque(opaque).takeUnretainedValue().isOver ? 1 : 0
      }, opaque: Unmanaged.passUnretained(deadline).toOpaque())
  }

  private static func open(
    _ location: InputLocation, _ options: InputOptions, _ deadline: InputDeadline
  ) throws(IngestError) -> UnsafeMutablePointer<AVFormatContext> {
    var format: UnsafePointer<AVInputFormat>?
    if let name = location.format ?? options.format {
      unsafe format = av_find_input_format(name)
      guard unsafe format != nil else {
        throw IngestError(
          .invalidOption, "there is no container format '\(name)'", location: location.redacted,
          remedy: "'ffmpeg -demuxers' lists the names.")
      }
    }
    var io: UnsafeMutablePointer<AVIOContext>?
    if location.place != .network, location.format == nil, options.format == nil {
      unsafe (format, io) = try probe(location, options, deadline)
      // Files are opened anew, so that the container's own reader sets up the protocol.
      if location.place == .file { unsafe avio_closep(&io) }
    }
    guard var context = unsafe avformat_alloc_context() else {
      unsafe avio_closep(&io)
      throw FFmpegCall.error(-ENOMEM, "open the input", location: location.redacted)
    }
    unsafe context.pointee.interrupt_callback = callback(deadline)
    unsafe context.pointee.probesize = Int64(max(32, options.limits.probeBytes))
    unsafe context.pointee.max_analyze_duration = max(0, options.limits.probeDuration.nanoseconds / 1000)
    if unsafe io != nil {
      unsafe context.pointee.pb = io
      unsafe context.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
    }
    var settings = Options()
    settings.set("protocol_whitelist", location.protocols)
    settings.set("pattern_type", "none")
    if options.format == nil, location.place == .network {
      let asked = location.format.map { "\($0)," } ?? ""
      settings.set("format_whitelist", asked + allowedFormats)
    }
    for (name, value) in location.settings { settings.set(name, value) }
    var optional: UnsafeMutablePointer<AVFormatContext>? = unsafe context
    let status = unsafe settings.lend { unsafe avformat_open_input(&optional, location.url, format, $0) }
    guard status >= 0, let opened = unsafe optional else {
      unsafe avio_closep(&io)
      throw openError(status, location)
    }
    unsafe context = opened
    do throws(IngestError) {
      unsafe try examine(context, location, options)
      return unsafe context
    } catch {
      unsafe optional = unsafe context
      unsafe avformat_close_input(&optional)
      unsafe avio_closep(&io)
      throw error
    }
  }

  private static func openError(_ status: Int32, _ location: InputLocation) -> IngestError {
    let error = FFmpegCall.error(status, "open it as media", location: location.redacted)
    guard location.place == .network, status == -EINVAL else { return error }
    return IngestError(
      .protocolRefused, "it is no media, or a playlist, which would open further inputs", location: location.redacted,
      remedy: "If it is a playlist that you trust, name its format with --format hls (or dash, concat, sdp).",
      cause: error.cause)
  }

  private static func examine(
    _ context: UnsafeMutablePointer<AVFormatContext>, _ location: InputLocation, _ options: InputOptions
  ) throws(IngestError) {
    func checkCount() throws(IngestError) {
      let count = unsafe Int(context.pointee.nb_streams)
      guard count <= options.limits.streams else {
        throw IngestError(
          .limitExceeded, "it has \(count) streams, and \(options.limits.streams) are allowed",
          location: location.redacted, remedy: "Raise the limit on streams if the input is trusted.")
      }
    }
    try checkCount()
    try FFmpegCall.check(
      unsafe avformat_find_stream_info(context, nil), "find out about its streams", location: location.redacted)
    try checkCount()
  }

  /// Reads the beginning to find out the format, and refuses those that would open other inputs.
  private static func probe(
    _ location: InputLocation, _ options: InputOptions, _ deadline: InputDeadline
  ) throws(IngestError) -> (UnsafePointer<AVInputFormat>?, UnsafeMutablePointer<AVIOContext>?) {
    var settings = Options()
    settings.set("protocol_whitelist", location.protocols)
    var callback = unsafe callback(deadline)
    var io: UnsafeMutablePointer<AVIOContext>?
    let opened = unsafe settings.lend { unsafe avio_open2(&io, location.url, AVIO_FLAG_READ, &callback, $0) }
    try FFmpegCall.check(opened, "read it", location: location.redacted)
    var format: UnsafePointer<AVInputFormat>?
    let score = unsafe av_probe_input_buffer2(
      io, &format, location.url, nil, 0, UInt32(clamping: max(2048, options.limits.probeBytes)))
    do throws(IngestError) {
      if score == braid_AVERROR_EOF {
        throw IngestError(.empty, "there is nothing in it", location: location.redacted, remedy: "Give it some media.")
      }
      try FFmpegCall.check(score, "recognise it as media", location: location.redacted)
      let name = unsafe FFmpegCall.string(format?.pointee.name)
      guard score > 1, name != "tty" else {
        throw IngestError(
          .unusable, "this is no media that FFmpeg recognises", location: location.redacted,
          remedy: "If it is, name its container format with --format.")
      }
      guard playlists.isDisjoint(with: name.split(separator: ",").map(String.init)) else {
        throw IngestError(
          .protocolRefused, "this is a playlist or description ('\(name)'), which would open further inputs",
          location: location.redacted, remedy: "If you trust it, name its format: --format \(name).")
      }
      return unsafe (format, io)
    } catch {
      unsafe avio_closep(&io)
      throw error
    }
  }

  /// All formats but playlists, as FFmpeg's `format_whitelist`.
  private static let allowedFormats: String = {
    var names: [String] = []
    var state: UnsafeMutableRawPointer?
    while let format = unsafe av_demuxer_iterate(&state) {
      let all = unsafe FFmpegCall.string(format.pointee.name).split(separator: ",").map(String.init)
      names += all.filter { !playlists.contains($0) || protocolFormats.contains($0) }
    }
    return names.joined(separator: ",")
  }()
}
