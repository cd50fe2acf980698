internal import BraidInference
internal import BraidIngest
internal import FoundationEssentials
internal import Glibc

extension Pipeline {
  /// A text that says all that a file's result depends on, the file itself apart: the pipeline, Braid's version, and of each
  /// model's files how long they are and when they were changed. How many threads there are does not count.
  ///
  /// - Throws: ``PipelineError`` `model-not-found`.
  public func fingerprint() throws(PipelineError) -> String {
    var pipeline = self
    pipeline.configuration.inputs = []
    pipeline.configuration.output = "-"
    pipeline.configuration.threads = 1
    pipeline.configuration.inputOptions.decoderThreads = 0
    var lines = ["# braid \(BraidVersion.current)"]
    // As they were given: the names that they use may be known to models alone.
    lines += configuration.schedules.map { "# schedule \($0.text)" } + configuration.gates.map { "# gate \($0.text)" }
    lines += configuration.crops.map { "# crops \($0.text)" }
    if case .named(let names) = configuration.models {
      for name in names {
        let path = try ModelLocation.path(of: name, folders: configuration.modelFolders)
        lines += Self.facts(ModelPackage.container(of: path)).map { "# model \(name): \($0)" }
      }
    }
    return pipeline.text + lines.joined(separator: "\n") + "\n"
  }

  /// The length and time of change of a file, or of each file of a folder.
  private static func facts(_ path: String) -> [String] {
    guard FilePath.isFolder(path) else {
      let file = BatchFile(path: path, result: "")
      return ["\(file.bytes) bytes, changed \(file.modified)"]
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.sorted().flatMap { name in
      FilePath.isFolder("\(path)/\(name)") ? [] : facts("\(path)/\(name)").map { "\(name) \($0)" }
    }
  }
}
