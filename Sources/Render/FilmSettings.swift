/// What a film is to be.
public struct FilmSettings: Sendable {
  /// How pictures are encoded.
  public enum Codec: String, Sendable, CaseIterable {
    case h264, mpeg4, vp9

    /// FFmpeg's encoder.
    var encoder: String {
      switch self {
      case .h264: "libx264"
      case .mpeg4: "mpeg4"
      case .vp9: "libvpx-vp9"
      }
    }

    /// The parts of a second that times are told in. MPEG-4 has room for 65535; 60000 holds all usual rates exactly.
    var ticks: Int64 { self == .mpeg4 ? 60000 : 1_000_000 }
  }

  /// The sound of a film.
  public struct Sound: Hashable, Sendable {
    /// Samples a second, in hertz.
    public var sampleRate: Int
    /// Channels, at least 1.
    public var channelCount: Int

    /// Sound of this rate.
    public init(sampleRate: Int, channelCount: Int) {
      self.sampleRate = sampleRate
      self.channelCount = channelCount
    }
  }

  /// The file, whose suffix says its kind: mp4, mov, mkv, webm.
  public var path: String
  /// Pixels across, even.
  public var width: Int
  /// Pixels down, even.
  public var height: Int
  /// Nil for the best there is: H.264, else MPEG-4; VP9 for WebM.
  public var codec: Codec?
  /// Bits a second of the pictures; nil for a constant quality.
  public var bitrate: Int?
  /// Nil for none.
  public var sound: Sound?

  /// A film without sound, of constant quality.
  public init(path: String, width: Int, height: Int) {
    self.path = path
    self.width = width
    self.height = height
  }
}
