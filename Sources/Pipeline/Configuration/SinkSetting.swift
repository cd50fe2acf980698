public import BraidCore

/// One place that a session's records go to besides its output, as the command line writes it:
/// `jsonl:results.jsonl,rotate=100MB,keep=5`, `http://host/in,batch=50`, `vtt:talk.vtt,names=speech`.
///
/// Each has a queue and a thread of its own: what is slow there holds nothing else up. `docs/sinks.md` says what each does.
public struct SinkSetting: Hashable, Sendable {
  /// What a sink is.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// JSON Lines into a file.
    case jsonl
    /// JSON Lines into a FIFO, for whoever reads it at the time.
    case fifo
    /// JSON Lines to whoever listens at a Unix socket.
    case unix
    /// JSON Lines in batches to a server, by HTTP's POST.
    case http
    /// A film of what was seen, with what was found drawn into it.
    case video
    /// Events as WebVTT.
    case vtt
    /// Events as SubRip.
    case srt
    /// Speech as RTTM.
    case rttm
    /// Sound that a model makes, as WAVE.
    case wav

    /// Whether it takes records as they are written.
    var takesLines: Bool { [.jsonl, .fifo, .unix, .http].contains(self) }
    /// Whether it makes text of events.
    var takesEvents: Bool { [.vtt, .srt, .rttm].contains(self) }
    /// Whether its target is a file that it makes.
    public var isFile: Bool { ![.fifo, .unix, .http].contains(self) }
  }

  /// What a record is: its `type`.
  public enum RecordType: String, Hashable, Sendable, CaseIterable {
    case session, result, event, features, gap, stats, error, summary
  }

  /// What is dropped when the queue is full.
  public enum Drop: String, Hashable, Sendable, CaseIterable {
    /// What waits longest.
    case oldest
    /// What comes.
    case newest
    /// Nothing: the session waits. At fast pace only.
    case none
  }

  /// A video's encoder.
  public enum VideoCodec: String, Hashable, Sendable, CaseIterable {
    case h264, mpeg4, vp9
  }

  /// What a sample of a WAVE file is.
  public enum SampleFormat: String, Hashable, Sendable, CaseIterable {
    /// 16-bit integers.
    case s16
    /// 32-bit floats.
    case f32
  }

  /// Width and height in pixels.
  public struct PictureSize: Hashable, Sendable {
    /// Pixels across, even, 16 to 8192.
    public var width: Int
    /// Pixels down, even, 16 to 8192.
    public var height: Int
  }

  /// Something wrong with a setting.
  public struct Fault: Error, Hashable {
    /// The setting's name; nil for the kind and the target.
    public var setting: String?
    /// What is wrong.
    public var message: String
    /// What would be right.
    public var remedy: String
  }

  /// What it is.
  public var kind: Kind
  /// A path, for ``Kind/http`` a URL.
  public var target: String
  /// Which records it takes; empty for all.
  public var types: Set<RecordType> = []
  /// The models whose results and events it takes, by name, `name@version`, or as given; empty for all, and for what is of
  /// no model. Records of other types do not go by it.
  public var models: [String] = []
  /// The events it takes by name (WebVTT, SubRip, RTTM); empty for all, for RTTM for `speech`.
  public var names: [String] = []
  /// What is dropped when it is slow; nil for nothing at fast pace, else the oldest.
  public var drop: Drop?
  /// Bytes that may wait for it, 64 kB to 4 GB.
  public var queueBytes: Int
  /// Whether the session ends when it fails.
  public var isRequired = false

  /// A file's size from which the next one is begun; nil for no bound.
  public var rotateBytes: Int?
  /// The media time after which the next file is begun; nil for no bound.
  public var rotateEvery: MediaDuration?
  /// How many files that are full are kept; nil for all.
  public var keep: Int?

  /// Records in a batch at most, 1 to 10000 (HTTP).
  public var batch = 100
  /// After how long a batch is sent that is not full (HTTP).
  public var every = MediaDuration.seconds(1)
  /// How long a batch, or a connection, is tried again before it is given up (HTTP, Unix).
  public var retry = MediaDuration.seconds(30)
  /// How long an answer is waited for (HTTP).
  public var timeout = MediaDuration.seconds(10)
  /// Sent with each batch, `NAME: VALUE` (HTTP).
  public var headers: [String] = []

  /// Whether it listens, instead of connecting to who listens (Unix).
  public var listens = false

  /// The stream whose pictures are shown, or whose sound; nil for the first.
  public var stream: String?
  /// The encoder; nil for the best there is for the file.
  public var codec: VideoCodec?
  /// The video's size; nil for the pictures'.
  public var size: PictureSize?
  /// Bits a second; nil for a constant quality.
  public var bitrate: Int?
  /// Whether the film has the sound.
  public var hasSound = true
  /// What a sample is (WAVE).
  public var sampleFormat = SampleFormat.s16

  /// A sink with the defaults of its kind.
  init(kind: Kind, target: String) {
    self.kind = kind
    self.target = target
    queueBytes = kind == .video ? 64_000_000 : 8_000_000
  }

  /// What records and messages call it: kind and target, without credentials and what follows a URL's path.
  public var id: String {
    guard kind == .http else { return "\(kind.rawValue):\(target)" }
    let plain = target.prefix { $0 != "?" && $0 != "#" }
    guard let scheme = plain.firstRange(of: "://") else { return String(plain) }
    let rest = plain[scheme.upperBound...]
    let authority = rest.prefix { $0 != "/" }
    let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
    return String(plain[..<scheme.upperBound]) + host + rest[authority.endIndex...]
  }
}
