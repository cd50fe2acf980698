internal import BraidCore
internal import Glibc

/// One of the files of a job: what it is, and where its result goes.
public struct BatchFile: Hashable, Sendable, Codable {
  /// The file, as it was named or found.
  public var path: String
  /// The result's path within the output folder: `talks/one.mp4.jsonl`.
  public var result: String
  /// The file's length in bytes; 0 where it cannot be asked.
  public var bytes: Int64 = 0
  /// When the file was changed last, in nanoseconds since the Unix epoch; 0 where it cannot be asked.
  public var modified: Int64 = 0

  /// A file whose result has a name already; asks the system for the rest.
  init(path: String, result: String) {
    self.path = path
    self.result = result
    var facts = stat()
    guard unsafe stat(path, &facts) == 0 else { return }
    bytes = Int64(facts.st_size)
    modified = Self.nanoseconds(facts.st_mtim)
  }

  /// Nanoseconds since the Unix epoch; what lies beyond an `Int64`, after the year 2262, becomes its last one.
  static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec).multipliedSaturating(by: 1_000_000_000).addingSaturating(Int64(time.tv_nsec))
  }
}

/// A result on its way from a partial one to a complete one.
extension BatchFile {
  /// What the name of a result that is not complete ends in.
  public static let partialSuffix = ".partial"

  /// Makes the folders that the result needs, and takes away one that was made before.
  ///
  /// - Parameter folder: where results go.
  /// - Throws: ``PipelineError/Code/outputFailed``.
  public func prepare(in folder: String) throws(PipelineError) {
    let path = "\(folder)/\(result)"
    if let slash = path.lastIndex(of: "/") { try FilePath.makeFolders(String(path[..<slash])) }
    guard unsafe unlink(path) == 0 || errno == ENOENT else {
      throw failure("the result of before cannot be removed", path)
    }
  }

  /// Gives a result that is complete its name.
  ///
  /// - Parameter folder: where results go.
  /// - Throws: ``PipelineError/Code/outputFailed``.
  public func complete(in folder: String) throws(PipelineError) {
    let path = "\(folder)/\(result)"
    guard unsafe rename(path + Self.partialSuffix, path) == 0 else {
      throw failure("the result cannot be given its name", path)
    }
  }

  private func failure(_ what: String, _ path: String) -> PipelineError {
    PipelineError(
      .outputFailed, what, location: path, remedy: "Choose an --output folder that you may write",
      cause: unsafe String(cString: strerror(errno)))
  }
}
