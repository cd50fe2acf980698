internal import BraidCore
internal import BraidInference

/// The models that a session is to run.
extension SessionRun {
  /// The models with what goes by what: each stands behind those whose results it goes by.
  func loadModels() throws -> ([LoadedModel], ModelLinks) {
    var loaded = try loadNamedModels()
    var links = ModelLinks(count: loaded.count)
    let names = { (models: [LoadedModel]) in
      models.map { ModelLinks.Named(given: $0.given, description: $0.description) }
    }
    for gate in configuration.gates { try links.add(gate, models: names(loaded)) }
    for crops in configuration.crops { try links.add(crops, models: names(loaded)) }
    let order = try links.order(names(loaded))
    loaded = order.map { loaded[$0] }
    links = links.reordered(order)
    return (loaded, links)
  }

  private func loadNamedModels() throws -> [LoadedModel] {
    guard case .named(let names) = configuration.models else { return [] }
    var loaded: [LoadedModel] = []
    for name in names {
      let model = try ModelLibrary.load(
        name,
        ModelLibrary.Options(
          folders: configuration.modelFolders, threads: firstLanes(models: names.count).width,
          kernels: configuration.kernels, limits: configuration.modelLimits,
          takesLadder: isRealtime && configuration.skip != .none))
      if let note = model.note { session.observer.note("\(model.path): taken as \(note)") }
      if loaded.contains(where: { $0.description.id == model.description.id }) {
        throw PipelineError(
          .configuration, "the model \(model.description.id) is named twice", location: "--model",
          remedy: "Name it once")
      }
      loaded.append(model)
    }
    return loaded
  }
}
