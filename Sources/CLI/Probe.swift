import ArgumentParser
import BraidCore
import BraidIngest
import BraidPipeline

/// `braid probe`
struct Probe: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what is inside an input: streams, time bases, durations, oddities.",
    discussion: """
      Times are seconds on the input's timeline, which begins at its origin: pts
      plus origin is the container's own time.

      Examples:
        braid probe clip.mkv
        braid probe clip.mkv --json | jq '.streams[].codec'
        braid probe clip.mkv --frames --streams v:0   an object for every frame
      """)

  @Argument(help: "A file, a URL that FFmpeg opens, '-' for standard input, text:FILE, or sensor:FILE.")
  var input: String

  @Flag(name: .long, help: "Decode, and write one JSON object for every frame.")
  var frames = false

  @Flag(name: .long, help: "One JSON object instead of text.")
  var json = false

  @OptionGroup(title: "Input Options")
  var container: ContainerFormatArgument

  @OptionGroup(title: "Input Options")
  var inputArguments: InputArguments

  func run() throws {
    do {
      let options = try inputArguments.options(format: container.format)
      if frames {
        try printFrames(options)
      } else {
        let description = try MediaProbe.describe(input, options: options)
        if json { print(Self.json(of: description)) } else { printText(description) }
      }
    } catch let error as IngestError {
      StandardError.fail(error)
      throw CommandStatus(error.code == .invalidOption ? .usage : .input)
    }
  }

  private func printFrames(_ options: InputOptions) throws {
    var writer = JSONWriter()
    let sink = LineOutput()
    try MediaProbe.frames(input, options: options) { frame in
      writer.removeAll()
      writer.beginObject()
      writer.key("stream")
      writer.value(frame.stream)
      writer.key("kind")
      writer.value(frame.kind.rawValue)
      writer.key("pts")
      writer.value(frame.time)
      writer.key("duration")
      writer.seconds(frame.duration)
      if frame.kind == .audio {
        writer.key("samples")
        writer.value(frame.samples)
      }
      writer.key("key")
      writer.value(frame.isKey)
      writer.endObject()
      writer.endLine()
      sink.write(writer.bytes)
    }
    sink.flush()
  }

  private func printText(_ description: InputDescription) {
    var facts = [description.format]
    if let duration = description.duration { facts.append(seconds(duration)) }
    if let bitRate = description.bitRate { facts.append("\(bitRate / 1000) kbit/s") }
    if description.isLive { facts.append("live") }
    print("\(description.redactedURI): \(facts.joined(separator: ", "))")
    print("  origin \(description.originRational) s")
    for oddity in description.oddities { print("  ! \(oddity)") }
    for stream in description.streams {
      print("  #\(stream.index) \(stream.isSelected ? "*" : " ") \(factsText(stream).joined(separator: ", "))")
      for oddity in stream.oddities { print("       ! \(oddity)") }
    }
    if description.streams.contains(where: \.isSelected) { print("  * taken by 'braid run'") }
  }

  private func factsText(_ stream: StreamDescription) -> [String] {
    var facts = ["\(stream.kind.rawValue) \(stream.codec)"]
    if let profile = stream.profile { facts[0] += " (\(profile))" }
    if let video = stream.video {
      facts.append("\(video.width)x\(video.height) \(video.pixelFormat)")
      if let rate = video.averageFrameRate { facts.append("\(rate) frames/s") }
      if video.rotation != 0 { facts.append("rotated by \(video.rotation)°") }
    }
    if let audio = stream.audio {
      facts.append("\(audio.sampleRate) Hz \(audio.layout) \(audio.sampleFormat)")
      if let period = audio.periodSamples { facts.append("blocks of \(period) samples") }
      if let buffer = audio.bufferSamples { facts.append("a buffer of \(buffer)") }
    }
    if let sensor = stream.sensor {
      let names = sensor.channels.map { channel in channel.unit.map { "\(channel.name) [\($0)]" } ?? channel.name }
      facts.append(names.joined(separator: " "))
    }
    facts.append("time base \(stream.timeBase)")
    if let count = stream.elementCount { facts.append("\(count) \(stream.kind == .text ? "texts" : "readings")") }
    if let start = stream.start { facts.append("from \(start.seconds) s") }
    if let duration = stream.duration { facts.append(seconds(duration)) }
    if let language = stream.language { facts.append(language) }
    if let title = stream.title { facts.append("“\(title)”") }
    if stream.isDefault { facts.append("default") }
    if stream.isForced { facts.append("forced") }
    return facts
  }

  private func seconds(_ duration: MediaDuration) -> String {
    "\((duration.seconds * 1000).rounded() / 1000) s"
  }
}
