import BraidCore
import CFFmpeg
import Glibc

/// A graph of libavfilter that makes sound and pictures, by libavdevice's `lavfi`, given out as if a device made them.
///
/// A graph gives as fast as it is asked. Each packet is held until it is due by the session's clock: pictures at their time, sound
/// at its end, as nothing can be heard of a block before. A graph that has fallen a second behind, because the
/// process stood still or the graph is too slow, goes on from now: what it has not made is missing, and nothing comes fast.
@safe
final class GeneratorReader: CaptureReader {
  @unsafe
  private struct Pending {
    var packet: UnsafeMutablePointer<AVPacket>
    /// The packet's beginning, and when it is due, from the graph's beginning.
    var start: MediaDuration
    var due: MediaDuration
  }

  /// How long before it is needed a packet is made.
  private static let lead = MediaDuration.milliseconds(40)
  private static let patience = MediaDuration.seconds(1)
  private static let capacity = 64

  let format: FormatContext
  private var pending: [Pending] = unsafe []
  private var free: [UnsafeMutablePointer<AVPacket>] = unsafe []
  /// The graph's first stamp.
  private var first: MediaDuration?
  /// How far the graph has been asked, from its beginning.
  private var made = MediaDuration.zero
  private var anchor: HostTime?
  private var status: Int32 = 0
  /// The newest stamp of each stream of pictures, and how far its first two are apart, in its ticks.
  private var steps: [Int: (last: Int64, ticks: Int64?)] = [:]

  /// Takes over the opened graph, and makes its beginning: until two pictures of each stream show their rate.
  init(_ format: consuming FormatContext) {
    self.format = format
    unsafe pending.reserveCapacity(Self.capacity)
    let pictures = (0..<self.format.streamCount).filter { self.format.kind($0) == .video }
    while status >= 0, unsafe pending.count < Self.capacity / 2 {
      status = make()
      if pictures.allSatisfy({ steps[$0]?.ticks != nil }) { break }
    }
  }

  func interval(of stream: Int) -> MediaDuration {
    guard let rate = rate(of: stream) else { return .zero }
    return MediaDuration(nanoseconds: TimeBase(numerator: rate.denominator, denominator: rate.numerator).nanoseconds(1))
  }

  /// Pictures a second of a stream, as a fraction; nil where it has no pictures.
  func rate(of stream: Int) -> (numerator: Int64, denominator: Int64)? {
    guard let ticks = steps[stream]?.ticks, ticks > 0, let stream = unsafe format.stream(stream) else { return nil }
    let timeBase = unsafe TimeBase(stream.pointee.time_base)
    let (denominator, overflow) = timeBase.numerator.multipliedReportingOverflow(by: ticks)
    guard !overflow, denominator > 0, timeBase.denominator > 0 else { return nil }
    var (a, b) = (timeBase.denominator, denominator)
    while b != 0 { (a, b) = (b, a % b) }
    return (timeBase.denominator / a, denominator / a)
  }

  deinit {
    for index in unsafe pending.indices {
      var packet: UnsafeMutablePointer<AVPacket>? = unsafe pending[index].packet
      unsafe av_packet_free(&packet)
    }
    for index in unsafe free.indices {
      var packet: UnsafeMutablePointer<AVPacket>? = unsafe free[index]
      unsafe av_packet_free(&packet)
    }
  }

  @unsafe
  func read(
    into packet: UnsafeMutablePointer<AVPacket>, clock: any SessionClock, wake: Signal
  ) -> CaptureRead {
    let ticket = wake.ticket()
    let now = clock.now
    var anchor = self.anchor ?? now
    var missed: MediaDuration?
    if unsafe !pending.isEmpty {
      let late = unsafe now - (anchor + pending[0].due)
      if late > Self.patience {
        anchor = anchor + late
        missed = late
      }
    }
    self.anchor = anchor
    while status >= 0, unsafe pending.count < Self.capacity,
      unsafe pending.isEmpty || anchor + made <= now + Self.lead
    {
      status = make()
    }
    guard unsafe !pending.isEmpty else {
      if status == braid_AVERROR_EAGAIN {
        status = 0
        clock.wait(on: wake, since: ticket, until: now + .milliseconds(10))
        return .nothing
      }
      return status == braid_AVERROR_EOF ? .ended : .failed(status)
    }
    let due = unsafe anchor + pending[0].due
    guard now >= due else {
      clock.wait(on: wake, since: ticket, until: min(due, now + .milliseconds(50)))
      return .nothing
    }
    let next = unsafe pending.removeFirst()
    unsafe av_packet_move_ref(packet, next.packet)
    unsafe free.append(next.packet)
    return unsafe .packet(captured: anchor + next.start, missed: missed)
  }

  /// Makes the graph's next packet and puts it among those that wait, in the order in which they are due.
  private func make() -> Int32 {
    guard let packet = unsafe free.popLast() ?? av_packet_alloc() else { return -ENOMEM }
    let status = unsafe av_read_frame(format.pointer, packet)
    guard status >= 0, let stream = unsafe format.stream(Int(packet.pointee.stream_index)),
      let parameters = unsafe stream.pointee.codecpar
    else {
      unsafe av_packet_unref(packet)
      unsafe free.append(packet)
      return status
    }
    let timeBase = unsafe TimeBase(stream.pointee.time_base)
    let stamp = unsafe FFmpegCall.stamp(packet.pointee.pts).map { MediaDuration(nanoseconds: timeBase.nanoseconds($0)) }
    let first = self.first ?? stamp ?? .zero
    self.first = first
    let start = stamp.map { $0 - first } ?? made
    var length = MediaDuration.zero
    if unsafe parameters.pointee.codec_type == AVMEDIA_TYPE_AUDIO {
      let samples = unsafe av_get_audio_frame_duration2(parameters, packet.pointee.size)
      length = unsafe .samples(Int64(max(0, samples)), sampleRate: Int(parameters.pointee.sample_rate))
    }
    if length == .zero, let ticks = unsafe FFmpegCall.stamp(packet.pointee.pts) {
      let index = unsafe Int(packet.pointee.stream_index)
      let step = steps[index]
      steps[index] = (ticks, step?.ticks ?? step.map { ticks.subtractingSaturating($0.last) })
    }
    made = max(made, start)
    let place = unsafe pending.firstIndex { unsafe $0.due > start + length } ?? pending.count
    unsafe pending.insert(Pending(packet: packet, start: start, due: start + length), at: place)
    return 0
  }
}
