internal import BraidCore
import Foundation
import Glibc

/// The files beside a model that hold tensors' data. None outside the model's folder, or its archive, is opened.
struct ExternalData: Sendable {
  private enum Place {
    /// The model's folder, without symbolic links.
    case folder(RealPath)
    /// The archive with the model, and the model's folder in it, empty or with a slash at its end.
    case archive(PackageArchive, folder: String)
  }

  private let place: Place
  /// What files must have as their SHA-256, by path from the folder.
  private let hashes: [String: String]
  /// The most bytes of a file that is read as a whole.
  private let limit: Int
  /// Files of a folder whose hashes were checked.
  private let checked = Guarded<Set<String>>([])
  /// Files that were read.
  private let used = Guarded<Set<String>>([])
  /// Files of an archive that were inflated.
  private let inflated = Guarded<[String: [UInt8]]>([:])

  /// The folder of the model at `path`.
  ///
  /// - Parameters:
  ///   - modelPath: the model's file.
  ///   - hashes: what files must have as their SHA-256, by path from the model's folder.
  ///   - limits: bounds on what is read.
  init?(modelPath: String, hashes: [String: String] = [:], limits: ModelLimits = .default) {
    self.hashes = hashes
    limit = limits.fileBytes
    let folder = URL(fileURLWithPath: modelPath).deletingLastPathComponent().path
    guard let real = RealPath(folder) else { return nil }
    place = .folder(real)
  }

  /// The archive with the model; `folder` is the model's in it, empty or with a slash at its end.
  init(archive: PackageArchive, folder: String, hashes: [String: String], limits: ModelLimits = .default) {
    self.hashes = hashes
    limit = limits.fileBytes
    place = .archive(archive, folder: folder)
  }

  /// The bytes that the entries of a tensor name.
  ///
  /// - Throws: `invalid-graph` for a place outside the folder or a file too short, `unreadable`.
  func read(_ entries: [(key: String, value: String)], byteCount: Int) throws(InferenceError) -> [UInt8] {
    var location = ""
    var offset = 0
    for entry in entries {
      switch entry.key {
      case "location": location = entry.value
      case "offset", "length":
        guard let number = Int(entry.value), number >= 0 else {
          throw .invalid("the \(entry.key) of its data is \"\(entry.value)\"")
        }
        if entry.key == "offset" {
          offset = number
        } else if number != byteCount {
          throw .invalid("\(number) bytes of data are named, and its shape takes \(byteCount)")
        }
      default: break
      }
    }
    // By bytes, as the system reads paths: a slash and an accent after it are one character.
    let parts = location.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard !location.isEmpty, !location.utf8.contains(0), parts.first?.isEmpty == false,
      !parts.contains(where: { $0.elementsEqual("..".utf8) })
    else {
      throw .invalid("its data lies at \"\(location)\", outside the model's folder")
    }
    used.withLock { _ = $0.insert(Self.plain(location)) }
    switch place {
    case .folder(let folder): return try read(location, in: folder, offset: offset, byteCount: byteCount)
    case .archive(let archive, let folder):
      let bytes = try inflate(location, archive, folder: folder)
      guard offset <= bytes.count, byteCount <= bytes.count - offset else {
        throw .invalid(
          "its data should end at byte \(offset.addingReportingOverflow(byteCount).partialValue) of \(bytes.count)")
      }
      return Array(bytes[offset..<(offset + byteCount)])
    }
  }

  /// The files that were read so far, by path from the model's folder.
  var files: [String] { used.withLock { $0.sorted() } }

  private func read(
    _ location: String, in folder: RealPath, offset: Int, byteCount: Int
  ) throws(InferenceError) -> [UInt8] {
    guard let path = RealPath(folder.text + "/" + location) else {
      throw InferenceError(
        .unreadable, "its data should lie in \(location), which cannot be found",
        remedy: "Keep the file beside the model", cause: unsafe String(cString: strerror(errno)))
    }
    guard path.isInside(folder) else {
      throw .invalid("its data lies at \"\(location)\", which leads outside the model's folder")
    }
    if !hashes.isEmpty, checked.withLock({ $0.insert(location).inserted }) {
      do throws(InferenceError) {
        try check(try ModelFile.read(path.text, limit: limit), location)
      } catch {
        throw error.location.isEmpty ? error.within(location) : error
      }
    }
    return try ModelFile.read(path.text, offset: offset, byteCount: byteCount)
  }

  private func inflate(
    _ location: String, _ archive: PackageArchive, folder: String
  ) throws(InferenceError) -> [UInt8] {
    let name = Self.plain(location)
    if let bytes = inflated.withLock({ $0[name] }) { return bytes }
    do throws(InferenceError) {
      let bytes = try archive.read(folder + name, limit: limit)
      if !hashes.isEmpty { try check(bytes, location) }
      inflated.withLock { $0[name] = bytes }
      return bytes
    } catch {
      throw error.within("its data in \(folder + name)")
    }
  }

  /// - Throws: as ``PackageFile/check(_:of:in:)``.
  private func check(_ bytes: [UInt8], _ location: String) throws(InferenceError) {
    do throws(InferenceError) {
      try PackageFile.check(SHA256.digest(bytes), of: Self.plain(location), in: hashes)
    } catch {
      throw error.within(location)
    }
  }

  /// Without a dot and a slash before it.
  private static func plain(_ location: String) -> String {
    location.hasPrefix("./") ? String(location.dropFirst(2)) : location
  }
}
