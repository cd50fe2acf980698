public import BraidCore
import CFFmpeg
import Glibc

/// The pictures of a recorded input, decoded again from its packets, by their number.
///
/// One thread at a time. A picture comes out as it did when it was recorded: the decoders get the same packets.
@safe
public final class RecordedPictures: @unchecked Sendable {
  // SAFETY: one thread at a time uses it; what it owns is its own.

  private final class Stream {
    var decoder: StreamDecoder
    let owners = RecyclingPool<FrameOwner> { FrameOwner() }
    var formats = PictureFormatCache()
    /// The number of the next picture that comes out, and that of the first which another decoder gave.
    var next: Int
    var limit = Int.max

    init(_ decoder: consuming StreamDecoder, next: Int) {
      self.decoder = decoder
      self.next = next
    }
  }

  private let reader: EntryReader
  private let location: String
  private var options = InputOptions()
  /// By index: the decoder whose pictures come next, and those that were opened after it.
  private var streams: [Int: [Stream]] = [:]
  private var isAtEnd = false
  private let packet: UnsafeMutablePointer<AVPacket>

  /// Opens the file in which an input's packets were kept.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - decoderThreads: as ``InputOptions/decoderThreads``.
  ///   - location: the input, for messages.
  /// - Throws: ``IngestError/Code/notFound`` or `unusable`.
  public init(path: String, decoderThreads: Int, location: String) throws(IngestError) {
    guard let reader = EntryReader(path: path, kind: PacketLogWriter.kind) else {
      throw IngestError(
        .notFound, "the packets of '\(location)' are not in the recording", location: path, remedy: "Record again.")
    }
    guard let packet = unsafe av_packet_alloc() else {
      throw FFmpegCall.error(-ENOMEM, "open the recording", location: path)
    }
    self.reader = reader
    self.location = path
    options.decoderThreads = decoderThreads
    unsafe self.packet = packet
  }

  deinit {
    var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
    unsafe av_packet_free(&packet)
  }

  /// A stream's picture by its number, without time; nil where there is none. Numbers only go up.
  ///
  /// - Throws: ``IngestError/Code/unusable`` for a damaged file.
  public func frame(stream index: Int, number: Int) throws(IngestError) -> VideoFrame? {
    while true {
      if let stream = streams[index]?.first, stream.next <= number || streams[index]?.count ?? 0 > 1 {
        let owner = stream.owners.take()
        guard let frame = unsafe owner.frame else { return nil }
        unsafe av_frame_unref(frame)
        switch unsafe stream.decoder.receive(into: frame) {
        case .frame:
          stream.next += 1
          guard stream.next - 1 == number, number < stream.limit else { continue }
          return unsafe VideoFrame(
            frame, owner, time: .zero, duration: .zero, epoch: 0, number: number, &stream.formats)
        case .ended:
          if streams[index]?.count ?? 0 > 1 {
            streams[index]?.removeFirst()
            continue
          }
          if isAtEnd { return nil }
        case .needsPacket: break
        }
      }
      guard !isAtEnd else { return nil }
      do throws(EntryError) {
        try readEntry(for: index)
      } catch {
        throw IngestError(
          .unusable, "the recording is damaged: \(error.message), at byte \(error.offset)", location: location,
          remedy: "Record again.")
      }
    }
  }

  private func readEntry(for index: Int) throws(EntryError) {
    guard var fields = try reader.next() else {
      isAtEnd = true
      for stream in streams.values { stream.last?.decoder.inputHasEnded = true }
      return
    }
    switch fields.tag {
    case PacketLogWriter.streamTag: try readStream(&fields)
    case PacketLogWriter.packetTag: try readPacket(&fields)
    case PacketLogWriter.markTag: streams[try fields.integer(in: 0...65_535)]?.last?.decoder.queue.appendStarvedMark()
    default: throw fields.fault("an entry of an unknown kind")
    }
  }

  private func readStream(_ fields: inout EntryFields) throws(EntryError) {
    let index = try fields.integer(in: 0...65_535)
    let next = try fields.integer(in: 0...Int.max)
    let timeBase = TimeBase(numerator: try fields.integer(), denominator: try fields.integer())
    let codec = try fields.text()
    var values: [Int64] = []
    for _ in 0..<CodecField.count { values.append(try fields.integer()) }
    let extradata = try fields.byteString()
    guard values[0] == Int64(AVMEDIA_TYPE_VIDEO.rawValue) else { return }
    guard let decoder = decoder(codec, values, timeBase, fields, extradata) else {
      throw fields.fault("a stream of '\(codec)' that cannot be decoded")
    }
    if let last = streams[index]?.last {
      last.decoder.inputHasEnded = true
      last.limit = next
    }
    streams[index, default: []].append(Stream(decoder, next: next))
  }

  /// A decoder for a stream as it was described.
  private func decoder(
    _ codec: String, _ values: [Int64], _ timeBase: TimeBase, _ fields: EntryFields, _ extradata: Range<Int>
  ) -> StreamDecoder? {
    guard let descriptor = unsafe avcodec_descriptor_get_by_name(codec),
      let context = unsafe avformat_alloc_context()
    else { return nil }
    defer { unsafe avformat_free_context(context) }
    guard let stream = unsafe avformat_new_stream(context, nil), let parameters = unsafe stream.pointee.codecpar else {
      return nil
    }
    unsafe CodecField.set(values, of: parameters)
    unsafe parameters.pointee.codec_id = descriptor.pointee.id
    unsafe stream.pointee.time_base = AVRational(
      num: Int32(clamping: timeBase.numerator), den: Int32(clamping: timeBase.denominator))
    unsafe fields.withBytes(extradata) { bytes in
      guard bytes.count > 0, let base = bytes.baseAddress,
        let memory = unsafe av_mallocz(bytes.count + Int(AV_INPUT_BUFFER_PADDING_SIZE))
      else { return }
      unsafe memory.copyMemory(from: base, byteCount: bytes.count)
      unsafe parameters.pointee.extradata = memory.assumingMemoryBound(to: UInt8.self)
      unsafe parameters.pointee.extradata_size = Int32(clamping: bytes.count)
    }
    do throws(IngestError) {
      return unsafe try StreamDecoder(stream, options, location: location)
    } catch {
      return nil
    }
  }

  private func readPacket(_ fields: inout EntryFields) throws(EntryError) {
    let index = try fields.integer(in: 0...65_535)
    _ = try fields.integer()
    guard let stream = streams[index]?.last else { return }
    unsafe av_packet_unref(packet)
    let (pts, dts, duration) = (try fields.integer(), try fields.integer(), try fields.integer())
    let flags = Int32(try fields.integer(in: 0...Int(Int32.max)))
    let data = try fields.byteString()
    guard unsafe av_new_packet(packet, Int32(clamping: data.count)) >= 0 else {
      throw fields.fault("a packet too large")
    }
    unsafe (packet.pointee.pts, packet.pointee.dts, packet.pointee.duration) = (pts, dts, duration)
    unsafe packet.pointee.flags = flags & ~AV_PKT_FLAG_TRUSTED
    unsafe fields.withBytes(data) { bytes in
      guard let base = bytes.baseAddress else { return }
      unsafe packet.pointee.data?.update(from: base.assumingMemoryBound(to: UInt8.self), count: bytes.count)
    }
    for _ in 0..<(try fields.integer(in: 0...64)) {
      let type = AVPacketSideDataType(rawValue: UInt32(try fields.integer(in: 0...1024)))
      let range = try fields.byteString()
      guard let memory = unsafe av_packet_new_side_data(packet, type, range.count) else { continue }
      unsafe fields.withBytes(range) { bytes in
        guard let base = bytes.baseAddress else { return }
        unsafe memory.update(from: base.assumingMemoryBound(to: UInt8.self), count: bytes.count)
      }
    }
    guard unsafe stream.decoder.queue.append(moving: packet) else { throw fields.fault("no memory for a packet") }
  }
}
