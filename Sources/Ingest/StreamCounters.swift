public import BraidCore

/// What has come of one stream so far.
public struct StreamCounters: Hashable, Sendable {
  /// Frames decoded, as `ffprobe -count_frames` counts them, within `start` and `duration`; text segments for text.
  public var frames = 0
  /// Samples decoded in each channel (sound).
  public var samples = 0
  /// Time of the first frame.
  public var firstTime: MediaTime?
  /// Time of the last frame (not its end).
  public var lastTime: MediaTime?
  /// End of the last frame, as far as its length is known.
  public var end: MediaTime?
  /// Packets or frames that could not be decoded: `lost.decode`.
  public var decodeErrors = 0
  /// Frames that were decoded and left out because they came after their stream's bound: part of ``frames``.
  public var framesLostInGaps = 0
  /// Samples left out for the same reason: part of ``samples``.
  public var samplesLostInGaps = 0
  /// Frames that had no stamp and were given one.
  public var stampsMissing = 0
  /// Frames whose stamp was not after the one before, and was moved.
  public var stampsBackward = 0
  /// Frames of sound whose stamp alone was off the sample clock, and was not followed.
  public var stampsOutlying = 0
  /// Changes of picture size, sample rate or channels on the way.
  public var formatChanges = 0
  /// Gaps given out.
  public var gaps = 0

  /// Nothing yet.
  public init() {}
}
