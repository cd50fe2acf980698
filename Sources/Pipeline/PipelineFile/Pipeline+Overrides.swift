internal import BraidCore
internal import BraidInference

/// What stands beside a pipeline's file, on the command line: it wins.
extension Pipeline {
  /// Other models in place of the pipeline's, with all that was said of those: gates, crops, chains, schedules, and which of them sinks
  /// take; sinks then take all.
  ///
  /// - Parameter models: by name or path; empty for none.
  public mutating func replaceModels(_ models: [String]) {
    configuration.models = .named(models)
    modelNames = []
    configuration.gates = []
    configuration.crops = []
    configuration.chains = []
    configuration.tracks = []
    configuration.schedules = []
    for place in configuration.sinks.indices { configuration.sinks[place].models = [] }
  }

  /// Other sinks in place of the pipeline's.
  ///
  /// - Parameter sinks: what they take by model is the model as the session knows it, or its name in the pipeline; empty for none.
  public mutating func replaceSinks(_ sinks: [SinkSetting]) {
    configuration.sinks = sinks.map { sink in
      var sink = sink
      sink.models = sink.models.map(given)
      return sink
    }
  }

  /// What the scheduler is to hold to for some models; the pipeline's schedule says what these leave open.
  public mutating func override(schedules: [ScheduleSetting]) {
    let before = configuration.schedules
    let settings = schedules.map { setting in
      var setting = setting
      setting.model = given(setting.model)
      if let old = before.first(where: { $0.model == setting.model }) {
        setting.schedule = setting.schedule.filled(from: old.schedule)
      }
      return setting
    }
    configuration.schedules = before.filter { old in !settings.contains { $0.model == old.model } } + settings
  }

  /// Gates in place of those that the pipeline has for the same models.
  public mutating func override(gates: [GateSetting]) {
    let settings = gates.map { setting in
      var setting = setting
      setting.model = given(setting.model)
      setting.source = givenWithLabel(setting.source)
      return setting
    }
    configuration.gates = configuration.gates.filter { old in !settings.contains { $0.model == old.model } } + settings
  }

  /// Crops in place of those that the pipeline has for the same models.
  public mutating func override(crops: [CropSetting]) {
    let settings = crops.map { setting in
      var setting = setting
      setting.model = given(setting.model)
      setting.source = givenWithLabel(setting.source)
      return setting
    }
    configuration.crops = configuration.crops.filter { old in !settings.contains { $0.model == old.model } } + settings
  }

  /// Chains in place of those that the pipeline has for the same models.
  public mutating func override(chains: [ChainSetting]) {
    let settings = chains.map { ChainSetting(model: given($0.model), source: givenWithLabel($0.source)) }
    configuration.chains =
      configuration.chains.filter { old in !settings.contains { $0.model == old.model } } + settings
  }

  /// What is followed, in place of what the pipeline says of the same models.
  public mutating func override(tracks: [TrackSetting]) {
    let settings = tracks.map { setting in
      var setting = setting
      setting.model = given(setting.model)
      return setting
    }
    configuration.tracks =
      configuration.tracks.filter { old in !settings.contains { $0.model == old.model } } + settings
  }

  /// A model as the session knows it: the file's, where it is called by its name in the pipeline.
  private func given(_ name: String) -> String {
    guard case .named(let models) = configuration.models, modelNames.count == models.count,
      let place = modelNames.firstIndex(of: name)
    else { return name }
    return models[place]
  }

  /// The same for what may have a colon and a label after the name.
  private func givenWithLabel(_ text: String) -> String {
    let whole = given(text)
    guard whole == text else { return whole }
    // The longest name that it begins with.
    let name = modelNames.filter { text.hasPrefix($0 + ":") }.max { $0.utf8.count < $1.utf8.count }
    guard let name else { return text }
    return given(name) + text.dropFirst(name.count)
  }
}
