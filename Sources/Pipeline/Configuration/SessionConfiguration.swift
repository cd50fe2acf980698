public import BraidCore
internal import BraidFeatures
public import BraidInference
public import BraidIngest

/// Everything that a session is told before it starts.
public struct SessionConfiguration: Sendable {
  /// How fast files are fed.
  public enum Pace: String, Hashable, Sendable, CaseIterable {
    /// As fast as they can be taken; nothing is skipped for time.
    case fast
    /// As if they were live.
    case realtime
  }

  /// Which models run.
  public enum Models: Hashable, Sendable {
    /// None was named: the default events stand in for them.
    case defaults
    /// These, by name or path; empty for `none`.
    case named([String])
  }

  /// Which features are told.
  public enum Features: Hashable, Sendable {
    /// None was named: the default events stand in for them.
    case defaults
    /// These, with their settings: `rms,mfcc:librosa,bands=64`; empty for `none`.
    case named(String)
  }

  /// Paths, URLs, or `-`; at least one.
  public var inputs: [String]
  /// How each input is opened.
  public var inputOptions = InputOptions()
  /// Which models run.
  public var models = Models.defaults
  /// Which features are told.
  public var features = Features.defaults
  /// What is told of several streams at one time; nil for nothing.
  public var moments: MomentSelection?
  /// Whether features may keep all of a clip's rows to its end, and do where nothing else is asked for. For files alone.
  public var takesWholeClips = false
  /// Which frames a model may pass over.
  public var skip = SkipPolicy.adaptive
  /// Whether, where frames are passed over for want of time, those with most in them are kept, and not the newest: motion and
  /// cuts in pictures, energy in sound.
  public var prefersContent = true
  /// From capture to result; nil for no bound. Counts at real-time pace only.
  public var budget: MediaDuration?
  /// What the scheduler is to hold to for some of the models. Counts at real-time pace only.
  public var schedules: [ScheduleSetting] = []
  /// Which models run only while others say yes.
  public var gates: [GateSetting] = []
  /// Which models look at what others have found.
  public var crops: [CropSetting] = []
  /// Which models take what others give.
  public var chains: [ChainSetting] = []
  /// What is followed from picture to picture of what models find.
  public var tracks: [TrackSetting] = []
  /// Where each decision of the scheduler is written: a path, or `-` for standard error; nil for nowhere.
  public var explanation: String?
  /// How fast files are fed.
  public var pace = Pace.fast
  /// How far a member of a moment may be from its tick.
  public var tolerance = MediaDuration.milliseconds(20)
  /// How long a moment waits for a late member, at real-time pace.
  public var wait = MediaDuration.milliseconds(40)
  /// A folder in which all that comes is recorded, so that `replay:` can repeat the session; nil for none.
  public var recording: String?
  /// A file for a trace of what the session's threads do, in Chrome's trace-event format; nil for none.
  public var trace: String?
  /// Where records go: a path, or `-` for standard output.
  public var output = "-"
  /// Where records go besides, each on a thread of its own.
  public var sinks: [SinkSetting] = []
  /// How often `stats` are written; zero for never, nil for every second where time is real and else never.
  public var statsInterval: MediaDuration?
  /// Leaves out every measured time and makes the lines depend on the input alone.
  public var isDeterministic = false
  /// Threads that models run on, in all, at least 1: shared out between runs side by side and threads within a run.
  public var threads = 1
  /// How one of oneDNN's implementations is chosen for a layer of a model.
  public var kernels = KernelChoice.rule
  /// Bounds on what a model may ask for.
  public var modelLimits = ModelLimits.default
  /// Where models are looked for by name, in this order.
  public var modelFolders: [String] = []

  /// Keeps what the session's one model is given; nil for nobody.
  var tap: ModelTap?

  /// A session on these inputs.
  public init(inputs: [String]) {
    self.inputs = inputs
  }

  /// Whether the default events are told: neither models nor features nor moments were named.
  public var tellsDefaultEvents: Bool { models == .defaults && features == .defaults && moments == nil }

  /// The features that ``features`` names.
  ///
  /// - Throws: `FeatureError` for unknown names and settings.
  func featureSelections() throws(FeatureError) -> [FeatureSelection] {
    guard case .named(let list) = features, !list.isEmpty else { return [] }
    return try FeatureSelection.parse(list, onStreams: !takesWholeClips)
  }

  /// The folder of a `replay:` input; nil for every other.
  static func replayedFolder(_ input: String) -> String? {
    input.hasPrefix("replay:") ? String(input.dropFirst(7)) : nil
  }

  /// The folder whose recording the session repeats; nil where its inputs run now.
  var replayedFolder: String? { inputs.count == 1 ? Self.replayedFolder(inputs[0]) : nil }

  /// Checks what can be known before anything is opened.
  ///
  /// - Throws: ``PipelineError/Code/configuration``.
  public func validate() throws(PipelineError) {
    guard !inputs.isEmpty else {
      throw PipelineError(.configuration, "no input was given", location: "INPUT", remedy: "Name a file, a URL or '-'")
    }
    if let error = contradictions.first { throw error }
  }

  /// All that can be known to be wrong before anything is opened, whatever the inputs are: each with the option that is to blame
  /// as its location.
  var contradictions: [PipelineError] {
    var errors: [PipelineError] = []
    func refuse(_ message: String, _ location: String, _ remedy: String) {
      errors.append(PipelineError(.configuration, message, location: location, remedy: remedy))
    }
    if isDeterministic, pace == .realtime {
      refuse(
        "--deterministic needs --pace fast: at real-time pace the lines depend on the machine", "--deterministic",
        "Leave out --pace realtime")
    }
    if isDeterministic, kernels != .rule {
      refuse(
        "--measure-kernels contradicts --deterministic: the fastest kernel differs from run to run",
        "--measure-kernels", "Leave out one of the two")
    }
    if threads < 1 || threads > 1024 {
      refuse("\(threads) threads", "--threads", "Give 1 to 1024")
    }
    let hasModels = if case .named(let names) = models { !names.isEmpty } else { false }
    if !hasModels, replayedFolder == nil, !gates.isEmpty || !crops.isEmpty || !chains.isEmpty {
      refuse(
        "there is no model that could go by another",
        !crops.isEmpty ? "--crops" : chains.isEmpty ? "--gate" : "--chain",
        "Name both models with --model")
    }
    if !hasModels, replayedFolder == nil, explanation != nil || !schedules.isEmpty {
      refuse(
        "there is no model to schedule", schedules.isEmpty ? "--explain-skips" : "--schedule", "Name one with --model")
    }
    errors += sinkContradictions
    if let budget, budget <= .zero {
      refuse("the budget must be longer than nothing", "--budget", "Give e.g. 50ms")
    }
    if let statsInterval, statsInterval > .zero, statsInterval < .milliseconds(1) {
      refuse("stats cannot be written that often", "--stats-every", "Give 1ms or more")
    }
    if inputs.count > 1 || recording != nil, inputs.contains(where: { Self.replayedFolder($0) != nil }) {
      refuse(
        "a replay is a session of its own: it has no other inputs and is not recorded again", "INPUT",
        "Give the replay alone")
    }
    if inputs.filter({ InputOpening.path(of: $0) == "-" }).count > 1 {
      refuse("standard input can be read once only", "INPUT", "Name '-' once")
    }
    return errors
  }
}
