internal import BraidCore
internal import BraidInference
internal import FoundationEssentials

/// A pipeline made such that its text says the same everywhere.
extension Pipeline {
  /// The same with absolute paths, and with models that are called by what their packages call them, also where others go by
  /// them.
  ///
  /// - Throws: ``PipelineError`` for a model that is not there and for a reference to one that the pipeline has not; what is wrong
  ///   with a package.
  public func standingAlone() throws -> Pipeline {
    var pipeline = self
    let folder = FileManager.default.currentDirectoryPath + "/"
    func path(_ path: String) -> String { path == "-" ? path : PipelinePath.joined(path, folder: folder) }
    pipeline.configuration.inputs = configuration.inputs.map { PipelinePath.source($0, folder: folder) }
    pipeline.configuration.output = path(configuration.output)
    pipeline.configuration.trace = configuration.trace.map(path)
    pipeline.configuration.explanation = configuration.explanation.map(path)
    pipeline.configuration.recording = configuration.recording.map(path)
    for place in configuration.sinks.indices where configuration.sinks[place].kind != .http {
      pipeline.configuration.sinks[place].target = path(configuration.sinks[place].target)
    }
    try pipeline.nameModels(folder: folder)
    return pipeline
  }

  private mutating func nameModels(folder: String) throws {
    guard case .named(let models) = configuration.models else { return }
    let paths = try models.map { try ModelLocation.path(of: $0, folders: configuration.modelFolders) }
    let files = models.map { PipelinePath.model($0, folder: folder) }
    configuration.models = .named(files)
    var others: [[String]] = models.map { [$0] }
    if modelNames.count == models.count {
      for place in models.indices { others[place].append(modelNames[place]) }
    } else {
      modelNames = []
    }
    let isReferred =
      !(configuration.gates.isEmpty && configuration.crops.isEmpty && configuration.chains.isEmpty
      && configuration.schedules.isEmpty && configuration.tracks.isEmpty)
      || configuration.sinks.contains { !$0.models.isEmpty }
    if isReferred {
      for place in models.indices {
        let package = try ModelPackage.open(paths[place])
        // What no description says, the model shows.
        let description =
          try package.description
          ?? KnownModels.description(
            of: package.load(limits: configuration.modelLimits), path: paths[place]
          )
          .0
        others[place] += [description.name, description.id]
      }
    }
    func file(_ name: String, _ location: String) throws(PipelineError) -> String {
      if let place = others.firstIndex(where: { $0.contains(name) }) { return files[place] }
      throw PipelineError(
        .configuration, "the session has no model '\(name.prefix(80))'", location: location,
        remedy: Spelling.guess(name, among: others.flatMap(\.self)).map { "Did you mean \($0)?" } ?? "")
    }
    func fileWithLabel(_ text: String, _ location: String) throws(PipelineError) -> String {
      for colon in [text.endIndex] + text.indices.reversed().filter({ text[$0] == ":" }) {
        let name = String(text[..<colon])
        if others.contains(where: { $0.contains(name) }) { return try file(name, location) + text[colon...] }
      }
      return try file(text, location)
    }
    for place in configuration.schedules.indices {
      configuration.schedules[place].model = try file(configuration.schedules[place].model, "--schedule")
    }
    for place in configuration.tracks.indices {
      configuration.tracks[place].model = try file(configuration.tracks[place].model, "--track")
    }
    for place in configuration.gates.indices {
      configuration.gates[place].model = try file(configuration.gates[place].model, "--gate")
      configuration.gates[place].source = try fileWithLabel(configuration.gates[place].source, "--gate")
    }
    for place in configuration.crops.indices {
      configuration.crops[place].model = try file(configuration.crops[place].model, "--crops")
      configuration.crops[place].source = try fileWithLabel(configuration.crops[place].source, "--crops")
    }
    for place in configuration.chains.indices {
      configuration.chains[place].model = try file(configuration.chains[place].model, "--chain")
      configuration.chains[place].source = try fileWithLabel(configuration.chains[place].source, "--chain")
    }
    for place in configuration.sinks.indices {
      let location = "--sink \(configuration.sinks[place].id)"
      configuration.sinks[place].models = try configuration.sinks[place].models.map { try file($0, location) }
    }
  }
}
