internal import BraidCore
import Foundation
import Glibc

/// The files beside a model that hold tensors' data. None outside the model's folder is opened.
struct ExternalData: Sendable {
  /// The model's folder, without symbolic links.
  private let folder: String
  /// What files must have as their SHA-256, by path from the folder.
  private let hashes: [String: String]
  /// Files whose hashes were checked.
  private let checked = Guarded<Set<String>>([])

  /// The folder of the model at `path`.
  ///
  /// - Parameters:
  ///   - modelPath: the model's file.
  ///   - hashes: what files must have as their SHA-256, by path from the model's folder.
  init?(modelPath: String, hashes: [String: String] = [:]) {
    self.hashes = hashes
    let folder = URL(fileURLWithPath: modelPath).deletingLastPathComponent().path
    guard let real = Self.real(folder) else { return nil }
    self.folder = real
  }

  private static func real(_ path: String) -> String? {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
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
    let parts = location.split(separator: "/", omittingEmptySubsequences: false)
    guard !location.isEmpty, !location.contains("\0"), !location.hasPrefix("/"), !parts.contains("..") else {
      throw .invalid("its data lies at \"\(location)\", outside the model's folder")
    }
    guard let path = Self.real(folder + "/" + location) else {
      throw InferenceError(
        .unreadable, "its data should lie in \(location), which cannot be found",
        remedy: "Keep the file beside the model", cause: unsafe String(cString: strerror(errno)))
    }
    guard path.hasPrefix(folder == "/" ? "/" : folder + "/") else {
      throw .invalid("its data lies at \"\(location)\", which leads outside the model's folder")
    }
    try check(location, path)
    return try ModelFile.read(path, offset: offset, byteCount: byteCount)
  }

  /// Checks a file's hash before it is read for the first time.
  ///
  /// - Throws: `hash-mismatch`, `unreadable`.
  private func check(_ location: String, _ path: String) throws(InferenceError) {
    guard let expected = hashes[location], checked.withLock({ $0.insert(location).inserted }) else { return }
    do throws(InferenceError) {
      try PackageFile.check(SHA256.digest(try ModelFile.read(path, limit: .max)), is: expected)
    } catch {
      throw error.within(location)
    }
  }
}
