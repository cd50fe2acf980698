internal import CZip
internal import Glibc

/// Writes a package as an archive.
///
/// The same files give the same bytes: sorted by name, stored as they are, dated 1980-01-01, readable by everybody. They are not
/// deflated, because weights hardly become smaller, and a model that is stored loads at once.
enum PackageArchiveWriter {
  /// Writes an archive in place of what lies at `path`, all of it or nothing.
  ///
  /// - Throws: `unwritable` with the system's words.
  static func write(_ files: [(name: String, bytes: [UInt8])], to path: String) throws(InferenceError) {
    var code: Int32 = 0
    guard let archive = unsafe zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code) else {
      throw failure(path, unsafe String(cString: strerror(errno)))
    }
    // libzip reads what it is given when the archive is closed, and so owns a copy of each file until then. It writes beside the
    // path and then renames.
    for file in files.sorted(by: { $0.name < $1.name }) {
      guard unsafe add(file.name, file.bytes, to: archive) else {
        let words = unsafe String(cString: zip_strerror(archive))
        unsafe zip_discard(archive)
        throw failure(path, words)
      }
    }
    guard unsafe zip_close(archive) == 0 else {
      let words = unsafe String(cString: zip_strerror(archive))
      unsafe zip_discard(archive)
      throw failure(path, words)
    }
  }

  private static func add(_ name: String, _ bytes: [UInt8], to archive: OpaquePointer) -> Bool {
    guard let copy = unsafe malloc(max(1, bytes.count)) else { return false }
    unsafe bytes.withUnsafeBytes { source in
      if let base = source.baseAddress { unsafe copy.copyMemory(from: base, byteCount: source.count) }
    }
    // 1: the source frees the copy.
    guard let source = unsafe zip_source_buffer(archive, copy, UInt64(bytes.count), 1) else {
      unsafe free(copy)
      return false
    }
    let index = unsafe zip_file_add(archive, name, source, zip_flags_t(ZIP_FL_ENC_UTF_8))
    guard index >= 0 else {
      unsafe zip_source_free(source)
      return false
    }
    let place = UInt64(index)
    // In the DOS format of zip: year since 1980 << 9 | month << 5 | day.
    return unsafe zip_set_file_compression(archive, place, ZIP_CM_STORE, 0) == 0
      && zip_file_set_dostime(archive, place, 0, 1 << 5 | 1, 0) == 0
      && zip_file_set_external_attributes(archive, place, 0, UInt8(ZIP_OPSYS_UNIX), 0o100644 << 16) == 0
  }

  private static func failure(_ path: String, _ words: String) -> InferenceError {
    InferenceError(
      .unwritable, "it cannot be written", location: path, remedy: "Check the folder and the space", cause: words)
  }
}
