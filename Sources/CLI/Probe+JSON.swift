import BraidCore
import BraidIngest

/// An input's description as JSON.
extension Probe {
  static func json(of description: InputDescription) -> String {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("uri")
    writer.value(description.redactedURI)
    writer.key("format")
    writer.value(description.format)
    writer.key("origin")
    writer.beginObject()
    writer.key("seconds")
    writer.value(description.origin)
    writer.key("rational")
    writer.value(description.originRational)
    writer.endObject()
    writer.optional("duration", seconds: description.duration)
    if let bitRate = description.bitRate {
      writer.key("bit_rate")
      writer.value(Int(bitRate))
    }
    writer.key("live")
    writer.value(description.isLive)
    writer.key("oddities")
    writer.strings(description.oddities)
    writer.key("streams")
    writer.beginArray()
    for stream in description.streams { write(stream, to: &writer) }
    writer.endArray()
    writer.endObject()
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private static func write(_ stream: StreamDescription, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("index")
    writer.value(stream.index)
    writer.key("kind")
    writer.value(stream.kind.rawValue)
    writer.key("codec")
    writer.value(stream.codec)
    writer.optional("profile", stream.profile)
    writer.key("time_base")
    writer.value(stream.timeBase.description)
    if let start = stream.start {
      writer.key("start")
      writer.value(start)
    }
    writer.optional("duration", seconds: stream.duration)
    if let count = stream.elementCount {
      writer.key("elements")
      writer.value(count)
    }
    writer.optional("language", stream.language)
    writer.optional("title", stream.title)
    writer.key("default")
    writer.value(stream.isDefault)
    writer.key("forced")
    writer.value(stream.isForced)
    writer.key("selected")
    writer.value(stream.isSelected)
    if let video = stream.video {
      writer.key("width")
      writer.value(video.width)
      writer.key("height")
      writer.value(video.height)
      writer.key("pixel_format")
      writer.value(video.pixelFormat)
      writer.optional("frame_rate", video.averageFrameRate)
      writer.key("rotation")
      writer.value(video.rotation, decimals: 3)
      writer.optional("color_space", video.colorSpace)
      writer.optional("color_range", video.colorRange)
    }
    if let audio = stream.audio {
      writer.key("sample_rate")
      writer.value(audio.sampleRate)
      writer.key("channels")
      writer.value(audio.channelCount)
      writer.key("layout")
      writer.value(audio.layout)
      writer.key("sample_format")
      writer.value(audio.sampleFormat)
      if let period = audio.periodSamples {
        writer.key("period_samples")
        writer.value(period)
      }
      if let buffer = audio.bufferSamples {
        writer.key("buffer_samples")
        writer.value(buffer)
      }
    }
    if let sensor = stream.sensor {
      writer.key("values")
      writer.beginArray()
      for channel in sensor.channels {
        writer.beginObject()
        writer.key("name")
        writer.value(channel.name)
        writer.optional("unit", channel.unit)
        writer.endObject()
      }
      writer.endArray()
    }
    writer.key("oddities")
    writer.strings(stream.oddities)
    writer.endObject()
  }
}

extension JSONWriter {
  fileprivate mutating func optional(_ name: StaticString, _ text: String?) {
    guard let text else { return }
    key(name)
    value(text)
  }

  fileprivate mutating func optional(_ name: StaticString, seconds duration: MediaDuration?) {
    guard let duration else { return }
    key(name)
    seconds(duration)
  }

  fileprivate mutating func strings(_ texts: [String]) {
    beginArray()
    for text in texts { value(text) }
    endArray()
  }
}
