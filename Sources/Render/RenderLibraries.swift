import CCairo
import CFFmpeg

/// What films are made with on this machine.
public enum RenderLibraries {
  /// Cairo's version: `1.16.0`.
  public static var cairoVersion: String { unsafe String(cString: cairo_version_string()) }

  /// FFmpeg's encoders that films can use, of pictures first: those there are, and those there are not.
  public static var encoders: (present: [String], missing: [String]) {
    let names = FilmSettings.Codec.allCases.map(\.encoder) + ["aac", "libopus"]
    let present = names.filter { unsafe avcodec_find_encoder_by_name($0) != nil }
    return (present, names.filter { !present.contains($0) })
  }
}
