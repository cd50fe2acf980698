import BraidCore
import CFFmpeg

/// What asking a capture device for a packet came to.
enum CaptureRead: Hashable {
  /// A packet has come.
  ///
  /// - captured: the host time of its beginning.
  /// - missed: for how long before that the device gave nothing though it should have, because nobody took it; nil where
  ///   nothing is missing.
  case packet(captured: HostTime, missed: MediaDuration?)
  /// Nothing has come for a moment.
  case nothing
  /// The device gave a picture that the driver itself calls damaged.
  case damaged
  /// There will be nothing more: a generator with an end.
  case ended
  /// The device fails, with FFmpeg's status.
  case failed(Int32)
}

/// A device that is open and gives packets, each with the host time of its beginning. For one thread.
protocol CaptureReader: AnyObject {
  /// The opened device.
  var format: FormatContext { get }

  /// The time from one picture of a stream to the next, where it is known; zero where it is not.
  func interval(of stream: Int) -> MediaDuration

  /// Waits for the next packet, a twentieth of a second at most and not after `wake` is notified. Allocates: no, in the
  /// steady state of our own code.
  ///
  /// - Parameters:
  ///   - packet: takes the packet; empty before, and after all but ``CaptureRead/packet(captured:missed:)``.
  ///   - clock: the session's.
  ///   - wake: ends the wait.
  /// - Returns: what came.
  @unsafe
  func read(into packet: UnsafeMutablePointer<AVPacket>, clock: any SessionClock, wake: Signal) -> CaptureRead
}
