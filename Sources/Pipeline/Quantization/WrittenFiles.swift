internal import BraidInference
internal import Glibc

/// Files that a command is about to write, checked before any work: that there is a place for each, and that none of them takes
/// away what the work is made of.
public enum WrittenFiles {
  /// One of them.
  public struct File: Sendable {
    /// The option that names it.
    public let option: String
    /// Where it goes.
    public let path: String

    /// A file that an option names.
    public init(option: String, path: String) {
      self.option = option
      self.path = path
    }
  }

  /// - Parameters:
  ///   - files: what is written.
  ///   - kept: files that are read.
  /// - Throws: ``PipelineError/Code/configuration`` where a file would be written over one that is read or another that is written;
  ///   ``PipelineError/Code/outputFailed`` for folders that are not there or may not be written to.
  public static func check(_ files: [File], keeping kept: [String]) throws(PipelineError) {
    for (place, file) in files.enumerated() {
      if let lost = kept.first(where: { isSame(file.path, $0) }) {
        throw PipelineError(
          .configuration, "'\(lost)' is what the command reads, and would be lost", location: file.option,
          remedy: "Write to another file")
      }
      if let other = files[..<place].first(where: { isSame(file.path, $0.path) }) {
        throw PipelineError(
          .configuration, "it is the same file as \(other.option)", location: file.option,
          remedy: "Write to another file")
      }
      let folder =
        file.path.lastIndex(of: "/").map { $0 == file.path.startIndex ? "/" : String(file.path[..<$0]) } ?? "."
      guard FilePath.isFolder(folder), unsafe access(folder, W_OK) == 0, !FilePath.isFolder(file.path) else {
        throw PipelineError(
          .outputFailed, "nothing can be written there", location: "\(file.option) \(file.path)",
          remedy: "Choose a path in a folder that exists and that you may write")
      }
    }
  }

  private static func isSame(_ path: String, _ other: String) -> Bool {
    FilePath.absolute(path) == FilePath.absolute(other) || RecordSink.isSameFile(path, other)
  }
}

extension ModelPackage {
  /// The paths that a model's package lies at on the disk: the path that it was opened by, its archive or folder, its file and its
  /// description.
  static func paths(_ path: String, _ package: ModelPackage) -> [String] {
    [path, container(of: path), package.modelPath] + (package.descriptionPath.map { [$0] } ?? [])
  }
}
