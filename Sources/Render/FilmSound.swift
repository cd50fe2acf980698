import BraidCore
import CFFmpeg

/// The sound of a film: samples cut into frames of the encoder's size, silence where there are none.
///
/// For one thread at a time.
@safe
final class FilmSound {
  private let encoder: FilmEncoder
  private let frame: FilmFrame
  private let sound: FilmSettings.Sound
  private let location: String
  private let size: Int
  /// Samples in the frame.
  private var fill = 0
  /// The time of the first sample; nil before there is any.
  private var start: MediaTime?
  /// Samples since then, those in the frame among them.
  private var total: Int64 = 0
  private var bytes = 0
  // What differs by less from the time that counting gives is rounding.
  private static let tolerance = MediaDuration.milliseconds(2)
  /// A pause that is longer is left out, not filled.
  private static let longestSilence = MediaDuration.seconds(10)

  /// The sound that the settings ask for, or why there is none.
  static func make(
    _ settings: FilmSettings, in file: UnsafeMutablePointer<AVFormatContext>
  ) throws(RenderError) -> (FilmSound?, note: String) {
    guard let sound = settings.sound else { return (nil, "") }
    let name = settings.path.lowercased().hasSuffix(".webm") ? "libopus" : "aac"
    guard let codec = unsafe avcodec_find_encoder_by_name(name) else {
      return (nil, "this build of FFmpeg has no encoder \(name)")
    }
    guard sound.channelCount <= 8, unsafe Self.takes(codec, sound.sampleRate) else {
      return (nil, "\(name) has no sound of \(sound.sampleRate) Hz with \(sound.channelCount) channels")
    }
    return (try unsafe FilmSound(sound, codec, in: file, location: settings.path), "")
  }

  private static func takes(_ codec: UnsafePointer<AVCodec>, _ rate: Int) -> Bool {
    guard var rates = unsafe codec.pointee.supported_samplerates else { return true }
    while unsafe rates.pointee != 0 {
      if unsafe Int(rates.pointee) == rate { return true }
      unsafe rates += 1
    }
    return false
  }

  private init(
    _ sound: FilmSettings.Sound, _ codec: UnsafePointer<AVCodec>, in file: UnsafeMutablePointer<AVFormatContext>,
    location: String
  ) throws(RenderError) {
    self.sound = sound
    self.location = location
    let format = unsafe codec.pointee.sample_fmts?.pointee ?? AV_SAMPLE_FMT_FLTP
    encoder = try unsafe FilmEncoder(codec, in: file, ticks: Int64(sound.sampleRate), location: location) { context in
      unsafe context.pointee.sample_fmt = format
      unsafe context.pointee.sample_rate = Int32(clamping: sound.sampleRate)
      unsafe av_channel_layout_default(&context.pointee.ch_layout, Int32(clamping: sound.channelCount))
      unsafe context.pointee.bit_rate = Int64(64000 * sound.channelCount)
    }
    guard format == AV_SAMPLE_FMT_FLTP || format == AV_SAMPLE_FMT_FLT || format == AV_SAMPLE_FMT_S16 else {
      throw RenderError(.noEncoder, "the encoder of sound takes samples of another kind", location: location)
    }
    let size = encoder.frameSize > 0 ? encoder.frameSize : 1024
    self.size = size
    frame = try unsafe FilmFrame(location: location) { frame in
      unsafe frame.pointee.format = format.rawValue
      unsafe frame.pointee.nb_samples = Int32(clamping: size)
      unsafe frame.pointee.sample_rate = Int32(clamping: sound.sampleRate)
      unsafe av_channel_layout_default(&frame.pointee.ch_layout, Int32(clamping: sound.channelCount))
    }
  }

  /// Adds a block where its time says. Blocks of another rate or number of channels are left out, and so is what lies before what was
  /// written. Returns the bytes that were written.
  func write(_ block: AudioBlock) throws(RenderError) -> Int {
    bytes = 0
    guard block.sampleRate == sound.sampleRate, block.channelCount == sound.channelCount else { return 0 }
    var begin = start ?? block.time
    if block.time - (begin + .samples(total, sampleRate: sound.sampleRate)) > Self.longestSilence {
      // A stamp may lie years away: the film has no sound until then, rather than years of silence.
      if fill > 0 { try append(Int64(size - fill)) { _, _ in 0 } }
      // No step that MP4 does not know, as of pictures: a frame of silence in between.
      let step = MediaDuration.samples(1 << 30, sampleRate: sound.sampleRate)
      while total > 0, block.time - (begin + .samples(total, sampleRate: sound.sampleRate)) > step {
        begin = begin + step
        start = begin
        try append(Int64(size)) { _, _ in 0 }
      }
      begin = block.time - .samples(total, sampleRate: sound.sampleRate)
    }
    start = begin
    let due = begin + .samples(total, sampleRate: sound.sampleRate)
    var first = 0
    if block.time > due + Self.tolerance {
      let missing = TimeBase(numerator: 1, denominator: Int64(sound.sampleRate)).ticks(
        nanoseconds: (block.time - due).nanoseconds)
      try append(missing) { _, _ in 0 }
    } else if block.time + Self.tolerance < due {
      first = Int(
        clamping: TimeBase(numerator: 1, denominator: Int64(sound.sampleRate)).ticks(
          nanoseconds: (due - block.time).nanoseconds))
    }
    guard first < block.frameCount else { return bytes }
    try block.withSamples { (samples: Span<Float>) throws(RenderError) in
      try append(Int64(block.frameCount - first)) { sample, channel in
        samples[(first + Int(sample)) * sound.channelCount + channel]
      }
    }
    return bytes
  }

  /// Writes what has not filled a frame, with silence behind it. Returns the bytes.
  func finish() throws(RenderError) -> Int {
    bytes = 0
    if fill > 0 { try append(Int64(size - fill)) { _, _ in 0 } }
    return try bytes + (unsafe encoder.encode(nil))
  }

  /// Adds samples, each of which `value` gives by its number and its channel.
  private func append(_ count: Int64, _ value: (Int64, Int) -> Float) throws(RenderError) {
    var done: Int64 = 0
    while done < count {
      if fill == 0 { try frame.beginWriting(location: location) }
      let part = min(size - fill, Int(clamping: count - done))
      for channel in 0..<sound.channelCount {
        for place in 0..<part { put(value(done + Int64(place), channel), at: fill + place, channel) }
      }
      fill += part
      done += Int64(part)
      total += Int64(part)
      if fill == size { try encodeFrame() }
    }
  }

  private func encodeFrame() throws(RenderError) {
    let begin = TimeBase(numerator: 1, denominator: Int64(sound.sampleRate)).ticks(
      nanoseconds: (start ?? .zero).nanoseconds)
    unsafe frame.frame.pointee.pts = begin + total - Int64(size)
    bytes += try unsafe encoder.encode(frame.frame)
    fill = 0
  }

  private func put(_ sample: Float, at place: Int, _ channel: Int) {
    let value = sample.isFinite ? max(-1, min(1, sample)) : 0
    let pointer = unsafe frame.frame.pointee.extended_data
    switch AVSampleFormat(rawValue: unsafe frame.frame.pointee.format) {
    case AV_SAMPLE_FMT_FLTP:
      unsafe pointer?[channel]?.withMemoryRebound(to: Float.self, capacity: size) { unsafe $0[place] = value }
    case AV_SAMPLE_FMT_FLT:
      unsafe pointer?[0]?.withMemoryRebound(to: Float.self, capacity: size * sound.channelCount) {
        unsafe $0[place * sound.channelCount + channel] = value
      }
    default:
      unsafe pointer?[0]?.withMemoryRebound(to: Int16.self, capacity: size * sound.channelCount) {
        unsafe $0[place * sound.channelCount + channel] = Int16(value * 32767)
      }
    }
  }
}
