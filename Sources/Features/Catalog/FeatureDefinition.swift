/// What a feature is called, what it is computed from, what it can be told and what comes out.
///
/// Help, checks, documents and extractors all come from here; what an extractor knows of itself (values in a row, window,
/// hop, delay) is asked of the extractor.
public struct FeatureDefinition: Sendable, Identifiable {
  /// What a feature is computed from.
  public enum Source: String, Hashable, Sendable {
    /// Samples.
    case sound
    /// Pictures.
    case picture
    /// Both.
    case soundAndPicture = "sound and picture"
  }

  /// The rate of the samples that a feature takes.
  public enum Rate: Hashable, Sendable {
    /// The stream's own.
    case stream
    /// This one, in hertz: others are resampled to it.
    case fixed(Int)
  }

  /// The channels that a feature takes.
  public enum Channels: Hashable, Sendable {
    /// One: the average of all.
    case mean
    /// Each by itself.
    case all
  }

  enum Maker: Sendable {
    case sound(Rate, Channels, @Sendable (FeatureSettings, SoundFormat) throws(FeatureError) -> any SoundFeature)
    case picture(@Sendable (FeatureSettings) throws(FeatureError) -> any PictureFeature)
    case soundAndPicture(Rate, @Sendable (FeatureSettings) throws(FeatureError) -> any SoundAndPictureFeature)
  }

  /// The full name, with the preset after a colon where there is one: `log-mel:kaldi`.
  public let name: String
  /// Other names that mean the same.
  public let aliases: [String]
  /// The unit of the values; `1` for none.
  public let unit: String
  /// What each value of a row is, where they are different things; empty where they are of one kind.
  public let columns: [String]
  /// What can be set.
  public let parameters: [FeatureParameter]
  /// What it is, in one sentence.
  public let summary: String
  let maker: Maker

  init(
    _ name: String, aliases: [String] = [], unit: String, columns: [String] = [], parameters: [FeatureParameter] = [],
    _ summary: String, maker: Maker
  ) {
    self.name = name
    self.aliases = aliases
    self.unit = unit
    self.columns = columns
    self.parameters = parameters
    self.summary = summary
    self.maker = maker
  }

  /// The full name.
  public var id: String { name }

  /// What it is computed from.
  public var source: Source {
    switch maker {
    case .sound: .sound
    case .picture: .picture
    case .soundAndPicture: .soundAndPicture
    }
  }

  /// The rate of the samples that it takes; nil for pictures.
  public var rate: Rate? {
    switch maker {
    case .sound(let rate, _, _), .soundAndPicture(let rate, _): rate
    case .picture: nil
    }
  }
}

/// How samples come.
public struct SoundFormat: Hashable, Sendable {
  /// Samples a second, in hertz.
  public let sampleRate: Int
  /// Interleaved channels.
  public let channelCount: Int

  /// `channelCount` channels at `sampleRate`.
  public init(sampleRate: Int, channelCount: Int = 1) {
    self.sampleRate = sampleRate
    self.channelCount = channelCount
  }
}
