/// What became of a stream's frames: nothing disappears.
///
/// Pictures, text and sensors: `frames = delivered + lostRing + lostGap`. Sound, in samples:
/// `samples = delivered + lostSamples`, and `lostSamples = lostRing + lostGap`.
public struct StreamAccount: Hashable, Sendable {
  /// `video`, `audio`, `text`, `sensor`.
  public var kind: String
  /// Frames decoded, as `ffprobe -count_frames` counts them.
  public var frames = 0
  /// Samples decoded (sound), each counted once however many channels.
  public var samples = 0
  /// Frames (samples, for sound) that reached the session.
  public var delivered = 0
  /// Packets or frames that the decoder could not use.
  public var lostDecode = 0
  /// Frames that a full ring dropped.
  public var lostRing = 0
  /// Frames lost in gaps.
  public var lostGap = 0
  /// Samples that a full ring dropped (sound).
  public var lostSamples = 0
  /// Stamps that were missing or ran backwards and were repaired.
  public var repairedStamps = 0
  /// The time of the first frame; nil if none came.
  public var firstTime: MediaTime?
  /// The time of the last frame.
  public var lastTime: MediaTime?

  /// An account with nothing in it.
  public init(kind: String) {
    self.kind = kind
  }

  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("kind")
    writer.value(kind)
    writer.key("frames")
    writer.value(frames)
    if kind == "audio" {
      writer.key("samples")
      writer.value(samples)
    }
    writer.key("delivered")
    writer.value(delivered)
    writer.key("first_pts")
    if let firstTime { writer.value(firstTime) } else { writer.null() }
    writer.key("last_pts")
    if let lastTime { writer.value(lastTime) } else { writer.null() }
    writer.key("lost")
    writer.beginObject()
    writer.key("decode")
    writer.value(lostDecode)
    writer.key("ring")
    writer.value(lostRing)
    writer.key("gap")
    writer.value(lostGap)
    writer.endObject()
    if kind == "audio" {
      writer.key("lost_samples")
      writer.value(lostSamples)
    }
    if repairedStamps > 0 {
      writer.key("repaired_stamps")
      writer.value(repairedStamps)
    }
    writer.endObject()
  }
}
