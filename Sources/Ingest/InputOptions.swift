public import BraidCore

/// Bounds on what an input may ask of the machine.
public struct InputLimits: Hashable, Sendable {
  /// Pixels of a picture (width times height).
  public var pixels = 8192 * 8192
  /// Streams in one input.
  public var streams = 64
  /// Bytes read to find out what the input is.
  public var probeBytes = 5_000_000
  /// Media time read to find out what the input is; zero is FFmpeg's own choice.
  public var probeDuration = MediaDuration.zero
  /// Bytes of the largest single allocation inside FFmpeg. Holds for the whole process; the last input opened sets it.
  public var allocationBytes = 1 << 30
  /// Bytes of the longest line of a text's or sensor's feed; longer ones are left out.
  public var lineBytes = 1 << 20
  /// Bytes of compressed packets that wait in one input's queues while another of its streams has nothing.
  public var queuedBytes = 64 << 20

  /// The standard bounds.
  public init() {}
}

/// Which streams of an input are taken.
public enum StreamSelection: Hashable, Sendable {
  /// The best sound, the best picture (`av_find_best_stream`) and the first text.
  case standard
  /// Every stream of sound, picture and text that can be decoded.
  case all
  /// These, in the input's order.
  case list([Item])

  /// One stream.
  public enum Item: Hashable, Sendable {
    /// By its index in the container.
    case index(Int)
    /// By its place among the streams of one kind.
    case nth(InputStreamKind, Int)
  }

  /// Reads `all`, or a list such as `v:0,a:1,s:0` (video, audio, text) or `0,2`.
  ///
  /// - Throws: ``IngestError/Code/invalidOption``.
  public init(parsing text: String) throws(IngestError) {
    if text == "all" {
      self = .all
      return
    }
    var items: [Item] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let fields = part.split(separator: ":", omittingEmptySubsequences: false)
      let kinds: [Substring: InputStreamKind] = ["v": .video, "a": .audio, "s": .text]
      if fields.count == 1, let index = Int(fields[0]), index >= 0 {
        items.append(.index(index))
      } else if fields.count <= 2, let kind = kinds[fields[0]], let place = fields.count == 2 ? Int(fields[1]) : 0,
        place >= 0
      {
        items.append(.nth(kind, place))
      } else {
        throw IngestError(
          .invalidOption, "'\(part)' names no stream", location: "streams",
          remedy: "Write 'all', indices ('0,2'), or places among video, audio and text ('v:0,a:1,s:0').")
      }
    }
    self = .list(items)
  }
}

/// How an input is opened.
public struct InputOptions: Hashable, Sendable {
  /// Which streams are taken.
  public var streams = StreamSelection.standard
  /// Bounds on what the input may ask for.
  public var limits = InputLimits()
  /// Threads for each picture decoder, FFmpeg's own; 0 lets FFmpeg choose by the cores.
  public var decoderThreads = 0
  /// FFmpeg's name of the container format, for inputs that do not show it, and for playlists; nil finds out.
  public var format: String?
  /// The encoding of subtitles that are not Unicode, as iconv calls it; nil for UTF-8.
  public var textEncoding: String?
  /// Keeps the container's times instead of counting from the input's start.
  public var keepsTime = false
  /// Time, on the input's timeline, before which everything is left out; exact, whatever the key frames. nil: from the start.
  public var start: MediaTime?
  /// How much of the input is taken, from ``start`` or the input's start; nil: all.
  public var duration: MediaDuration?
  /// A file, not there yet, in which every packet is kept as it came, for ``RecordedPictures``; nil for none. Inputs without
  /// packets (ALSA) make none.
  public var packetLog: String?
  /// How live inputs are kept.
  public var live = LiveOptions()

  /// The standard way.
  public init() {}
}

/// How fast an input's frames are given out.
public enum InputPace: Hashable, Sendable {
  /// As fast as the rings take them; frames carry no capture time.
  case fast
  /// As if live: each frame when it is due, `start` being the time when the session's zero (or the option `start`) is due. A
  /// frame's capture time is the moment it was due; a block of sound's is that of its end.
  case realtime(start: HostTime)
  /// As it comes: an element's time is that of its capture less `start`, and its capture time is the source's own stamp,
  /// filtered, where there is one.
  case live(start: HostTime)
}
