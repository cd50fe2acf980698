internal import BraidIngest
internal import Glibc

/// What the paths of a pipeline's file mean.
enum PipelinePath {
  /// A path as it is seen from a folder.
  ///
  /// - Parameters:
  ///   - path: absolute, or seen from the folder.
  ///   - folder: with a slash at its end; nothing for the working folder.
  /// - Returns: the path as it is seen from the working folder.
  static func joined(_ path: String, folder: String) -> String {
    path.hasPrefix("/") ? path : folder + path
  }

  /// A source with its path, if it has one, as it is seen from a folder. URLs and devices stay as they are.
  static func source(_ source: String, folder: String) -> String {
    guard let (prefix, path) = parts(of: source, folder: folder) else { return source }
    return prefix + joined(path, folder: folder)
  }

  /// The file or folder that a source reads; nil for what has none.
  static func file(of source: String) -> String? {
    guard let (prefix, path) = parts(of: source, folder: "") else { return nil }
    return prefix == "text:" || prefix == "sensor:" ? InputOpening.path(of: source) : path
  }

  /// A model's file or folder as it is seen from a folder; the name of an installed model stays as it is.
  static func model(_ name: String, folder: String) -> String {
    let path = joined(name, folder: folder)
    return name.contains("/") || exists(path) ? path : name
  }

  /// Whether something is there.
  static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// What stands before a source's path, and the path; nil for what has none.
  private static func parts(of source: String, folder: String) -> (prefix: String, path: String)? {
    if source == "-" { return nil }
    // A path that exists is a file, whatever its name looks like.
    if exists(joined(source, folder: folder)) { return ("", source) }
    for prefix in ["text:", "sensor:", "replay:", "file:"] where source.hasPrefix(prefix) {
      let path = String(source.dropFirst(prefix.count))
      // An empty one is told as such; file:// is a URL with an absolute path.
      return path.isEmpty || path == "-" || path.hasPrefix("//") ? nil : (prefix, path)
    }
    let scheme = source.prefix { $0 != ":" && $0 != "/" }
    return scheme.endIndex != source.endIndex && source[scheme.endIndex] == ":" ? nil : ("", source)
  }
}
