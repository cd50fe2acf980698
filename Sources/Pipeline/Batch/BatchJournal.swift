public import BraidCore
internal import FoundationEssentials
internal import Glibc

/// The file `braid.job` in a job's output folder, by which the job can be resumed: which results are complete, and with which
/// configuration they were made.
///
/// JSON Lines that are only ever added to: one with the configuration for each run of the job, then one for each file that it
/// has brought to its end. A line that was cut off by a crash is passed over. One process at a time may have it open.
public final class BatchJournal {
  /// A file whose result is complete.
  public struct Entry: Hashable, Sendable, Codable {
    /// The file as it was then.
    public var file: BatchFile
    /// How much media time it has.
    public var duration: MediaDuration
    /// What its result holds: results, events that are over, `error` records.
    public var results: Int
    /// See ``results``.
    public var events: Int
    /// See ``results``.
    public var errors: Int

    /// A complete result.
    public init(file: BatchFile, duration: MediaDuration, results: Int, events: Int, errors: Int) {
      (self.file, self.duration, self.results, self.events, self.errors) = (file, duration, results, events, errors)
    }
  }

  private struct Line: Codable {
    var configuration: String?
    var done: Entry?
  }

  /// The file's name.
  public static let name = "braid.job"

  /// Complete results by name that were made with the present configuration, of files as they were then.
  private var complete: [String: Entry] = [:]
  /// How many results were made with other configurations and have not been made again.
  public private(set) var outdatedCount = 0
  /// Lines of the present configuration that the last one did not have; empty where it is the same or there is none.
  public private(set) var changes: [String] = []
  private let folder: String
  private let descriptor: Int32

  /// Opens the journal of a folder, which is made if need be.
  ///
  /// - Parameters:
  ///   - folder: where results go.
  ///   - configuration: a text that is the same for the same configuration and for no other.
  ///   - resumes: whether what is complete counts; else the journal begins anew.
  /// - Throws: ``PipelineError/Code/outputFailed``.
  public init(folder: String, configuration: String, resumes: Bool) throws(PipelineError) {
    self.folder = folder
    try FilePath.makeFolders(folder)
    let path = "\(folder)/\(Self.name)"
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.failure("the job's journal cannot be opened", path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let isBusy = errno == EWOULDBLOCK
      let error =
        isBusy
        ? PipelineError(
          .outputFailed, "another job writes into this folder", location: folder,
          remedy: "Wait for its end, or give another --output") : Self.failure("the journal cannot be locked", path)
      close(descriptor)
      throw error
    }
    if resumes {
      read(path, configuration)
    } else if ftruncate(descriptor, 0) != 0 {
      let error = Self.failure("the job's journal cannot be emptied", path)
      close(descriptor)
      throw error
    }
    do throws(PipelineError) {
      try write(Line(configuration: configuration))
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  /// What is known of a file whose result is complete, was made with the present configuration and is there; nil for every other,
  /// and where the file has changed since.
  public func complete(_ file: BatchFile) -> Entry? {
    guard let entry = complete[file.result], entry.file.bytes == file.bytes, entry.file.modified == file.modified,
      FilePath.absolute(entry.file.path) == FilePath.absolute(file.path),
      unsafe access("\(folder)/\(file.result)", F_OK) == 0
    else { return nil }
    return entry
  }

  /// Writes down that a result is complete.
  ///
  /// - Throws: ``PipelineError/Code/outputFailed``.
  public func add(_ entry: Entry) throws(PipelineError) {
    var entry = entry
    entry.file.path = "/" + FilePath.absolute(entry.file.path).joined(separator: "/")
    try write(Line(done: entry))
  }

  private func read(_ path: String, _ configuration: String) {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else { return }
    let decoder = JSONDecoder()
    var current: String?
    var outdated: Set<String> = []
    for bytes in data.split(separator: UInt8(ascii: "\n")) {
      guard let line = try? decoder.decode(Line.self, from: bytes) else { continue }
      if let then = line.configuration { current = then }
      guard let entry = line.done else { continue }
      if current == configuration {
        complete[entry.file.result] = entry
        outdated.remove(entry.file.result)
      } else {
        // What is made anew takes the place of what was.
        complete[entry.file.result] = nil
        outdated.insert(entry.file.result)
      }
    }
    outdatedCount = outdated.count
    if let current, current != configuration {
      let then = Set(current.split(separator: "\n"))
      changes = configuration.split(separator: "\n").filter { !then.contains($0) }.map { String($0.drop { $0 == " " }) }
    }
    // Behind a line that was cut off, the next begins on its own.
    if let last = data.last, last != UInt8(ascii: "\n") {
      _ = unsafe Glibc.write(descriptor, "\n", 1)
    }
  }

  private func write(_ line: Line) throws(PipelineError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let path = "\(folder)/\(Self.name)"
    guard var bytes = (try? encoder.encode(line)).map(Array.init) else { throw Self.failure("a line is no JSON", path) }
    bytes.append(UInt8(ascii: "\n"))
    let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard count == bytes.count else { throw Self.failure("the job's journal cannot be written", path) }
  }

  private static func failure(_ what: String, _ path: String) -> PipelineError {
    PipelineError(
      .outputFailed, what, location: path,
      remedy: "Choose an --output folder that you may write, with room on its disk",
      cause: unsafe String(cString: strerror(errno)))
  }
}
