internal import Glibc

/// The size of a file.
enum FileSize {
  /// In bytes; nil where there is no such file.
  static func bytes(_ path: String) -> Int? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    return Int(status.st_size)
  }
}
