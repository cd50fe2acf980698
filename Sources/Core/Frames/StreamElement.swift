/// What travels through a stream's ring, in the order of its time.
public enum StreamElement: Sendable {
  /// Sound.
  case audio(AudioBlock)
  /// A picture.
  case video(VideoFrame)
  /// Text.
  case text(TextSegment)
  /// A sensor's reading.
  case sensor(SensorSample)
  /// A stretch for which there is nothing. Never dropped by a ring.
  case gap(Gap)

  /// When it begins.
  public var time: MediaTime {
    switch self {
    case .audio(let block): block.time
    case .video(let frame): frame.time
    case .text(let segment): segment.time
    case .sensor(let sample): sample.time
    case .gap(let gap): gap.time
    }
  }

  /// Bytes that it keeps in memory.
  public var byteCount: Int {
    switch self {
    case .audio(let block): block.frameCount * block.channelCount * MemoryLayout<Float>.stride
    case .video(let frame): frame.byteCount
    case .text(let segment): segment.text.utf8.count
    case .sensor(let sample): sample.values.count * MemoryLayout<Double>.stride
    case .gap: 0
    }
  }

  /// What `delivered` and `lost` count: samples for sound, 1 for everything else but gaps.
  public var unitCount: Int {
    switch self {
    case .audio(let block): block.frameCount
    case .video, .text, .sensor: 1
    case .gap: 0
    }
  }
}
