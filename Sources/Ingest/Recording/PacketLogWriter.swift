import BraidCore
import CFFmpeg

/// Keeps an input's packets in a file as they come, with their arrivals and what their decoders need to know.
///
/// Entries: 1, a stream (index, number of its next picture, time base, parameters of the codec); 2, a packet (stream, arrival,
/// stamps, duration, flags, bytes, side data); 3, a stream whose decoder was emptied here. Pictures that come as frames of a filter graph are kept as raw pictures.
/// For the thread that decodes the input.
@safe
final class PacketLogWriter {
  static let kind: StaticString = "braid-p1"
  static let streamTag: UInt8 = 1
  static let packetTag: UInt8 = 2
  static let markTag: UInt8 = 3

  private let entries: EntryWriter
  private var flushed = HostTime(nanoseconds: .min)
  /// The raw pictures that a stream was said to hold, where it comes as frames, and the number of its next.
  private var rawStreams: [Int: (format: RawFormat?, next: Int)] = [:]

  private struct RawFormat: Equatable {
    var format: Int32
    var width: Int32
    var height: Int32
    var range: UInt32
    var space: UInt32
  }

  /// Makes the file.
  ///
  /// - Throws: ``IngestError/Code/notPermitted`` where it cannot be made.
  init(path: String) throws(IngestError) {
    guard let entries = EntryWriter(path: path, kind: Self.kind) else {
      throw FFmpegCall.error(-EACCES, "make the recording", location: path)
    }
    self.entries = entries
  }

  /// The first error of the system; 0 while all is well.
  var error: Int32 { entries.error }

  /// Notes what a stream's packets are from here on; its next decoded picture has the number `nextPicture`.
  func open(_ index: Int, _ decoder: borrowing StreamDecoder, timeBase: TimeBase, nextPicture: Int) {
    let context = unsafe decoder.context
    guard unsafe context.pointee.codec_id != AV_CODEC_ID_WRAPPED_AVFRAME else {
      rawStreams[index] = (nil, nextPicture)
      return
    }
    var parameters = unsafe avcodec_parameters_alloc()
    defer { unsafe avcodec_parameters_free(&parameters) }
    guard let parameters = unsafe parameters, unsafe avcodec_parameters_from_context(parameters, context) >= 0 else {
      return
    }
    unsafe write(index, parameters, timeBase: timeBase, nextPicture: nextPicture)
  }

  /// Keeps a packet.
  @unsafe
  func packet(
    _ packet: UnsafePointer<AVPacket>, stream: Int, arrival: HostTime, timeBase: TimeBase
  ) {
    if let raw = rawStreams[stream] {
      unsafe frame(packet, stream: stream, arrival: arrival, timeBase: timeBase, known: raw.format, number: raw.next)
      return
    }
    unsafe begin(packet, stream: stream, arrival: arrival)
    unsafe entries.add(UnsafeRawBufferPointer(start: packet.pointee.data, count: Int(max(0, packet.pointee.size))))
    let count = unsafe Int(max(0, packet.pointee.side_data_elems))
    entries.add(count)
    for place in 0..<count {
      guard let side = unsafe packet.pointee.side_data else { break }
      entries.add(Int(unsafe side[place].type.rawValue))
      unsafe entries.add(UnsafeRawBufferPointer(start: side[place].data, count: side[place].size))
    }
    end(arrival: arrival)
  }

  /// Notes that everything was brought out of a stream's decoder at this point.
  func mark(_ stream: Int) {
    entries.begin(Self.markTag)
    entries.add(stream)
    entries.end()
  }

  /// Hands everything to the system.
  func flush() { entries.flush() }

  /// Ends a packet's entry. Whatever ends the process, no more than the last half second is missing.
  private func end(arrival: HostTime) {
    entries.end()
    guard arrival - flushed > .milliseconds(500) else { return }
    flushed = arrival
    entries.flush()
  }

  private func begin(_ packet: UnsafePointer<AVPacket>, stream: Int, arrival: HostTime) {
    entries.begin(Self.packetTag)
    entries.add(stream)
    entries.add(arrival.nanoseconds)
    unsafe entries.add(packet.pointee.pts)
    unsafe entries.add(packet.pointee.dts)
    unsafe entries.add(packet.pointee.duration)
    entries.add(Int(unsafe packet.pointee.flags & ~(AV_PKT_FLAG_TRUSTED)))
  }

  /// A frame that comes as a packet: its pixels, without gaps between the rows.
  private func frame(
    _ packet: UnsafePointer<AVPacket>, stream: Int, arrival: HostTime, timeBase: TimeBase, known: RawFormat?,
    number: Int
  ) {
    guard let data = unsafe packet.pointee.data else { return }
    let frame = unsafe UnsafeRawPointer(data).assumingMemoryBound(to: AVFrame.self)
    let found = unsafe RawFormat(
      format: frame.pointee.format, width: frame.pointee.width, height: frame.pointee.height,
      range: frame.pointee.color_range.rawValue, space: frame.pointee.colorspace.rawValue)
    let format = AVPixelFormat(rawValue: found.format)
    let size = av_image_get_buffer_size(format, found.width, found.height, 1)
    guard size > 0 else { return }
    rawStreams[stream] = (found, number + 1)
    if known != found {
      var parameters = unsafe avcodec_parameters_alloc()
      defer { unsafe avcodec_parameters_free(&parameters) }
      guard let parameters = unsafe parameters else { return }
      unsafe parameters.pointee.codec_type = AVMEDIA_TYPE_VIDEO
      unsafe parameters.pointee.codec_id = AV_CODEC_ID_RAWVIDEO
      unsafe parameters.pointee.codec_tag = avcodec_pix_fmt_to_codec_tag(format)
      unsafe parameters.pointee.format = found.format
      unsafe (parameters.pointee.width, parameters.pointee.height) = (found.width, found.height)
      unsafe parameters.pointee.color_range = AVColorRange(rawValue: found.range)
      unsafe parameters.pointee.color_space = AVColorSpace(rawValue: found.space)
      unsafe write(stream, parameters, timeBase: timeBase, nextPicture: number)
    }
    unsafe begin(packet, stream: stream, arrival: arrival)
    unsafe withUnsafeTemporaryAllocation(byteCount: Int(size), alignment: 16) { pixels in
      let target = unsafe pixels.baseAddress?.assumingMemoryBound(to: UInt8.self)
      var planes = unsafe frame.pointee.data
      var strides = unsafe frame.pointee.linesize
      unsafe withUnsafeBytes(of: &planes) { planes in
        unsafe withUnsafeBytes(of: &strides) { strides in
          _ = unsafe av_image_copy_to_buffer(
            target, size, planes.baseAddress?.assumingMemoryBound(to: UnsafePointer<UInt8>?.self),
            strides.baseAddress?.assumingMemoryBound(to: Int32.self), format, found.width, found.height, 1)
        }
      }
      unsafe entries.add(UnsafeRawBufferPointer(pixels))
    }
    entries.add(0)
    end(arrival: arrival)
  }

  private func write(
    _ index: Int, _ parameters: UnsafePointer<AVCodecParameters>, timeBase: TimeBase, nextPicture: Int
  ) {
    entries.begin(Self.streamTag)
    entries.add(index)
    entries.add(nextPicture)
    entries.add(timeBase.numerator)
    entries.add(timeBase.denominator)
    entries.add(unsafe FFmpegCall.string(avcodec_get_name(parameters.pointee.codec_id)))
    for value in unsafe CodecField.values(of: parameters) { entries.add(value) }
    unsafe entries.add(
      UnsafeRawBufferPointer(start: parameters.pointee.extradata, count: Int(max(0, parameters.pointee.extradata_size)))
    )
    entries.end()
  }
}

/// The parameters of a codec that are numbers, in the order in which they are kept.
enum CodecField {
  /// How many there are.
  static let count = 19

  @unsafe
  static func values(of parameters: UnsafePointer<AVCodecParameters>) -> [Int64] {
    let p = unsafe parameters.pointee
    return unsafe [
      Int64(p.codec_type.rawValue), Int64(p.codec_tag), Int64(p.format), Int64(p.bits_per_coded_sample),
      Int64(p.bits_per_raw_sample), Int64(p.profile), Int64(p.level), Int64(p.width), Int64(p.height),
      Int64(p.field_order.rawValue), Int64(p.color_range.rawValue), Int64(p.color_primaries.rawValue),
      Int64(p.color_trc.rawValue), Int64(p.color_space.rawValue), Int64(p.chroma_location.rawValue),
      Int64(p.video_delay), Int64(p.sample_rate), Int64(p.ch_layout.nb_channels), Int64(p.block_align),
    ]
  }

  /// Sets what ``values(of:)`` gave.
  @unsafe
  static func set(_ values: [Int64], of p: UnsafeMutablePointer<AVCodecParameters>) {
    guard values.count == count else { return }
    func number(_ place: Int) -> Int32 { Int32(clamping: values[place]) }
    func code(_ place: Int) -> UInt32 { UInt32(clamping: values[place]) }
    unsafe p.pointee.codec_type = AVMediaType(rawValue: number(0))
    unsafe p.pointee.codec_tag = code(1)
    unsafe p.pointee.format = number(2)
    unsafe p.pointee.bits_per_coded_sample = number(3)
    unsafe p.pointee.bits_per_raw_sample = number(4)
    unsafe p.pointee.profile = number(5)
    unsafe p.pointee.level = number(6)
    unsafe (p.pointee.width, p.pointee.height) = (number(7), number(8))
    unsafe p.pointee.field_order = AVFieldOrder(rawValue: code(9))
    unsafe p.pointee.color_range = AVColorRange(rawValue: code(10))
    unsafe p.pointee.color_primaries = AVColorPrimaries(rawValue: code(11))
    unsafe p.pointee.color_trc = AVColorTransferCharacteristic(rawValue: code(12))
    unsafe p.pointee.color_space = AVColorSpace(rawValue: code(13))
    unsafe p.pointee.chroma_location = AVChromaLocation(rawValue: code(14))
    unsafe p.pointee.video_delay = number(15)
    unsafe p.pointee.sample_rate = number(16)
    unsafe p.pointee.ch_layout.nb_channels = number(17)
    unsafe p.pointee.block_align = number(18)
  }
}
