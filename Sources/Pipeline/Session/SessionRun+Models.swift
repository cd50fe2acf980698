internal import BraidCore
internal import BraidInference

/// The models that a session is to run.
extension SessionRun {
  /// The models with what goes by what: each stands behind those whose results it goes by.
  func loadModels() throws -> ([LoadedModel], ModelLinks) {
    var loaded = try loadNamedModels()
    for track in configuration.tracks { try follow(track, &loaded) }
    var links = ModelLinks(count: loaded.count)
    let names = { (models: [LoadedModel]) in
      models.map { ModelLinks.Named(given: $0.given, description: $0.description, outputs: $0.outputs) }
    }
    for gate in configuration.gates { try links.add(gate, models: names(loaded)) }
    for crops in configuration.crops { try links.add(crops, models: names(loaded)) }
    for chain in configuration.chains { try links.add(chain, models: names(loaded)) }
    try links.addChains(models: names(loaded))
    for place in loaded.indices {
      try Self.checkTrack(loaded[place].description, takesCrops: links.crops(of: place) != nil)
    }
    let order = try links.order(names(loaded))
    loaded = order.map { loaded[$0] }
    links = links.reordered(order)
    return (loaded, links)
  }

  /// Checks that what is to be followed are detections in whole pictures.
  private static func checkTrack(_ description: ModelDescription, takesCrops: Bool) throws(PipelineError) {
    guard description.track != nil else { return }
    func fault(_ message: String, _ remedy: String) -> PipelineError {
      PipelineError(.configuration, "\(description.name) \(message)", location: "--track", remedy: remedy)
    }
    guard case .detections = description.decoder, description.takesPictures else {
      throw fault(
        "tells \(description.decoder.name), and only what is detected in pictures can be followed",
        "Name a model that tells detections")
    }
    if takesCrops {
      throw fault("looks at crops, which come and go with what is found", "Follow what the other model finds")
    }
  }

  /// Has what a model finds followed.
  private func follow(_ setting: TrackSetting, _ loaded: inout [LoadedModel]) throws(PipelineError) {
    let location = "--track"
    let place = try ModelNames(loaded.map { ($0.given, $0.description) }).place(of: setting.model, location: location)
    guard loaded[place].track == nil else {
      throw PipelineError(
        .configuration, "\(loaded[place].description.name) is given twice", location: location, remedy: "Give it once")
    }
    loaded[place].track = setting.track
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
          takesLadder: isRealtime && configuration.skip != .none, takesBytes: configuration.tap == nil))
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
