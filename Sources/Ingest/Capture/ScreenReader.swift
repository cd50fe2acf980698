import BraidCore
import CFFmpeg

/// A screen, by libavdevice's `x11grab`.
///
/// Each picture is taken when it is due by the session's clock, and captured at that moment. libavdevice's own pacing is passed by (it is
/// told a rate of 1000): it sleeps where nobody can wake it, and stamps with the wall clock, which may jump.
final class ScreenReader: CaptureReader {
  /// What libavdevice is told instead of the rate.
  static let unpaced = "1000"

  let format: FormatContext
  private let interval: MediaDuration
  private var schedule: FrameSchedule

  /// Takes over the opened device, for pictures `interval` apart.
  init(_ format: consuming FormatContext, interval: MediaDuration) {
    self.format = format
    self.interval = interval
    schedule = FrameSchedule(interval: interval)
  }

  func interval(of stream: Int) -> MediaDuration { interval }

  @unsafe
  func read(
    into packet: UnsafeMutablePointer<AVPacket>, clock: any SessionClock, wake: Signal
  ) -> CaptureRead {
    let ticket = wake.ticket()
    let now = clock.now
    guard let due = schedule.next else {
      // The first is due at once.
      return unsafe grab(packet, at: now)
    }
    guard now >= due else {
      clock.wait(on: wake, since: ticket, until: min(due, now + .milliseconds(50)))
      return .nothing
    }
    return unsafe grab(packet, at: now)
  }

  private func grab(_ packet: UnsafeMutablePointer<AVPacket>, at now: HostTime) -> CaptureRead {
    let status = unsafe av_read_frame(format.pointer, packet)
    let missed = schedule.take(at: now)
    if status == braid_AVERROR_EAGAIN { return .nothing }
    guard status >= 0 else { return .failed(status) }
    return .packet(captured: now, missed: missed)
  }
}

/// When the pictures of a steady rate are due.
struct FrameSchedule {
  /// Pictures that are late by less than this are not missing: a rate is what the machine makes of it.
  static let patience = MediaDuration.seconds(1)

  private let interval: MediaDuration
  /// When the next picture is due; nil before the first was taken.
  private(set) var next: HostTime?

  /// A picture every `interval`.
  init(interval: MediaDuration) {
    self.interval = max(interval, .milliseconds(1))
  }

  /// Notes that one was taken. The next is due one interval after this one was due; what is past by then is left out.
  ///
  /// - Returns: how much is missing where this one was more than ``patience`` late, because the process stood still.
  mutating func take(at now: HostTime) -> MediaDuration? {
    let due = next ?? now
    let late = now - due
    let passed = late > .zero ? late.nanoseconds / interval.nanoseconds : 0
    next = due + interval * (passed + 1)
    return late > Self.patience ? late : nil
  }
}
