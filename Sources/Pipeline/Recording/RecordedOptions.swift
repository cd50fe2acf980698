internal import BraidCore
internal import BraidInference
internal import BraidIngest

/// The options of a session that what it tells depends on.
struct RecordedOptions: Codable {
  var pace: String
  var models: [String]?
  var features: String?
  var skip: String
  /// Not at all where nothing is said.
  var prefersContent: Bool?
  var budget: MediaDuration?
  var schedules: [String]?
  var gates: [String]?
  var crops: [String]?
  var chains: [String]?
  var tracks: [String]?
  var tolerance: MediaDuration
  var wait: MediaDuration
  var statsInterval: MediaDuration?
  var threads: Int
  var duration: MediaDuration?
  var modelFolders: [String]

  init(_ configuration: SessionConfiguration) {
    pace = configuration.pace.rawValue
    if case .named(let names) = configuration.models { models = names }
    if case .named(let list) = configuration.features { features = list }
    skip = configuration.skip.description
    prefersContent = configuration.prefersContent
    budget = configuration.budget
    schedules = configuration.schedules.isEmpty ? nil : configuration.schedules.map(\.text)
    gates = configuration.gates.isEmpty ? nil : configuration.gates.map(\.text)
    crops = configuration.crops.isEmpty ? nil : configuration.crops.map(\.text)
    chains = configuration.chains.isEmpty ? nil : configuration.chains.map(\.text)
    tracks = configuration.tracks.isEmpty ? nil : configuration.tracks.map(\.text)
    tolerance = configuration.tolerance
    wait = configuration.wait
    statsInterval = configuration.statsInterval
    threads = configuration.threads
    duration = configuration.inputOptions.duration
    modelFolders = configuration.modelFolders
  }

  /// The options for a repetition: the recorded ones where `configuration` has the defaults.
  ///
  /// - Throws: where a recorded setting cannot be read.
  func apply(to configuration: inout SessionConfiguration) throws {
    let defaults = SessionConfiguration(inputs: configuration.inputs)
    configuration.pace = SessionConfiguration.Pace(rawValue: pace) ?? .realtime
    // Settings for the models of then are of no use to others.
    if configuration.models == .defaults, configuration.schedules.isEmpty, let schedules {
      configuration.schedules = try schedules.map(ScheduleSetting.init)
    }
    if configuration.models == .defaults, configuration.gates.isEmpty, let gates {
      for gate in gates { configuration.gates.append(try GateSetting(gate)) }
    }
    if configuration.models == .defaults, configuration.crops.isEmpty, let crops {
      for setting in crops { configuration.crops.append(try CropSetting(setting)) }
    }
    if configuration.models == .defaults, configuration.chains.isEmpty, let chains {
      for setting in chains { configuration.chains.append(try ChainSetting(setting)) }
    }
    if configuration.models == .defaults, configuration.tracks.isEmpty, let tracks {
      for setting in tracks { configuration.tracks.append(try TrackSetting(setting)) }
    }
    if configuration.models == .defaults, let models { configuration.models = .named(models) }
    if configuration.features == .defaults, let features { configuration.features = .named(features) }
    if configuration.skip == defaults.skip, let policy = SkipPolicy(skip) { configuration.skip = policy }
    if configuration.prefersContent { configuration.prefersContent = prefersContent ?? false }
    if configuration.budget == nil { configuration.budget = budget }
    if configuration.tolerance == defaults.tolerance { configuration.tolerance = tolerance }
    if configuration.wait == defaults.wait { configuration.wait = wait }
    if configuration.statsInterval == nil { configuration.statsInterval = statsInterval }
    if configuration.threads == defaults.threads, (1...1024).contains(threads) { configuration.threads = threads }
    if configuration.inputOptions.duration == nil { configuration.inputOptions.duration = duration }
    if configuration.modelFolders.isEmpty { configuration.modelFolders = modelFolders }
  }

  /// Whether a repetition decides which frames its models run on, and by what, as it was decided then.
  func decidesAlike(_ configuration: SessionConfiguration) -> Bool {
    let now = RecordedOptions(configuration)
    return now.skip == skip && now.prefersContent == prefersContent ?? false && now.budget == budget
      && now.schedules == schedules && now.gates == gates && now.crops == crops && now.chains == chains
      && now.tracks == tracks && now.tolerance == tolerance && now.wait == wait
  }
}
