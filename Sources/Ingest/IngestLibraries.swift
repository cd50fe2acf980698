internal import CALSA
internal import CFFmpeg

/// What the libraries behind inputs are, for `doctor`.
public struct IngestLibraries: Hashable, Sendable {
  /// A library with the version it was compiled against and the one that is loaded.
  public struct Library: Hashable, Sendable {
    /// `libavcodec`
    public let name: String
    /// `59.37.100`
    public let compiled: String
    /// `59.37.100`
    public let loaded: String
    /// Whether both have the same ABI: an equal first number.
    public let isCompatible: Bool
  }

  /// FFmpeg's release, `5.1.9-0+deb12u1`.
  public let ffmpegRelease: String
  /// FFmpeg's libraries.
  public let libraries: [Library]
  /// libasound's version.
  public let alsaVersion: String

  /// Asks the libraries. Cheap; any thread.
  public static var current: IngestLibraries {
    IngestLibraries(
      ffmpegRelease: unsafe String(cString: av_version_info()),
      libraries: [
        library("libavformat", braid_LIBAVFORMAT_VERSION_INT, avformat_version()),
        library("libavcodec", braid_LIBAVCODEC_VERSION_INT, avcodec_version()),
        library("libavutil", braid_LIBAVUTIL_VERSION_INT, avutil_version()),
      ],
      alsaVersion: unsafe String(cString: snd_asoundlib_version()))
  }

  /// Whether there is a decoder for FFmpeg's codec of this name (`h264`, `opus`).
  public static func canDecode(_ codec: String) -> Bool {
    guard let descriptor = unsafe avcodec_descriptor_get_by_name(codec) else { return false }
    return unsafe avcodec_find_decoder(descriptor.pointee.id) != nil
  }

  private static func library(_ name: String, _ compiled: UInt32, _ loaded: UInt32) -> Library {
    Library(
      name: name, compiled: text(compiled), loaded: text(loaded), isCompatible: compiled >> 16 == loaded >> 16)
  }

  private static func text(_ version: UInt32) -> String {
    "\(version >> 16).\(version >> 8 & 0xff).\(version & 0xff)"
  }
}
