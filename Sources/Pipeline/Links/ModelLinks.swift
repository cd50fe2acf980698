internal import BraidCore
internal import BraidInference

/// Which of a session's models go by the results of which others.
struct ModelLinks {
  /// A model and what the user called it.
  struct Named {
    var given: String
    var description: ModelDescription
    /// The outputs, as the model has them.
    var outputs: [Output] = []

    /// An output: its name, and how many values it has, nil where its forms differ.
    struct Output {
      var name: String
      var count: Int?
    }
  }

  /// A model that runs only while another says yes.
  struct Gate: Equatable {
    var model: Int
    var source: Int
    /// Of detections, those that count; nil for all.
    var label: String?
    var hold: MediaDuration
  }

  /// A model that looks at what another has found.
  struct Crops {
    var model: Int
    var source: Int
    var feed: CropFeed
  }

  /// A model that takes what another gave in its last runs.
  struct Chain {
    var model: Int
    var source: Int
    /// The place of the model's input, and how much it takes.
    var input: Int
    var window: ModelDescription.ResultWindow
    /// The place of the output among the source's.
    var output: Int
  }

  private(set) var gates: [Gate] = []
  private(set) var crops: [Crops] = []
  private(set) var chains: [Chain] = []
  private let count: Int

  /// So many models, none of which goes by another.
  init(count: Int) { self.count = count }

  /// Adds a gate.
  ///
  /// - Throws: ``PipelineError/Code/configuration`` for models that there are not, for a model that gates itself, and for one that
  ///   says neither yes nor no.
  mutating func add(_ setting: GateSetting, models: [Named]) throws(PipelineError) {
    let location = "--gate"
    let names = ModelNames(models.map { ($0.given, $0.description) })
    let model = try names.place(of: setting.model, location: location)
    let (source, label) = try names.placeAndLabel(of: setting.source, location: location)
    let name = models[source].description.name
    guard model != source else {
      throw PipelineError(
        .configuration, "\(name) cannot say whether it runs itself", location: location,
        remedy: "Name another model after the '='")
    }
    guard !gates.contains(where: { $0.model == model && $0.source == source && $0.label == label }) else {
      throw PipelineError(
        .configuration, "\(models[model].description.name)=\(setting.source) is given twice", location: location,
        remedy: "Give it once")
    }
    var hold = setting.hold ?? .zero
    switch models[source].description.decoder {
    case .events(_, let events):
      try Self.check(label, among: [events.event], of: name, what: "events", location: location)
      hold = try Self.hold(setting, isInstant: events.shape == .instant, of: name)
    case .labelledEvents(let settings):
      let told = settings.labels.filter { !settings.ignored.contains($0) }
      try Self.check(label, among: told, of: name, what: "events", location: location)
      hold = try Self.hold(setting, isInstant: settings.events.shape == .instant, of: name)
    case .keywords(let settings):
      let told = settings.labels.filter { !settings.ignored.contains($0) }
      try Self.check(label, among: told, of: name, what: "words", location: location)
      hold = try Self.hold(setting, isInstant: true, of: name)
    case .detections(let detections):
      try Self.check(label, among: detections.labels, of: name, what: "detections", location: location)
    case .classification(let settings):
      guard label != nil else {
        throw PipelineError(
          .configuration, "\(name) tells classes, of which one is always the best: the gate would never shut",
          location: location, remedy: "Say which class has to be the best: \(name):\(settings.labels.first ?? "0")")
      }
      try Self.check(label, among: settings.labels, of: name, what: "classes", location: location)
    case .ctc, .regression, .embedding, .mask, .audio, .raw:
      throw PipelineError(
        .configuration,
        "\(name) tells neither events, words, detections nor classes, so it says neither yes nor no",
        location: location,
        remedy: "Describe its output in a braid.json as one of these, or name another model")
    }
    gates.append(Gate(model: model, source: source, label: label, hold: hold))
  }

  /// How long a yes lasts after its end. What is over at once needs a hold.
  private static func hold(
    _ setting: GateSetting, isInstant: Bool, of name: String
  ) throws(PipelineError) -> MediaDuration {
    guard isInstant else { return setting.hold ?? .zero }
    let hold = setting.hold ?? GateSetting.instantHold
    guard hold > .zero else {
      throw PipelineError(
        .configuration, "\(name) tells instants, which are over at once: the gate would never open",
        location: "--gate", remedy: "Give a hold above 0, such as hold=500ms")
    }
    return hold
  }

  static func check(
    _ label: String?, among labels: [String], of name: String, what: String, location: String
  ) throws(PipelineError) {
    // Without labels classes are called by their numbers.
    guard let label, !labels.contains(label), !labels.isEmpty || Int(label) == nil else { return }
    let guess = Spelling.guess(label, among: labels).map { "Did you mean \($0)? " } ?? ""
    let known = labels.prefix(20).joined(separator: ", ") + (labels.count > 20 ? " and \(labels.count - 20) more" : "")
    throw PipelineError(
      .configuration, "\(name) has no \(what) called '\(label.prefix(80))'", location: location,
      remedy: guess + (labels.isEmpty ? "They are called by their numbers, from 0" : "It has \(known)"))
  }

  /// The places of the models in the order in which they decide: each behind those that it goes by, else as they were given.
  ///
  /// - Throws: ``PipelineError/Code/configuration`` where models go by each other in a circle.
  func order(_ models: [Named]) throws(PipelineError) -> [Int] {
    var order: [Int] = []
    while order.count < count {
      let next = (0..<count).first { place in
        !order.contains(place) && sources(of: place).allSatisfy(order.contains)
      }
      guard let next else {
        // From any model of the rest, sources lead into the circle.
        var path = [(0..<count).first { !order.contains($0) } ?? 0]
        while let last = path.last, let source = sources(of: last).first(where: { !order.contains($0) }) {
          if let start = path.firstIndex(of: source) {
            path = Array(path[start...]) + [source]
            break
          }
          path.append(source)
        }
        throw PipelineError(
          .configuration,
          "models wait for each other in a circle: \(path.map { models[$0].description.name }.joined(separator: " by "))",
          location: !crops.isEmpty ? "--crops" : chains.isEmpty ? "--gate" : "--chain",
          remedy: "Take one of these out of it")
      }
      order.append(next)
    }
    return order
  }

  /// The same, with the models in another order: `order` has their present places.
  func reordered(_ order: [Int]) -> ModelLinks {
    var links = self
    let place = { (old: Int) in order.firstIndex(of: old) ?? old }
    for index in gates.indices {
      links.gates[index].model = place(gates[index].model)
      links.gates[index].source = place(gates[index].source)
    }
    for index in crops.indices {
      links.crops[index].model = place(crops[index].model)
      links.crops[index].source = place(crops[index].source)
    }
    for index in chains.indices {
      links.chains[index].model = place(chains[index].model)
      links.chains[index].source = place(chains[index].source)
    }
    return links
  }

  private func sources(of model: Int) -> [Int] {
    crops.filter { $0.model == model }.map(\.source) + chains.filter { $0.model == model }.map(\.source)
      + gates.filter { $0.model == model }.map(\.source)
  }

  mutating func append(_ added: Crops) { crops.append(added) }
  mutating func append(_ added: Chain) { chains.append(added) }

  /// What a model looks at of what another has found; nil for one that takes what its stream brings.
  func crops(of model: Int) -> Crops? { crops.first { $0.model == model } }

  /// What a model takes of what another gives; nil for one that takes what its stream brings.
  func chain(of model: Int) -> Chain? { chains.first { $0.model == model } }

  /// Whether a model waits for the word of another.
  func isGated(_ model: Int) -> Bool { gates.contains { $0.model == model } }

  /// The model whose results feed another: whose crops or results it takes, else that of its first gate.
  func source(of model: Int) -> Int? { sources(of: model).first }

  /// Connects a stage to those before it.
  func connect(_ stage: ModelStage, to stages: [ModelStage]) {
    if let source = crops(of: stage.index)?.source ?? chain(of: stage.index)?.source {
      stage.fedBy = stages[source]
      stages[source].feeds.append(stage)
    }
    for gate in gates where gate.model == stage.index {
      let source = stages[gate.source]
      // An event's name says nothing more: a model tells one kind.
      let made = ModelGate(source: source, label: gate.label, hold: gate.hold)
      stage.gates.append(made)
      source.opens.append(made)
    }
  }
}
