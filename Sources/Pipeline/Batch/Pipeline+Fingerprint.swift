internal import BraidInference
internal import BraidIngest
internal import FoundationEssentials
internal import Glibc

extension Pipeline {
  /// A text that says all that a file's result depends on, the file itself apart: the pipeline, Braid's version, and of each
  /// model's files how long they are and when they were changed. How many threads there are does not count, and neither do sinks:
  /// a result is the same whoever else gets its records. Nothing in it is secret.
  ///
  /// - Throws: ``PipelineError`` `model-not-found`.
  public func fingerprint() throws(PipelineError) -> String {
    var pipeline = self
    pipeline.configuration.inputs = []
    pipeline.configuration.output = "-"
    pipeline.configuration.sinks = []
    pipeline.configuration.threads = 1
    pipeline.configuration.inputOptions.decoderThreads = 0
    var lines = ["# braid \(BraidVersion.current)"]
    // As they were given: the names that they use may be known to models alone.
    lines += configuration.schedules.map { "# schedule \($0.text)" } + configuration.gates.map { "# gate \($0.text)" }
    lines += configuration.crops.map { "# crops \($0.text)" }
    lines += configuration.chains.map { "# chain \($0.text)" }
    lines += configuration.tracks.map { "# track \($0.text)" }
    if case .named(let names) = configuration.models {
      for name in names {
        let path = try ModelLocation.path(of: name, folders: configuration.modelFolders)
        lines += facts(ofModel: path).map { "# model \(name): \($0)" }
      }
    }
    return pipeline.text + lines.joined(separator: "\n") + "\n"
  }

  /// The length and time of change of each file that a model may be made of.
  private func facts(ofModel path: String) -> [String] {
    let path = ModelPackage.container(of: path)
    if FilePath.isFolder(path) { return facts(inFolder: path, "") }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
    let isDescription = ["json", "yaml", "yml"].contains { path.hasSuffix(".\($0)") }
    let isInPackage = ["json", "yaml", "yml"].contains { PipelinePath.exists("\(folder)braid.\($0)") }
    if isDescription || isInPackage { return facts(of: path, "") + facts(inFolder: folder, "") }
    // What cannot be read is told by the session that reads it.
    let data = (try? Model.dataFiles(path: path, limits: configuration.modelLimits)) ?? []
    return facts(of: path, "") + data.flatMap { facts(of: folder + $0, $0 + " ") }
  }

  private func facts(of path: String, _ name: String) -> [String] {
    let file = BatchFile(path: path, result: "")
    return ["\(name)\(file.bytes) bytes, changed \(file.modified)"]
  }

  /// The same for all files of a folder and its folders, in order. Links to folders are passed over, and what a job writes.
  private func facts(inFolder folder: String, _ relative: String) -> [String] {
    let place = relative.isEmpty ? folder : "\(folder)/\(relative)"
    let isOutput = FilePath.absolute(place).starts(with: FilePath.absolute(configuration.output))
    let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
    return names.sorted().flatMap { name -> [String] in
      let (path, below) = ("\(place)/\(name)", relative.isEmpty ? name : "\(relative)/\(name)")
      var facts = stat()
      guard unsafe lstat(path, &facts) == 0 else { return [] }
      if facts.st_mode & S_IFMT == S_IFDIR { return self.facts(inFolder: folder, below) }
      let isResult = name == BatchJournal.name || name.hasSuffix(".jsonl") || name.hasSuffix(BatchFile.partialSuffix)
      return FilePath.isFolder(path) || isOutput && isResult ? [] : self.facts(of: path, below + " ")
    }
  }
}
