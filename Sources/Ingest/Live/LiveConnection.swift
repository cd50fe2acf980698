import BraidCore
import CFFmpeg
import Glibc

/// One connection to a live source: an opened container, and which of its streams are taken. For the thread that reads.
@safe
final class LiveConnection {
  /// The readers of the input's streams, by their place among those selected; nil for one that this connection lacks.
  ///
  /// They are made by the thread that reads and then belong to the one that decodes.
  struct Streams: @unchecked Sendable {
    // SAFETY: handed over once, through the queue's lock; the giver keeps no reference.
    let readers: [StreamReader?]
  }

  /// How a stream goes on after a change; without a reader it cannot be decoded. Belongs to the thread that decodes.
  struct Changed: @unchecked Sendable {
    // SAFETY: handed over once, through the queue's lock; the giver keeps no reference.
    let reader: StreamReader?
    /// The codec's name, and why it cannot be decoded.
    let text: String
  }

  /// What one read came to.
  enum Read {
    /// A packet of the stream at this place.
    case packet(Int)
    /// A packet of the stream at this place, which goes on with another codec from here.
    case changed(Int, Changed)
    case nothing
    /// The end, or the loss: FFmpeg's status.
    case stopped(Int32)
  }

  let description: InputDescription
  let location: InputLocation
  private let format: FormatContext
  private var options: InputOptions
  /// By the container's index: the place among those selected.
  private var places: [Int: Int] = [:]
  private var codecs: [Int: AVCodecID] = [:]
  private let kinds: [InputStreamKind]
  private var lastArrivals: [HostTime]
  private var streams = Streams(readers: [])

  var deadline: InputDeadline { format.deadline }

  /// A connection over a container that is open. `kinds` is what the input's streams carry, by place; nil on the first
  /// connection, whose selection they are.
  init(
    _ format: consuming FormatContext, _ location: InputLocation, _ options: InputOptions, kinds: [InputStreamKind]?
  ) throws(IngestError) {
    var options = options
    // These are places in a file; a live source has no beginning.
    (options.start, options.duration) = (nil, nil)
    var description = format.describe(location, keepsTime: true)
    try format.select(options, in: &description)
    description.isLive = true
    let selected = description.streams.filter(\.isSelected)
    self.kinds = kinds ?? selected.map(\.kind)
    var rest = selected
    for (place, kind) in self.kinds.enumerated() {
      guard let index = rest.firstIndex(where: { $0.kind == kind }) else { continue }
      places[rest[index].index] = place
      rest.remove(at: index)
    }
    for index in 0..<format.streamCount {
      guard let stream = unsafe format.stream(index) else { continue }
      if places[index] == nil { unsafe stream.pointee.discard = AVDISCARD_ALL }
      codecs[index] = unsafe stream.pointee.codecpar?.pointee.codec_id
    }
    // Streams that appear on the way are bounded too.
    unsafe format.pointer.pointee.max_streams = Int32(clamping: max(format.streamCount, options.limits.streams))
    lastArrivals = Array(repeating: HostTime(nanoseconds: 0), count: self.kinds.count)
    self.format = format
    self.description = description
    self.location = location
    self.options = options
    // What part of a live session is wanted is the session's to say, by its own time.
    (self.options.start, self.options.duration) = (nil, nil)
    var readers: [StreamReader?] = Array(repeating: nil, count: self.kinds.count)
    for (index, place) in places { readers[place] = try makeReader(index) }
    streams = Streams(readers: readers)
  }

  /// The readers of the streams, with decoders of their own; once.
  func takeStreams() -> Streams {
    defer { streams = Streams(readers: []) }
    return streams
  }

  /// How many bits the container stores stamps of a stream in.
  func stampBits(_ index: Int) -> Int { unsafe Int(format.stream(index)?.pointee.pts_wrap_bits ?? 64) }

  /// The unit of a stream's stamps.
  func timeBase(_ index: Int) -> TimeBase {
    guard let stream = unsafe format.stream(index) else { return TimeBase(numerator: 1, denominator: 1) }
    return unsafe TimeBase(stream.pointee.time_base)
  }

  /// Reads the next packet. Blocks until there is one, the deadline is over, or the source ends.
  @unsafe
  func read(into packet: UnsafeMutablePointer<AVPacket>, clock: any SessionClock) -> (read: Read, arrival: HostTime) {
    let status = unsafe av_read_frame(format.pointer, packet)
    let arrival = clock.now
    guard status >= 0 else { return (.stopped(brokenStatus(status)), arrival) }
    let index = unsafe Int(packet.pointee.stream_index)
    guard let place = places[index] ?? adopt(index, arrival) else {
      unsafe av_packet_unref(packet)
      return (.nothing, arrival)
    }
    lastArrivals[place] = arrival
    let codec = unsafe format.stream(index)?.pointee.codecpar?.pointee.codec_id
    guard codec != codecs[index] else { return (.packet(place), arrival) }
    codecs[index] = codec
    let name = codec.map { unsafe FFmpegCall.string(avcodec_get_name($0)) } ?? "unknown"
    do throws(IngestError) {
      return (.changed(place, Changed(reader: try makeReader(index), text: name)), arrival)
    } catch {
      return (.changed(place, Changed(reader: nil, text: "\(name): \(error.message)")), arrival)
    }
  }

  private func makeReader(_ index: Int) throws(IngestError) -> StreamReader {
    try StreamReader(
      format, index: index, origin: .zero, options: options, location: location.redacted, isLive: true)
  }

  /// A stream that appears on the way takes the place of one of its kind that has fallen silent: some containers change the
  /// codec so.
  private func adopt(_ index: Int, _ arrival: HostTime) -> Int? {
    guard codecs[index] == nil else { return nil }
    let kind = format.kind(index)
    guard
      let place = kinds.indices.first(where: {
        kinds[$0] == kind && arrival - lastArrivals[$0] > .milliseconds(300)
      })
    else { return nil }
    for (old, taken) in places where taken == place { places[old] = nil }
    places[index] = place
    return place
  }

  /// The reason why reading has ended where FFmpeg gives it as an end: its I/O knows of an error.
  private func brokenStatus(_ status: Int32) -> Int32 {
    guard status == braid_AVERROR_EOF, let io = unsafe format.pointer.pointee.pb, unsafe io.pointee.error < 0 else {
      return status
    }
    return unsafe io.pointee.error
  }

  /// Whether all that an HTTP server said it would send has come.
  var hasReachedLength: Bool {
    guard let io = unsafe format.pointer.pointee.pb else { return false }
    let size = unsafe avio_size(io)
    return unsafe size > 0 && avio_seek(io, 0, SEEK_CUR) >= size
  }
}
