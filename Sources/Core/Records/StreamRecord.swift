/// A stream as `session` describes it.
public struct StreamRecord: Hashable, Sendable {
  /// `video:0`, `audio:0`, `text:0`, `sensor:0`.
  public var id: String
  /// `video`, `audio`, `text`, `sensor`.
  public var kind: String
  /// Which input, from 0.
  public var input: Int
  /// Its index within the input.
  public var index: Int
  /// FFmpeg's name of the codec.
  public var codec: String
  /// The stream's own unit of time.
  public var timeBase: TimeBase
  /// `en`, `deu`, as the container has it.
  public var language: String?
  /// Pixels across (pictures).
  public var width: Int?
  /// Pixels down (pictures).
  public var height: Int?
  /// FFmpeg's name of the pixel format.
  public var pixelFormat: String?
  /// Frames a second as the container states it, as a fraction (pictures).
  public var frameRate: String?
  /// Samples a second (sound).
  public var sampleRate: Int?
  /// Channels (sound).
  public var channels: Int?

  /// A stream with the facts that every kind has.
  public init(id: String, kind: String, input: Int, index: Int, codec: String, timeBase: TimeBase) {
    self.id = id
    self.kind = kind
    self.input = input
    self.index = index
    self.codec = codec
    self.timeBase = timeBase
  }

  func write(to writer: inout JSONWriter) {
    writer.key(id)
    writer.beginObject()
    writer.key("kind")
    writer.value(kind)
    writer.key("input")
    writer.value(input)
    writer.key("index")
    writer.value(index)
    writer.key("codec")
    writer.value(codec)
    writer.optional("language", language)
    writer.optional("width", width)
    writer.optional("height", height)
    writer.optional("pixel_format", pixelFormat)
    writer.optional("frame_rate", frameRate)
    writer.optional("sample_rate", sampleRate)
    writer.optional("channels", channels)
    writer.key("time_base")
    writer.value(timeBase.description)
    writer.endObject()
  }
}
