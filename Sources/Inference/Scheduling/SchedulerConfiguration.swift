public import BraidCore

/// What a ``SessionScheduler`` holds to; fixed for its life.
public struct SchedulerConfiguration: Hashable, Sendable {
  /// A form of a model: full, int8, smaller.
  public struct Variant: Hashable, Sendable {
    /// What a result of it counts, more than 0; 1 for the best form.
    public var value: Double

    /// A variant.
    public init(value: Double = 1) { self.value = value }
  }

  /// A model, whatever streams it runs on.
  public struct Model: Hashable, Sendable {
    /// As events and errors name it.
    public var name: String
    /// Its ladder of forms, best first; at least one.
    public var variants: [Variant]

    /// A model; without more, one of a single form.
    public init(name: String, variants: [Variant] = [Variant()]) {
      self.name = name
      self.variants = variants
    }
  }

  /// How the frames of a task wait.
  public enum Kind: Hashable, Sendable {
    /// Where not all can be done, the newest is worth most.
    case picture
    /// Each is worth running as long as it makes its deadline, in order.
    case window
    /// The model carries state from frame to frame: all are run, or the task is shed as a whole for a while.
    case stateful
  }

  /// One model on one stream.
  public struct Task: Hashable, Sendable {
    /// The model's place in ``SchedulerConfiguration/models``.
    public var model: Int
    /// As events and errors name it.
    public var stream: String
    /// How frames wait.
    public var kind: Kind
    /// From capture to the end of the run.
    public var budget: MediaDuration
    /// What a result counts, more than 0.
    public var weight: Double
    /// Runs a second that are kept before anything else; 0 for none.
    public var minimumRate: Double
    /// Higher ones first, whatever the weights.
    public var priority: Int
    /// How far apart frames come, where it is known.
    public var period: MediaDuration?
    /// How long the source gathers before it delivers: a sound device's period, where there is one.
    public var block: MediaDuration?
    /// The task whose results feed this one, if one does: an earlier place in ``SchedulerConfiguration/tasks``. Its frames
    /// have the capture time, and so the deadline, of the frame they were found in.
    public var source: Int?
    /// Whether its frames are those that its source has run on: they are not thinned out beforehand once more.
    public var isFed: Bool
    /// How many frames may wait, at least 1.
    public var queueCapacity: Int

    /// A task; without more, pictures without a minimum rate.
    public init(
      model: Int, stream: String, kind: Kind = .picture, budget: MediaDuration, weight: Double = 1,
      minimumRate: Double = 0, priority: Int = 0, period: MediaDuration? = nil, block: MediaDuration? = nil,
      source: Int? = nil, isFed: Bool = false, queueCapacity: Int? = nil
    ) {
      self.model = model
      self.stream = stream
      self.kind = kind
      self.budget = budget
      self.weight = weight
      self.minimumRate = minimumRate
      self.priority = priority
      self.period = period
      self.block = block
      self.source = source
      self.isFed = isFed
      self.queueCapacity = max(1, queueCapacity ?? (kind == .picture ? 8 : 64))
    }
  }

  /// How many runs may be under way at once: inference threads.
  public var servers: Int
  /// The models.
  public var models: [Model]
  /// Which model runs on which stream.
  public var tasks: [Task]
  /// Whether, when frames are skipped anyway, those with more in them are kept.
  public var usesContent: Bool
  /// What may be passed over.
  public var policy: SkipPolicy
  /// Whether time counts. At fast pace no frame is ever skipped for time.
  public var isRealtime: Bool

  /// A configuration; without more, one at real-time pace that skips what it has to.
  public init(
    servers: Int = 1, models: [Model], tasks: [Task], usesContent: Bool = true, policy: SkipPolicy = .adaptive,
    isRealtime: Bool = true
  ) {
    self.servers = servers
    self.models = models
    self.tasks = tasks
    self.usesContent = usesContent
    self.policy = policy
    self.isRealtime = isRealtime
  }

  /// Whether every frame that the policy keeps is run, in order and however late: at fast pace, and under
  /// ``SkipPolicy/none``.
  public var keepsAll: Bool { !isRealtime || policy == .none }

  /// As events and errors name a task: `model on stream`.
  public func name(ofTask task: Int) -> String {
    guard tasks.indices.contains(task) else { return "task \(task)" }
    let model = tasks[task].model
    return "\(models.indices.contains(model) ? models[model].name : "model \(model)") on \(tasks[task].stream)"
  }
}
