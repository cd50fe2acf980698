/// How a picture's samples lie in memory, as far as the stages above Ingest need to know.
public struct PixelFormat: Hashable, Sendable {
  /// FFmpeg's name for the format (`yuv420p`, `nv12`, `rgb24`, `gray`), as `av_get_pix_fmt_name` gives it.
  public let name: String
  /// FFmpeg's number for the format (`enum AVPixelFormat`), which Media hands back to libswscale.
  public let code: Int32
  /// How many planes are used, 1 to 4.
  public let planeCount: Int
  /// Whether the first plane holds luma alone, one byte a pixel: motion and brightness can then be taken from it directly.
  public let hasByteLumaPlane: Bool
  /// Whether sample values span the full range (0 to 255) or the studio range (16 to 235 for luma).
  public let isFullRange: Bool

  /// A format as Ingest found it.
  public init(name: String, code: Int32, planeCount: Int, hasByteLumaPlane: Bool, isFullRange: Bool) {
    self.name = name
    self.code = code
    self.planeCount = planeCount
    self.hasByteLumaPlane = hasByteLumaPlane
    self.isFullRange = isFullRange
  }
}
