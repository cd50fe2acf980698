import BraidCore
import CFFmpeg

extension FormatContext {
  /// The smallest start of all streams of sound and picture, in the ticks of the stream that has it.
  func origin() -> (ticks: Int64, timeBase: TimeBase) {
    var best: (ticks: Int64, timeBase: TimeBase)?
    for index in 0..<streamCount {
      guard let stream = unsafe stream(index), kind(index) == .audio || kind(index) == .video,
        let start = unsafe FFmpegCall.stamp(stream.pointee.start_time)
      else { continue }
      let timeBase = unsafe TimeBase(stream.pointee.time_base)
      if let best, best.timeBase.nanoseconds(best.ticks) <= timeBase.nanoseconds(start) { continue }
      best = (start, timeBase)
    }
    return best ?? (0, TimeBase(numerator: 1, denominator: 1))
  }

  /// What a stream carries.
  func kind(_ index: Int) -> InputStreamKind {
    guard let stream = unsafe stream(index), let parameters = unsafe stream.pointee.codecpar else { return .other }
    if unsafe stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0 { return .attachedPicture }
    switch unsafe parameters.pointee.codec_type {
    case AVMEDIA_TYPE_AUDIO: return .audio
    case AVMEDIA_TYPE_VIDEO: return .video
    case AVMEDIA_TYPE_SUBTITLE:
      guard let descriptor = unsafe avcodec_descriptor_get(parameters.pointee.codec_id) else { return .other }
      return unsafe descriptor.pointee.props & AV_CODEC_PROP_TEXT_SUB != 0 ? .text : .other
    default: return .other
    }
  }

  /// Everything known before reading; nothing is selected yet.
  func describe(_ location: InputLocation, keepsTime: Bool) -> InputDescription {
    describe(uri: location.uri, redacted: location.redacted, isLive: location.isLive, keepsTime: keepsTime)
  }

  /// The same of what has a name of another kind.
  func describe(uri: String, redacted: String, isLive: Bool, keepsTime: Bool) -> InputDescription {
    let start = keepsTime ? (ticks: Int64(0), timeBase: TimeBase(numerator: 1, denominator: 1)) : origin()
    let originTime = MediaTime(nanoseconds: start.timeBase.nanoseconds(start.ticks))
    var oddities: [String] = []
    let hasDuration = unsafe FFmpegCall.stamp(pointer.pointee.duration)
    if hasDuration == nil { oddities.append("the container does not say how long it is") }
    let (numerator, overflow) = start.ticks.multipliedReportingOverflow(by: start.timeBase.numerator)
    let bitRate = unsafe pointer.pointee.bit_rate
    return InputDescription(
      uri: uri, redactedURI: redacted,
      format: unsafe FFmpegCall.string(pointer.pointee.iformat?.pointee.name),
      duration: hasDuration.map { MediaDuration(nanoseconds: $0.multipliedSaturating(by: 1000)) },
      origin: originTime,
      originRational: overflow
        ? "\(start.ticks)*\(start.timeBase)" : "\(numerator)/\(start.timeBase.denominator)",
      bitRate: bitRate > 0 ? bitRate : nil, isLive: isLive,
      streams: (0..<streamCount).compactMap { describeStream($0, origin: originTime) }, oddities: oddities)
  }

  private func describeStream(_ index: Int, origin: MediaTime) -> StreamDescription? {
    guard let stream = unsafe stream(index), let parameters = unsafe stream.pointee.codecpar else { return nil }
    let timeBase = unsafe TimeBase(stream.pointee.time_base)
    let disposition = unsafe stream.pointee.disposition
    let metadata = unsafe stream.pointee.metadata
    let profile = unsafe avcodec_profile_name(parameters.pointee.codec_id, parameters.pointee.profile)
    let start = unsafe FFmpegCall.stamp(stream.pointee.start_time)
    let duration = unsafe FFmpegCall.stamp(stream.pointee.duration)
    let kind = kind(index)
    var description = StreamDescription(
      index: index, kind: kind, codec: unsafe FFmpegCall.string(avcodec_get_name(parameters.pointee.codec_id)),
      profile: unsafe profile == nil ? nil : FFmpegCall.string(profile), timeBase: timeBase,
      start: start.map { MediaTime(nanoseconds: timeBase.nanoseconds($0)) - (origin - .zero) },
      duration: duration.map { MediaDuration(nanoseconds: timeBase.nanoseconds($0)) },
      language: unsafe entry(metadata, "language"), title: unsafe entry(metadata, "title"),
      isDefault: disposition & AV_DISPOSITION_DEFAULT != 0, isForced: disposition & AV_DISPOSITION_FORCED != 0,
      video: nil, audio: nil, isSelected: false, oddities: [])
    if kind == .video || kind == .attachedPicture { unsafe description.video = videoFacts(stream, parameters) }
    if kind == .audio { unsafe description.audio = audioFacts(parameters) }
    if start == nil, kind == .audio || kind == .video { description.oddities.append("no start time") }
    if unsafe isEncrypted(stream) { description.oddities.append("encrypted") }
    if unsafe avcodec_find_decoder(parameters.pointee.codec_id) == nil, kind != .other {
      description.oddities.append("no decoder in this build of FFmpeg")
    }
    if let video = description.video, let average = video.averageFrameRate, let base = video.baseFrameRate,
      average != base
    {
      description.oddities.append("variable frame rate")
    }
    return description
  }

  /// Whether the container says that the stream is encrypted.
  @unsafe
  func isEncrypted(_ stream: UnsafeMutablePointer<AVStream>) -> Bool {
    if unsafe av_stream_get_side_data(stream, AV_PKT_DATA_ENCRYPTION_INIT_INFO, nil) != nil { return true }
    guard let parameters = unsafe stream.pointee.codecpar else { return false }
    // Sample entries of ISO 14496-12 and of iTunes, little-endian as FFmpeg keeps them.
    let tags = ["encv", "enca", "enct", "drms", "drmi", "drmt"].map { name in
      name.utf8.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    return unsafe tags.contains(parameters.pointee.codec_tag)
  }

  private func videoFacts(
    _ stream: UnsafeMutablePointer<AVStream>, _ parameters: UnsafeMutablePointer<AVCodecParameters>
  ) -> VideoStreamFacts {
    func rate(_ value: AVRational) -> String? { value.num > 0 && value.den > 0 ? "\(value.num)/\(value.den)" : nil }
    var size = 0
    var rotation = 0.0
    if let matrix = unsafe av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size), size >= 36 {
      let angle = unsafe -av_display_rotation_get(UnsafeRawPointer(matrix).assumingMemoryBound(to: Int32.self))
      rotation = angle.isFinite ? (angle < 0 ? angle + 360 : angle) + 0 : 0
    }
    let pixels = unsafe AVPixelFormat(rawValue: parameters.pointee.format)
    let space = unsafe parameters.pointee.color_space
    let range = unsafe parameters.pointee.color_range
    return unsafe VideoStreamFacts(
      width: Int(parameters.pointee.width), height: Int(parameters.pointee.height),
      pixelFormat: FFmpegCall.string(av_get_pix_fmt_name(pixels)),
      averageFrameRate: rate(stream.pointee.avg_frame_rate), baseFrameRate: rate(stream.pointee.r_frame_rate),
      rotation: rotation,
      colorSpace: space == AVCOL_SPC_UNSPECIFIED ? nil : FFmpegCall.string(av_color_space_name(space)),
      colorRange: range == AVCOL_RANGE_UNSPECIFIED ? nil : FFmpegCall.string(av_color_range_name(range)))
  }

  private func audioFacts(_ parameters: UnsafeMutablePointer<AVCodecParameters>) -> AudioStreamFacts {
    let layout = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
      guard let base = buffer.baseAddress else { return "" }
      let status = unsafe av_channel_layout_describe(&parameters.pointee.ch_layout, base, 128)
      return unsafe status > 0 && status <= 128 ? String(cString: base) : ""
    }
    return unsafe AudioStreamFacts(
      sampleRate: Int(parameters.pointee.sample_rate), channelCount: Int(parameters.pointee.ch_layout.nb_channels),
      layout: layout,
      sampleFormat: FFmpegCall.string(av_get_sample_fmt_name(AVSampleFormat(rawValue: parameters.pointee.format))))
  }

  private func entry(_ metadata: OpaquePointer?, _ key: String) -> String? {
    guard let entry = unsafe av_dict_get(metadata, key, nil, 0) else { return nil }
    return unsafe FFmpegCall.string(entry.pointee.value)
  }
}
