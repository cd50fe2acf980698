internal import Glibc

/// Where a file really lies: a path without links, `.` and `..`.
struct RealPath: Hashable, Sendable {
  /// The path, absolute.
  let text: String

  /// What lies at a path; nil where nothing does, or its folders cannot be searched. `errno` then says why.
  init?(_ path: String) {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    text = unsafe String(cString: resolved)
  }

  /// Whether it lies in a folder, at any depth. Paths are compared byte by byte, as the system does.
  func isInside(_ folder: RealPath) -> Bool {
    let start = folder.text == "/" ? "/" : folder.text + "/"
    return text.utf8.starts(with: start.utf8)
  }
}
