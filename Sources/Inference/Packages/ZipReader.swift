internal import CZip

/// An open zip archive: the owner of a libzip handle. One thread at a time.
@safe
struct ZipReader: ~Copyable {
  /// What the archive's directory says of an entry.
  struct Entry {
    var index: UInt64
    /// As it is written there; nil where it is no UTF-8.
    var name: String?
    /// What it claims to hold, in bytes.
    var byteCount: Int
    /// What it takes in the archive, in bytes.
    var packedCount: Int
    /// Whether it is stored or deflated.
    var isKnownMethod: Bool
    var isEncrypted: Bool
    var isLink: Bool
  }

  private let handle: OpaquePointer

  /// - Throws: `not-an-archive` with the library's words.
  init(path: String) throws(InferenceError) {
    var code: Int32 = 0
    guard let handle = unsafe zip_open(path, ZIP_RDONLY, &code) else {
      throw InferenceError(
        .notAnArchive, "it is no zip archive, or a broken one",
        remedy: "Fetch it again, or make it with 'braid model pack'",
        cause: Self.words(code))
    }
    unsafe self.handle = handle
  }

  deinit { unsafe zip_discard(handle) }

  private static func words(_ code: Int32) -> String {
    var error = unsafe zip_error_t()
    unsafe zip_error_init_with_code(&error, code)
    defer { unsafe zip_error_fini(&error) }
    return unsafe String(cString: zip_error_strerror(&error))
  }

  /// Entries, folders included.
  var count: Int { Int(clamping: unsafe zip_get_num_entries(handle, 0)) }

  /// What the directory says of the entry at a place; nil where it says too little.
  func entry(_ place: Int) -> Entry? {
    var status = unsafe zip_stat_t()
    unsafe zip_stat_init(&status)
    guard unsafe zip_stat_index(handle, UInt64(place), 0, &status) == 0 else { return nil }
    let wanted = UInt64(ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD)
    guard unsafe status.valid & wanted == wanted else { return nil }
    var system: UInt8 = 0
    var attributes: UInt32 = 0
    _ = unsafe zip_file_get_external_attributes(handle, UInt64(place), 0, &system, &attributes)
    // The upper half of Unix attributes is the mode; 0o120000 is a symbolic link.
    let isUnix = UInt32(system) == ZIP_OPSYS_UNIX
    let name = unsafe zip_get_name(handle, UInt64(place), ZIP_FL_ENC_RAW).flatMap {
      unsafe String(validatingCString: $0)
    }
    return unsafe Entry(
      index: UInt64(place), name: name, byteCount: Int(clamping: status.size),
      packedCount: Int(clamping: status.comp_size),
      isKnownMethod: [UInt16(ZIP_CM_STORE), UInt16(ZIP_CM_DEFLATE)].contains(status.comp_method),
      isEncrypted: status.encryption_method != UInt16(ZIP_EM_NONE),
      isLink: isUnix && attributes >> 16 & 0o170000 == 0o120000)
  }

  /// The whole of an entry, which must hold exactly what it claims, and not more than `limit`.
  ///
  /// No more than one chunk beyond the limit is ever inflated, whatever the directory says.
  /// - Throws: `invalid-archive`, `limit-exceeded`.
  func read(_ entry: Entry, limit: Int) throws(InferenceError) -> [UInt8] {
    guard let file = unsafe zip_fopen_index(handle, entry.index, 0) else {
      throw Self.broken(unsafe String(cString: zip_strerror(handle)))
    }
    defer { unsafe zip_fclose(file) }
    var chunk = [UInt8](repeating: 0, count: 256 << 10)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(entry.byteCount, limit, 16 << 20))
    while true {
      let count = unsafe zip_fread(file, &chunk, UInt64(chunk.count))
      guard count >= 0 else { throw Self.broken(unsafe String(cString: zip_file_strerror(file))) }
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<Int(count)])
      guard bytes.count <= limit else {
        throw .limit("it holds more than the \(limit) bytes that it may, whatever the archive says of it")
      }
    }
    guard bytes.count == entry.byteCount else {
      throw Self.broken("\(bytes.count) bytes, and not the \(entry.byteCount) that are said")
    }
    return bytes
  }

  private static func broken(_ cause: String) -> InferenceError {
    InferenceError(.notAnArchive, "its part of the archive is broken", remedy: "Fetch the archive again", cause: cause)
  }
}
