internal import BraidCore
import Glibc

/// What was measured on this processor, in a file: the implementation that was fastest for each operation.
///
/// The file is text: a line that names the processor, its instruction set and oneDNN's version, then a line for each
/// operation. Lines that make no sense are passed over, and only implementations that are allowed are taken, so that a
/// damaged file makes plans slower, never wrong. One plan builder uses an object at a time.
final class KernelCache {
  /// The file's path.
  let path: String
  private let title: String
  private var entries: [String: Implementation] = [:]
  private var learned: [String: Implementation] = [:]

  /// More is not read.
  private static let limit = 4 << 20
  /// One process writes one file at a time.
  private static let saving = Guarded(())

  /// Reads what is known of `processor`; nothing where the file is missing or of no use.
  init(folder: String, processor: String = ProcessorIdentity.current) {
    let libraries = InferenceLibraries.current
    title = "braid kernels 1\t\(processor)\t\(libraries.instructionSet)\toneDNN \(libraries.oneDNNVersion)"
    path = "\(folder)/kernels-\(String(Self.hash(title), radix: 16)).txt"
    entries = Self.read(path, title)
  }

  /// What was the fastest for the operation `key`; nil where that is not known.
  func known(_ key: String) -> Implementation? { entries[key] }

  func learn(_ key: String, _ implementation: Implementation) {
    guard !key.contains(where: { $0 == "\t" || $0.isNewline }) else { return }
    entries[key] = implementation
    learned[key] = implementation
  }

  /// Writes what was learned, beside what others have written meanwhile. The file is replaced as a whole.
  ///
  /// - Throws: ``InferenceError/Code/unwritable``.
  func save() throws(InferenceError) {
    guard !learned.isEmpty else { return }
    try Self.saving.withLock { (_) throws(InferenceError) in
      let all = Self.read(path, title).merging(learned) { $1 }
      let lines = all.keys.sorted().map { key in
        let entry = all[key] ?? .byRule
        return "\(key)\t\(entry.name)\t\(entry.layout.rawValue)"
      }
      try Self.write(Array(((([title] + lines).joined(separator: "\n")) + "\n").utf8), path)
    }
    learned = [:]
  }

  private static func read(_ path: String, _ title: String) -> [String: Implementation] {
    // A cache that cannot be read is an empty one: all of it can be measured again.
    guard let bytes = try? ModelFile.read(path, limit: limit) else { return [:] }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    guard let first = lines.first, first == title else { return [:] }
    var entries: [String: Implementation] = [:]
    for line in lines.dropFirst() {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count == 3, let layout = Implementation.Layout(rawValue: String(fields[2])) else { continue }
      let found = Implementation(name: String(fields[1]), layout: layout)
      guard found == .byRule || Implementation.allowed.contains(found.name) else { continue }
      entries[String(fields[0])] = found
    }
    return entries
  }

  private static func write(_ bytes: [UInt8], _ path: String) throws(InferenceError) {
    var parent = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
      parent += "\(part)/"
      if unsafe mkdir(parent, 0o755) != 0, errno != EEXIST, errno != EISDIR { throw failure(parent) }
    }
    let temporary = "\(path).\(getpid())"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(path) }
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(descriptor, buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let error = failure(path)
        close(descriptor)
        _ = unsafe unlink(temporary)
        throw error
      }
      done += count
    }
    guard close(descriptor) == 0, unsafe rename(temporary, path) == 0 else {
      let error = failure(path)
      _ = unsafe unlink(temporary)
      throw error
    }
  }

  private static func failure(_ path: String) -> InferenceError {
    InferenceError(
      .unwritable, "what was measured cannot be written to \(path)",
      remedy: "Let XDG_CACHE_HOME name a folder that can be written, or do without measuring",
      cause: unsafe String(cString: strerror(errno)))
  }

  /// Fowler, Noll and Vo's hash of 64 bits, FNV-1a.
  private static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}

extension Implementation {
  /// Stands for what the rule takes.
  static let byRule = Implementation(name: "-")
}

/// What tells one sort of processor from another.
enum ProcessorIdentity {
  /// The maker, family, model, stepping and name as Linux tells them, with spaces between.
  static let current: String = {
    guard let file = unsafe fopen("/proc/cpuinfo", "r") else { return "unknown" }
    defer { unsafe fclose(file) }
    var found: [String] = []
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { unsafe free(line) }
    while unsafe getline(&line, &capacity, file) > 1, let text = unsafe line {
      // The first core's lines end at an empty one.
      let fields = unsafe String(cString: text).split(separator: ":", maxSplits: 1)
      guard fields.count == 2 else { continue }
      let name = fields[0].filter { $0 != "\t" }
      guard ["vendor_id", "cpu family", "model", "model name", "stepping"].contains(name) else { continue }
      found.append(String(fields[1].filter { !$0.isNewline && $0 != "\t" }.drop { $0 == " " }))
    }
    return found.isEmpty ? "unknown" : found.joined(separator: " ")
  }()
}
