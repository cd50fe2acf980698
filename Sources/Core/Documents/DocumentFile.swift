internal import Glibc

/// The bytes of a document's file.
enum DocumentFile {
  /// The whole file, of which no more than `limit` bytes are read. A FIFO is read to its end.
  ///
  /// - Throws: `unreadable`, with the system's words.
  static func bytes(_ path: String, limit: Int) throws(DocumentError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path, errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count < limit {
      let count = unsafe read(descriptor, &chunk, min(chunk.count, limit - bytes.count))
      if count == 0 { break }
      if count < 0 {
        guard errno == EINTR else { throw unreadable(path, errno) }
        continue
      }
      bytes += chunk[..<count]
    }
    return bytes
  }

  private static func unreadable(_ path: String, _ number: Int32) -> DocumentError {
    let words = unsafe String(cString: strerror(number))
    return DocumentError(
      .unreadable, file: path,
      [DocumentFault(place: nil, field: "", message: "it cannot be read (\(words))", remedy: "Check the path")])
  }
}
