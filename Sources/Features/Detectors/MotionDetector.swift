public import BraidCore
import Glibc

/// When something moves in the picture, told from ``BlockMotion/distinct``.
///
/// The motion of each picture is turned into motion a second, held to 0.1 and to what lets no single picture raise the
/// level above 0.018, and smoothed over 0.2 s. An interval begins above 0.02 and is over when it has been below 0.01 for
/// 0.4 s; it is at least 0.4 s long. Still pictures, single cuts and flashes are no motion. Allocates: only when the picture's size changes.
public struct MotionDetector: Sendable {
  private static let strongest: Float = 0.1
  private static let largestStep: Float = 0.018

  private var motion = BlockMotion()
  private var tracker = IntervalTracker(
    open: 0.02, close: 0.01, hold: .milliseconds(400), lead: .milliseconds(100), lag: .milliseconds(200),
    minimumLength: .milliseconds(400))
  private var first: MediaTime?
  private var last: MediaTime?
  private var rate: Float = 0

  /// A detector that has seen no picture.
  public init() {}

  /// Takes the next picture; times increase.
  ///
  /// - Parameters:
  ///   - luma: `[height, width]` bytes, rows without padding, full range.
  ///   - width: pixels across, at least 1.
  ///   - height: pixels down, at least 1.
  ///   - time: the picture's.
  /// - Returns: an interval that becomes certain or is over with this picture.
  /// - Precondition: `luma` holds `width * height` bytes.
  public mutating func update(_ luma: Span<UInt8>, width: Int, height: Int, time: MediaTime) -> DetectedInterval? {
    defer { last = time }
    if first == nil { first = time }
    guard motion.update(luma, width: width, height: height) != nil, let last, let first else { return nil }
    let seconds = max(0.005, Float((time - last).seconds))
    let weight = 1 - expf(-seconds / 0.2)
    let strength = min(Self.strongest, Self.largestStep / weight, motion.distinct / seconds)
    rate += weight * (strength - rate)
    return tracker.update(level: rate, score: rate / Self.strongest, time: time, earliest: first)
  }

  /// Ends the interval that is open, if there is one: at a gap or at the end.
  public mutating func finish() -> DetectedInterval? { tracker.finish() }

  /// Forgets everything. For gaps and new epochs.
  public mutating func reset() { self = MotionDetector() }
}
