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
  /// What each value of a reading is, in order (sensors).
  public var values: [Value]?

  /// One value that a sensor gives with each reading.
  public struct Value: Hashable, Sendable {
    /// Its name, as the source has it.
    public var name: String
    /// Its unit; nil where nobody says.
    public var unit: String?

    /// A value.
    public init(name: String, unit: String?) {
      self.name = name
      self.unit = unit
    }
  }

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
    if let values {
      writer.key("values")
      writer.beginArray()
      for value in values {
        writer.beginObject()
        writer.key("name")
        writer.value(value.name)
        writer.optional("unit", value.unit)
        writer.endObject()
      }
      writer.endArray()
    }
    writer.key("time_base")
    writer.value(timeBase.description)
    writer.endObject()
  }
}
