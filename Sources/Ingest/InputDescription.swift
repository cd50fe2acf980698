public import BraidCore

/// What kind of thing a stream carries.
public enum InputStreamKind: String, Hashable, Codable, Sendable {
  /// Sound.
  case audio
  /// Moving pictures.
  case video
  /// Subtitles that are text.
  case text
  /// Readings of sensors.
  case sensor
  /// A cover or another single picture that belongs to the whole: listed, never run.
  case attachedPicture = "attached-picture"
  /// Anything else: data, fonts, subtitles that are pictures.
  case other
}

/// What is known of a picture stream before it is read.
public struct VideoStreamFacts: Hashable, Codable, Sendable {
  /// Pixels across; 0 where unknown.
  public var width: Int
  /// Pixels down; 0 where unknown.
  public var height: Int
  /// FFmpeg's name of the pixel format; empty where unknown.
  public var pixelFormat: String
  /// Average frames a second as the container says, `24/1`; nil where unknown.
  public var averageFrameRate: String?
  /// The lowest rate that can show all stamps exactly, as FFmpeg guesses it; nil where unknown.
  public var baseFrameRate: String?
  /// Degrees to turn clockwise for showing: 0, 90, 180, 270 or in between.
  public var rotation: Double
  /// Colour matrix, FFmpeg's name (`bt709`); nil where unspecified.
  public var colorSpace: String?
  /// Colour range, FFmpeg's name (`tv`, `pc`); nil where unspecified.
  public var colorRange: String?
}

/// What is known of a sound stream before it is read.
public struct AudioStreamFacts: Hashable, Codable, Sendable {
  /// Samples a second, in hertz; 0 where unknown.
  public var sampleRate: Int
  /// Channels; 0 where unknown.
  public var channelCount: Int
  /// FFmpeg's name of the layout (`stereo`).
  public var layout: String
  /// FFmpeg's name of the decoder's sample format (`fltp`), or a device's format (`s24-packed`); empty where unknown.
  public var sampleFormat: String
  /// Samples that a capture device gives at once, as it was negotiated; nil for others.
  public var periodSamples: Int?
  /// Samples that a capture device's buffer holds: what its reader may be late by; nil for others.
  public var bufferSamples: Int?
}

/// One stream of an input.
public struct StreamDescription: Hashable, Codable, Sendable {
  /// Its index in the container.
  public var index: Int
  /// What it carries.
  public var kind: InputStreamKind
  /// FFmpeg's name of the codec.
  public var codec: String
  /// The codec's profile, where it names one.
  public var profile: String?
  /// The unit of its stamps.
  public var timeBase: TimeBase
  /// The first stamp as the container gives it, on the input's timeline; nil where unknown.
  public var start: MediaTime?
  /// Its length as the container gives it; nil where unknown.
  public var duration: MediaDuration?
  /// Language tag, where given.
  public var language: String?
  /// Title, where given.
  public var title: String?
  /// Whether the container marks it as the one to take.
  public var isDefault: Bool
  /// Whether the container marks it as always to be shown.
  public var isForced: Bool
  /// Facts of a picture stream.
  public var video: VideoStreamFacts?
  /// Facts of a sound stream.
  public var audio: AudioStreamFacts?
  /// Facts of a sensor's stream; nil where they are told only on the way.
  public var sensor: SensorStreamFacts?
  /// Readings or texts, where all of them were read to describe it.
  public var elementCount: Int?
  /// Whether the options select it.
  public var isSelected: Bool
  /// What is out of the ordinary, in words.
  public var oddities: [String]
}

/// What an input is, as far as it is known before it is read.
public struct InputDescription: Hashable, Codable, Sendable {
  /// As the caller gave it.
  public var uri: String
  /// The same without user name, password and query: for records and messages.
  public var redactedURI: String
  /// FFmpeg's name of the container format.
  public var format: String
  /// Length as the container gives it; nil where unknown.
  public var duration: MediaDuration?
  /// What is subtracted from the container's stamps: the smallest start of the container's streams of sound and picture,
  /// whether selected or not, so that a file's times do not depend on the selection. 0 with `keepsTime`, and where no
  /// stream says when it starts.
  public var origin: MediaTime
  /// The same, exactly: `-336512/90000` seconds.
  public var originRational: String
  /// Bits a second; nil where unknown.
  public var bitRate: Int64?
  /// Whether it comes as it happens and cannot be read again.
  public var isLive: Bool
  /// All streams, in the container's order.
  public var streams: [StreamDescription]
  /// What is out of the ordinary with the container, in words.
  public var oddities: [String]

  /// The same, for a place that others may read.
  public var withoutCredentials: InputDescription {
    var copy = self
    copy.uri = redactedURI
    return copy
  }
}
