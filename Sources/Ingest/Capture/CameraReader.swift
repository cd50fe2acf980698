import BraidCore
import CFFmpeg
import Glibc

/// A camera, by libavdevice's `v4l2`.
///
/// Packets are copied: what libavdevice gives out lies in the driver's buffers, which the driver lacks as long as a picture
/// waits somewhere, and which are gone when the device is closed.
@safe
final class CameraReader: CaptureReader {
  let format: FormatContext
  private var clock = DriverClock()
  private let interval: MediaDuration
  /// When the next picture is expected to arrive.
  private var expected = HostTime(nanoseconds: 0)
  /// The newest picture's capture, and the time from the one before to it.
  private var last: (captured: HostTime, step: MediaDuration)?
  /// What was missing before a picture that was damaged.
  private var untold: MediaDuration?
  private var pool: OpaquePointer?
  private var poolSize = 0

  /// Takes over the opened device.
  init(_ format: consuming FormatContext) {
    let rate = unsafe format.stream(0)?.pointee.avg_frame_rate ?? AVRational(num: 0, den: 1)
    interval =
      rate.num > 0 && rate.den > 0
      ? MediaDuration(nanoseconds: TimeBase(numerator: Int64(rate.den), denominator: Int64(rate.num)).nanoseconds(1))
      : .zero
    self.format = format
  }

  func interval(of stream: Int) -> MediaDuration { interval }

  deinit {
    // What was given out keeps its buffers.
    unsafe av_buffer_pool_uninit(&pool)
  }

  @unsafe
  func read(
    into packet: UnsafeMutablePointer<AVPacket>, clock sessionClock: any SessionClock, wake: Signal
  ) -> CaptureRead {
    let ticket = wake.ticket()
    let status = unsafe av_read_frame(format.pointer, packet)
    let now = MonotonicClock().now
    if status == braid_AVERROR_EAGAIN {
      wake.wait(since: ticket, until: nextLook(now))
      return .nothing
    }
    guard status >= 0 else { return .failed(status) }
    expected = now + (interval > .zero ? interval : .milliseconds(33))
    let stamp = unsafe FFmpegCall.stamp(packet.pointee.pts)
    let captured = clock.hostTime(microseconds: stamp ?? 0, monotonic: now, wall: WallClock.nanosecondsSinceEpoch)
    let missed = missed(before: captured)
    // An empty packet would tell the decoder that the stream ends.
    guard unsafe packet.pointee.size > 0, unsafe copy(packet) else {
      unsafe av_packet_unref(packet)
      untold = missed ?? untold
      return .damaged
    }
    defer { untold = nil }
    return .packet(captured: captured, missed: missed ?? untold)
  }

  /// How much the driver has dropped before a picture captured then: libavdevice does not pass its count of frames on, so a step
  /// of half an interval too much tells it. A camera that slows down in the dark is told by its last step, after one picture that
  /// counts as lost.
  private func missed(before captured: HostTime) -> MediaDuration? {
    guard let last else {
      last = (captured, interval)
      return nil
    }
    let step = captured - last.captured
    let usual = max(interval, min(last.step, interval * 4))
    self.last = (captured, step)
    guard interval > .zero, step.nanoseconds > usual.nanoseconds.addingSaturating(interval.nanoseconds / 2) else {
      return nil
    }
    return step - usual
  }

  /// When to ask again: libavdevice's reader cannot be waited on. Shortly before the next picture is due, then every millisecond;
  /// every 5 where one is long overdue. The stamp is the driver's, so this costs latency and no precision.
  private func nextLook(_ now: HostTime) -> HostTime {
    let early = expected - .milliseconds(2)
    if now < early { return min(early, now + .milliseconds(50)) }
    return now + .milliseconds(now < early + .milliseconds(100) ? 1 : 5)
  }

  /// Moves the packet's bytes out of the driver's buffer. False when there is no memory.
  private func copy(_ packet: UnsafeMutablePointer<AVPacket>) -> Bool {
    let size = unsafe Int(packet.pointee.size)
    let padding = Int(AV_INPUT_BUFFER_PADDING_SIZE)
    let lacksPool = unsafe pool == nil
    if lacksPool || size > poolSize {
      unsafe av_buffer_pool_uninit(&pool)
      // Compressed pictures differ in size.
      poolSize = size + size / 4
      unsafe pool = av_buffer_pool_init(poolSize + padding, nil)
    }
    guard let pool = unsafe pool, let buffer = unsafe av_buffer_pool_get(pool),
      let target = unsafe buffer.pointee.data, let source = unsafe packet.pointee.data
    else { return false }
    unsafe target.update(from: source, count: size)
    unsafe target.advanced(by: size).update(repeating: 0, count: padding)
    unsafe av_buffer_unref(&packet.pointee.buf)
    unsafe packet.pointee.buf = buffer
    unsafe packet.pointee.data = target
    return true
  }
}

/// Which clock a driver stamps with, found out by its first picture.
///
/// Nearly all drivers stamp CLOCK_MONOTONIC (V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC); old ones the wall clock, which may jump, and
/// some nothing at all. libavdevice does not pass the buffer's flags on, so the first stamp is compared with both clocks, as
/// its own conversion to wall time does: between ten seconds ago and a second from now.
struct DriverClock {
  private enum Kind {
    case monotonic
    case wall
    case none
  }

  private var kind: Kind?

  /// The host time of a stamp.
  ///
  /// - Parameters:
  ///   - microseconds: the driver's stamp.
  ///   - monotonic: CLOCK_MONOTONIC at its arrival.
  ///   - wall: CLOCK_REALTIME at its arrival, in nanoseconds.
  /// - Returns: the stamp where it is monotonic. A stamp of the wall clock, by how long ago that was by this clock; one that is more
  ///   than a minute off is one from before a jump, and counts as the arrival, as does any other clock's.
  mutating func hostTime(microseconds: Int64, monotonic: HostTime, wall: Int64) -> HostTime {
    let stamp = microseconds.multipliedSaturating(by: 1000)
    let kind = kind ?? Self.kind(stamp, monotonic, wall)
    self.kind = kind
    switch kind {
    case .monotonic: return HostTime(nanoseconds: stamp)
    case .wall:
      let age = MediaDuration(nanoseconds: wall.subtractingSaturating(stamp))
      return age > .seconds(60) || age < .zero - .seconds(1) ? monotonic : monotonic - age
    case .none: return monotonic
    }
  }

  private static func kind(_ stamp: Int64, _ monotonic: HostTime, _ wall: Int64) -> Kind {
    func isNear(_ now: Int64) -> Bool {
      let age = now.subtractingSaturating(stamp)
      return age >= -1_000_000_000 && age <= 10_000_000_000
    }
    return isNear(monotonic.nanoseconds) ? .monotonic : isNear(wall) ? .wall : .none
  }
}
