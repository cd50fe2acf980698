public import BraidCore
import BraidMedia
import CFFmpeg

/// Writes a film: pictures with what was found in them, and sound. Wraps FFmpeg's encoders and muxers.
///
/// Every picture keeps its time, to a millionth of a second (MPEG-4: a 60000th; Matroska and WebM tell milliseconds); one that is not
/// later than the one before is told the smallest step later. In a pause of more than a quarter of an hour the picture before it is
/// written again. Stretches without sound are silent. The same pictures, sound and overlays
/// give the same file. For one thread at a time. ``finish()`` must end it, or the file cannot be played.
@safe
public final class FilmWriter: @unchecked Sendable {
  // SAFETY: one thread at a time uses it, as its users promise; what it wraps is never handed out.

  private let file: FilmFile
  private let location: String
  private var canvas: Canvas
  private let pictures: FilmEncoder
  private let picture: FilmFrame
  private let sound: FilmSound?
  private var lastTick: Int64?
  private var isFinished = false
  /// Why the film has no sound though it was to have one; empty where it has.
  public let soundNote: String

  /// Makes the file, or empties it, and writes its head.
  ///
  /// - Throws: ``RenderError``; what ``Canvas`` says, as one.
  public init(_ settings: FilmSettings) throws(RenderError) {
    location = settings.path
    do throws(MediaError) {
      canvas = try Canvas(width: settings.width, height: settings.height)
    } catch {
      throw RenderError(.drawFailed, error.message, location: settings.path, remedy: error.remedy)
    }
    let codec = try Self.codec(settings)
    guard let encoder = unsafe avcodec_find_encoder_by_name(codec.encoder) else {
      throw RenderError(
        .noEncoder, "this build of FFmpeg has no encoder \(codec.encoder)", location: settings.path,
        remedy: "Use codec=mpeg4, or install a libavcodec that has it")
    }
    LibraryLog.silence()
    file = try FilmFile(settings.path)
    pictures = try unsafe FilmEncoder(encoder, in: file.context, ticks: codec.ticks, location: settings.path) {
      context in
      unsafe Self.prepare(context, codec, settings)
    }
    picture = try unsafe FilmFrame(location: settings.path) { frame in
      unsafe frame.pointee.format = AV_PIX_FMT_YUV420P.rawValue
      unsafe frame.pointee.width = Int32(clamping: settings.width)
      unsafe frame.pointee.height = Int32(clamping: settings.height)
    }
    (sound, soundNote) = try unsafe FilmSound.make(settings, in: file.context)
    try file.begin()
  }

  /// Adds a picture. Returns the bytes that were written for it or before it.
  ///
  /// - Throws: ``RenderError/Code/drawFailed`` for a picture that is left out, ``RenderError/Code/writeFailed`` for good.
  public func write(_ frame: VideoFrame, _ overlay: Overlay) throws(RenderError) -> Int {
    do throws(MediaError) {
      try canvas.show(frame, overlay)
    } catch {
      throw RenderError(
        .drawFailed, error.message, location: location, remedy: error.remedy, cause: error.cause)
    }
    let base = TimeBase(numerator: 1, denominator: pictures.ticks)
    var tick = base.ticks(nanoseconds: frame.time.nanoseconds)
    if let lastTick { tick = max(tick, lastTick.addingReportingOverflow(1).partialValue) }
    let bridged = try bridge(to: tick)
    try picture.beginWriting(location: location)
    let data = unsafe picture.frame.pointee.data
    let lines = unsafe picture.frame.pointee.linesize
    do throws(MediaError) {
      try unsafe canvas.encode(to: [data.0, data.1, data.2, nil], strides: [lines.0, lines.1, lines.2, 0])
    } catch {
      throw RenderError(.drawFailed, error.message, location: location, remedy: error.remedy, cause: error.cause)
    }
    lastTick = tick
    unsafe picture.frame.pointee.pts = tick
    // A picture of unknown length lasts as long as one of 25 a second.
    let length = frame.duration > .zero ? frame.duration : .milliseconds(40)
    let ticks = base.ticks(nanoseconds: length.nanoseconds)
    return try unsafe bridged + pictures.encode(picture.frame, duration: min(longestStep, max(1, ticks)))
  }

  /// MP4 knows no step from one picture to the next of 2^31 ticks, and FFmpeg's muxer drops the times of all that follow one; MPEG-4
  /// writes a bit for each second of it.
  private var longestStep: Int64 { 1000 * pictures.ticks }
  /// The most pictures that are written again in one pause: eleven days of them.
  private static let bridgeLimit: Int64 = 1000

  /// Writes the last picture again as often as steps to the next one have to be divided. Returns the bytes.
  private func bridge(to tick: Int64) throws(RenderError) -> Int {
    guard var last = lastTick, tick - last > longestStep else { return 0 }
    guard (tick - last) / longestStep <= Self.bridgeLimit else {
      throw RenderError(
        .drawFailed, "a picture lies many days after the one before it", location: location,
        remedy: "Check the times of the input")
    }
    var bytes = 0
    while tick - last > longestStep {
      last += longestStep
      unsafe picture.frame.pointee.pts = last
      bytes += try unsafe pictures.encode(picture.frame, duration: longestStep)
      lastTick = last
    }
    return bytes
  }

  /// Adds sound; a film without takes and forgets it. Returns the bytes that were written.
  public func write(_ block: AudioBlock) throws(RenderError) -> Int {
    try sound?.write(block) ?? 0
  }

  /// Writes what is left and the film's end. Returns the bytes of the streams.
  @discardableResult
  public func finish() throws(RenderError) -> Int {
    guard !isFinished else { return 0 }
    isFinished = true
    var bytes = try unsafe pictures.encode(nil)
    bytes += try sound?.finish() ?? 0
    try file.end()
    return bytes
  }

  private static func codec(_ settings: FilmSettings) throws(RenderError) -> FilmSettings.Codec {
    if let codec = settings.codec { return codec }
    if settings.path.lowercased().hasSuffix(".webm") { return .vp9 }
    return unsafe avcodec_find_encoder_by_name(FilmSettings.Codec.h264.encoder) == nil ? .mpeg4 : .h264
  }

  private static func prepare(
    _ context: UnsafeMutablePointer<AVCodecContext>, _ codec: FilmSettings.Codec, _ settings: FilmSettings
  ) {
    unsafe context.pointee.width = Int32(clamping: settings.width)
    unsafe context.pointee.height = Int32(clamping: settings.height)
    unsafe context.pointee.pix_fmt = AV_PIX_FMT_YUV420P
    unsafe context.pointee.color_range = AVCOL_RANGE_MPEG
    unsafe context.pointee.colorspace = AVCOL_SPC_BT709
    unsafe context.pointee.color_primaries = AVCOL_PRI_BT709
    unsafe context.pointee.color_trc = AVCOL_TRC_BT709
    // Without pictures that refer to later ones, times of decoding are those of showing.
    unsafe context.pointee.max_b_frames = 0
    unsafe context.pointee.gop_size = 50
    // What an encoder thinks of; times are each picture's own.
    unsafe context.pointee.framerate = av_make_q(25, 1)
    if let bitrate = settings.bitrate { unsafe context.pointee.bit_rate = Int64(bitrate) }
    let constant = settings.bitrate == nil
    func set(_ name: String, _ value: String) { _ = unsafe av_opt_set(context.pointee.priv_data, name, value, 0) }
    switch codec {
    case .h264:
      set("preset", "veryfast")
      if constant { set("crf", "23") }
    case .mpeg4:
      guard constant else { return }
      unsafe context.pointee.flags |= AV_CODEC_FLAG_QSCALE
      unsafe context.pointee.global_quality = 4 * FF_QP2LAMBDA
    case .vp9:
      set("deadline", "realtime")
      set("cpu-used", "6")
      if constant { set("crf", "33") }
    }
  }
}
