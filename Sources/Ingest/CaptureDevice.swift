/// A device that a session can capture from, as `braid devices` lists it.
public struct CaptureDevice: Hashable, Sendable {
  /// What it captures.
  public enum Kind: String, Hashable, Sendable {
    /// A microphone or a line: sound.
    case audio
    /// A camera: pictures.
    case video
    /// A screen: pictures.
    case screen
  }

  /// Whether it can be used now.
  public enum State: String, Hashable, Sendable {
    /// It could be opened.
    case ready
    /// Somebody else has it.
    case busy
    /// This user may not open it.
    case notPermitted = "not-permitted"
    /// It could not be opened; the description says why.
    case unusable
    /// It was not tried, because trying would disturb.
    case unknown
  }

  /// What `braid run` takes: `alsa:hw:CARD=PCH,DEV=0`, `v4l2:/dev/video0`.
  public var uri: String
  /// What it captures.
  public var kind: Kind
  /// Its system's name for it: `hw:CARD=PCH,DEV=0`, `/dev/video0`.
  public var name: String
  /// In words, on one line.
  public var description: String
  /// What it gives, each in one line: `s16, s32; 44100 to 192000 Hz; 1 to 2 channels`, `mjpeg 1280x720 30/1`. Empty where it
  /// could not be asked.
  public var formats: [String]
  /// Whether it can be used now.
  public var state: State

  /// A device.
  public init(
    uri: String, kind: Kind, name: String, description: String, formats: [String] = [], state: State = .unknown
  ) {
    self.uri = uri
    self.kind = kind
    self.name = name
    self.description = description
    self.formats = formats
    self.state = state
  }
}
