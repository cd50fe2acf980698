internal import BraidCore
internal import BraidInference

/// Models that take what others gave.
extension ModelLinks {
  /// Adds that a model takes what another gives, as the user says.
  ///
  /// - Throws: ``PipelineError/Code/configuration`` for models that there are not, for one that takes no results, and for another
  ///   whose results do not fit.
  mutating func add(_ setting: ChainSetting, models: [Named]) throws(PipelineError) {
    let location = "--chain"
    let names = ModelNames(models.map { ($0.given, $0.description) })
    let model = try names.place(of: setting.model, location: location)
    let (source, output) = try names.placeAndLabel(of: setting.source, location: location)
    let name = models[model].description.name
    guard let input = models[model].description.resultInput else {
      throw PipelineError(
        .configuration, "\(name) takes no results of another model", location: location,
        remedy: "Describe the input that does in a braid.json as 'results', or leave this out")
    }
    guard chain(of: model) == nil else {
      throw PipelineError(
        .configuration, "\(name) is given twice", location: location, remedy: "Give it the results of one model")
    }
    guard model != source else {
      throw PipelineError(
        .configuration, "\(name) cannot take its own results", location: location,
        remedy: "Name another model after the '='; what a model gives itself is 'state' in its braid.json")
    }
    guard crops(of: source) == nil else {
      throw PipelineError(
        .configuration, "\(models[source].description.name) looks at crops, and gives as many results as there are",
        location: location, remedy: "Name a model that takes whole pictures or sound")
    }
    let place = try Self.output(output, of: models[source], values: input.window.values, for: name, location)
    append(Chain(model: model, source: source, input: input.place, window: input.window, output: place))
  }

  /// Adds for each model that takes results, and of which the user says nothing, the one that it names, else the only one that
  /// gives what fits.
  ///
  /// - Throws: ``PipelineError/Code/configuration`` where there is none, or more than one.
  mutating func addChains(models: [Named]) throws(PipelineError) {
    for (model, named) in models.enumerated() where chain(of: model) == nil {
      guard let window = named.description.resultInput?.window else { continue }
      let source: String
      if let from = window.from { source = from } else { source = try onlySource(of: model, window, models) }
      try add(ChainSetting(model: named.given, source: source), models: models)
    }
  }

  private func onlySource(
    of model: Int, _ window: ModelDescription.ResultWindow, _ models: [Named]
  ) throws(PipelineError) -> String {
    let name = models[model].description.name
    let fitting = models.indices.filter { place in
      place != model && crops(of: place) == nil && Self.fits(models[place], values: window.values)
    }
    if fitting.count == 1 { return models[fitting[0]].given }
    let names = fitting.map { models[$0].description.name }
    throw PipelineError(
      .configuration,
      "\(name) takes the results of another model, and "
        + (names.isEmpty
          ? "none of the session gives \(window.values) values"
          : "\(names.joined(separator: " and ")) give \(window.values) values"),
      location: "--model",
      remedy: names.isEmpty
        ? "Name the model that makes them with --model too" : "Say which: --chain \(name)=\(names[0])")
  }

  /// Whether a model gives so many values as something that others may go on with: an embedding, or what is told as it is.
  private static func fits(_ named: Named, values: Int) -> Bool {
    switch named.description.decoder {
    case .embedding(let settings): named.outputs.contains { $0.name == settings.output && $0.count == values }
    case .raw: named.outputs.count { $0.count == values } == 1
    case .events, .labelledEvents, .keywords, .ctc, .detections, .classification, .regression, .mask, .audio: false
    }
  }

  /// The place of an output with so many values: the one of that name, else the embedding, else the only one.
  private static func output(
    _ name: String?, of source: Named, values: Int, for model: String, _ location: String
  ) throws(PipelineError) -> Int {
    var name = name
    if name == nil, case .embedding(let settings) = source.description.decoder { name = settings.output }
    let all = source.outputs.map { "\($0.name) (\($0.count.map { "\($0)" } ?? "of no fixed size"))" }
    let outputs = "It gives \(all.joined(separator: ", "))"
    if let name {
      guard let place = source.outputs.firstIndex(where: { $0.name == name }) else {
        let guess = Spelling.guess(name, among: source.outputs.map(\.name)).map { "Did you mean \($0)? " } ?? ""
        throw PipelineError(
          .configuration, "\(source.description.name) has no output '\(name.prefix(80))'", location: location,
          remedy: guess + outputs)
      }
      guard source.outputs[place].count == values else {
        throw PipelineError(
          .configuration,
          "\(model) takes \(values) values of a result, which output '\(name)' of "
            + "\(source.description.name) does not have", location: location, remedy: outputs)
      }
      return place
    }
    let fitting = source.outputs.indices.filter { source.outputs[$0].count == values }
    guard fitting.count == 1 else {
      throw PipelineError(
        .configuration,
        "\(fitting.isEmpty ? "no output" : "more than one output") of \(source.description.name) has the \(values) values "
          + "that \(model) takes of a result", location: location,
        remedy: outputs + (fitting.isEmpty ? "" : "; name one after a colon"))
    }
    return fitting[0]
  }
}
