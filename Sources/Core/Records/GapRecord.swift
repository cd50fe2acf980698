/// A stretch of a stream for which there is nothing: the `gap` record.
public struct GapRecord: Hashable, Sendable {
  /// The stream.
  public var stream: String
  /// What is missing, and why.
  public var gap: Gap
  /// Whether the loss is counted in samples (sound) or in frames.
  public var isAudio: Bool

  /// A record of `gap`.
  public init(stream: String, gap: Gap, isAudio: Bool) {
    self.stream = stream
    self.gap = gap
    self.isAudio = isAudio
  }

  /// Writes the record as one line.
  public func write(to writer: inout JSONWriter) {
    writer.beginRecord("gap")
    writer.sequenceNumber()
    writer.key("stream")
    writer.value(stream)
    writer.key("epoch")
    writer.value(gap.epoch)
    writer.key("new_epoch")
    writer.value(gap.newEpoch)
    writer.key("pts")
    writer.value(gap.time)
    writer.key("duration")
    writer.seconds(gap.duration)
    if isAudio {
      writer.key("samples")
      writer.value(gap.samples)
    } else {
      writer.key("frames")
      writer.value(gap.frames)
    }
    writer.key("reason")
    writer.value(gap.reason.rawValue)
    writer.endRecord()
  }
}
