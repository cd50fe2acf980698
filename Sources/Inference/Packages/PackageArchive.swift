internal import BraidCore
internal import Foundation

/// The files of a `.braidmodel`: a zip archive, of which nothing is ever written to a disk.
///
/// Only files with plain names inside it, stored or deflated, each once. What they hold is bounded while they are inflated.
final class PackageArchive: Sendable {
  /// The most entries.
  static let entryLimit = 64
  /// Beyond so many bytes an entry may not be more than ``ratioLimit`` times what it takes in the archive.
  static let ratioFreeBytes = 16 << 20
  static let ratioLimit = 100

  let path: String
  private let entries: [String: ZipReader.Entry]

  /// Whether a file is an archive: by its name, or by the first bytes of a zip.
  static func isArchive(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
      return false
    }
    if path.hasSuffix(".braidmodel") { return true }
    guard let start = try? ModelFile.read(path, offset: 0, byteCount: 4) else { return false }
    return start.starts(with: [0x50, 0x4B, 0x03, 0x04]) || start.starts(with: [0x50, 0x4B, 0x05, 0x06])
  }

  /// Reads the archive's directory.
  ///
  /// - Throws: `not-an-archive` for what is no archive, or not one that is taken: with links, encrypted files, paths that leave,
  ///   files twice; `limit-exceeded`; `unreadable`.
  init(path: String, limits: ModelLimits = .default) throws(InferenceError) {
    self.path = path
    do throws(InferenceError) {
      // Says what is wrong with a file that is none, before libzip does.
      _ = try ModelFile.read(path, offset: 0, byteCount: 0)
      let reader = try ZipReader(path: path)
      guard reader.count <= Self.entryLimit * 2 else {
        throw .limit("it has \(reader.count) entries; the limit is \(Self.entryLimit)")
      }
      var entries: [String: ZipReader.Entry] = [:]
      var total = 0
      for place in 0..<reader.count {
        guard let (name, entry) = try Self.entry(place, of: reader, limits) else { continue }
        guard entries.updateValue(entry, forKey: name) == nil else {
          throw Self.refused("it is there twice").within(name)
        }
        total = total.addingReportingOverflow(entry.byteCount).partialValue
        guard total <= limits.totalBytes else {
          throw .limit("its files have more than \(limits.totalBytes) bytes in all")
        }
      }
      guard entries.count <= Self.entryLimit else {
        throw .limit("it has \(entries.count) files; the limit is \(Self.entryLimit)")
      }
      self.entries = entries
    } catch {
      throw error.within(path)
    }
  }

  /// A file of the archive that may be read; nil for a folder.
  private static func entry(
    _ place: Int, of reader: borrowing ZipReader, _ limits: ModelLimits
  ) throws(InferenceError) -> (String, ZipReader.Entry)? {
    guard let entry = reader.entry(place) else { throw refused("its directory is broken") }
    guard let name = entry.name else { throw refused("the name of its entry \(place + 1) is no UTF-8") }
    // A folder has no bytes; its name ends with a slash.
    let plain = name.hasSuffix("/") ? String(name.dropLast()) : name
    let shown = String(name.prefix(200))
    if let fault = PackageFiles.fault(inName: plain) { throw refused(fault).within("'\(shown)'") }
    if entry.isLink { throw refused("it is a symbolic link").within(shown) }
    if name.hasSuffix("/") { return nil }
    if entry.isEncrypted { throw refused("it is encrypted").within(shown) }
    guard entry.isKnownMethod else {
      throw refused("it is packed by a method that is neither stored nor deflate").within(shown)
    }
    guard entry.byteCount <= limits.fileBytes else {
      throw InferenceError.limit("it has \(entry.byteCount) bytes; the limit is \(limits.fileBytes)").within(shown)
    }
    guard entry.byteCount <= allowed(entry) else { throw inflates(entry).within(shown) }
    return (name, entry)
  }

  /// How much an entry may hold for what it takes in the archive.
  private static func allowed(_ entry: ZipReader.Entry) -> Int {
    let times = entry.packedCount.multipliedReportingOverflow(by: ratioLimit)
    return max(ratioFreeBytes, times.overflow ? .max : times.partialValue)
  }

  private static func inflates(_ entry: ZipReader.Entry) -> InferenceError {
    .limit(
      "it inflates to more than \(ratioLimit) times the \(entry.packedCount) bytes that it takes, as no model does")
  }

  private static func refused(_ message: String) -> InferenceError {
    InferenceError(.notAnArchive, message, remedy: "Make the archive with 'braid model pack'")
  }

  /// The names of all files, sorted.
  var names: [String] { entries.keys.sorted() }

  /// Bytes of a file, as the archive's directory says; nil where there is none of that name.
  func byteCount(of name: String) -> Int? { entries[name]?.byteCount }

  /// The whole of a file.
  ///
  /// - Throws: `unreadable` where there is none, `not-an-archive` where it is broken, `limit-exceeded`.
  func read(_ name: String, limit: Int) throws(InferenceError) -> [UInt8] {
    guard let entry = entries[name] else {
      let guess = Spelling.guess(name, among: names).map { "Did you mean '\($0)'? " } ?? ""
      throw InferenceError(
        .unreadable, "there is no such file in the archive", remedy: guess + "It has \(names.joined(separator: ", "))")
    }
    let bytes = try ZipReader(path: path).read(entry, limit: min(limit, Self.allowed(entry)))
    return bytes
  }
}

extension PackageArchive: Hashable {
  /// Whether both are of the same file.
  static func == (first: PackageArchive, second: PackageArchive) -> Bool { first.path == second.path }

  /// By path.
  func hash(into hasher: inout Hasher) { hasher.combine(path) }
}
