/// A piece of text with the time it belongs to: a subtitle, a caption, a transcript.
public struct TextSegment: Hashable, Sendable {
  /// When it appears.
  public var time: MediaTime
  /// How long it stays; zero when unknown.
  public var duration: MediaDuration
  /// When it was captured, on the session's clock; nil at fast pace.
  public var captured: HostTime?
  /// The run of continuous time it belongs to.
  public var epoch: Int
  /// The plain text, lines parted by newlines, without markup.
  public let text: String

  /// A segment of text.
  public init(time: MediaTime, duration: MediaDuration, captured: HostTime?, epoch: Int, text: String) {
    self.time = time
    self.duration = duration
    self.captured = captured
    self.epoch = epoch
    self.text = text
  }
}
