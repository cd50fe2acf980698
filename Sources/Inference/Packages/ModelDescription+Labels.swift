extension ModelDescription {
  /// What makes probabilities of a model's scores.
  public enum Activation: String, Hashable, Sendable, CaseIterable {
    /// They are probabilities.
    case none
    /// `1 / (1 + exp(-x))` of each.
    case sigmoid
    /// `exp(x) / Σ exp(x)` over all classes.
    case softmax
  }

  /// How scores of classes become the best of them.
  public struct Classification: Hashable, Sendable {
    /// The output with one score for each class.
    public var output: String
    /// What makes probabilities of them.
    public var activation: Activation
    /// Names of the classes; none, to name them by number.
    public var labels: [String]
    /// How many are told at most, best first.
    public var limit = 5
    /// Scores below are not told, 0 to 1.
    public var threshold: Float = 0

    /// Scores in an output.
    public init(output: String, activation: Activation = .none, labels: [String] = []) {
      self.output = output
      self.activation = activation
      self.labels = labels
    }
  }

  /// How probabilities of several kinds of events over time become events of those names.
  public struct LabelledEvents: Hashable, Sendable {
    /// The output `[1, steps, classes]` or `[1, classes]`.
    public var output: String
    /// What makes probabilities of the scores.
    public var activation: Activation
    /// Names of the classes.
    public var labels: [String]
    /// Classes that no events are told of.
    public var ignored: Set<String>
    /// How a class's probability becomes events; its own name is not used.
    public var events: Events

    /// Events of these names.
    public init(
      output: String, activation: Activation = .none, labels: [String], ignored: Set<String> = [], events: Events
    ) {
      self.output = output
      self.activation = activation
      self.labels = labels
      self.ignored = ignored
      self.events = events
    }
  }

  /// How probabilities of words become words that were said: Chen, Parada and Heigold, "Small-footprint keyword spotting
  /// using deep neural networks" (2014), section 2.3, for words of one label each.
  public struct Keywords: Hashable, Sendable {
    /// The output with one score for each class.
    public var output: String
    /// What makes probabilities of them.
    public var activation: Activation
    /// Names of the classes.
    public var labels: [String]
    /// Classes that are no words: silence, other words.
    public var ignored: Set<String>
    /// From where on the mean of a word's probability counts, 0 to 1.
    public var threshold: Float = 0.5
    /// Over how long means are taken, in milliseconds.
    public var smoothingMilliseconds = 500
    /// How long after a word none is told, in milliseconds.
    public var suppressionMilliseconds = 1000

    /// Words among these classes.
    public init(output: String, activation: Activation = .none, labels: [String], ignored: Set<String> = []) {
      self.output = output
      self.activation = activation
      self.labels = labels
      self.ignored = ignored
    }
  }

  /// How scores of symbols over time become a text: Graves et al., "Connectionist temporal classification" (2006), best path or
  /// prefix beam search.
  public struct CTC: Hashable, Sendable {
    /// The output `[1, steps, symbols]`.
    public var output: String
    /// What makes probabilities of the scores: softmax for logarithms of probabilities too.
    public var activation: Activation
    /// The symbols.
    public var labels: [String]
    /// The number of the symbol that is none.
    public var blank: Int
    /// The symbol between words; nil where every symbol is told by itself.
    public var space: String?
    /// How many texts are followed at once; 1 for the best path.
    public var beam = 1

    /// A text of these symbols.
    public init(
      output: String, activation: Activation = .softmax, labels: [String], blank: Int = 0, space: String? = nil
    ) {
      self.output = output
      self.activation = activation
      self.labels = labels
      self.blank = blank
      self.space = space
    }
  }
}

extension ModelDescription.Decoder {
  /// How probabilities over time become events, where they do.
  public var events: ModelDescription.Events? {
    switch self {
    case .events(_, let events): events
    case .labelledEvents(let settings): settings.events
    case .keywords, .ctc, .detections, .classification, .regression, .embedding, .mask, .audio, .raw: nil
    }
  }

  /// What it is called in a description: `events`, `detections`.
  public var name: String {
    switch self {
    case .events, .labelledEvents: "events"
    case .keywords: "keywords"
    case .ctc: "ctc"
    case .detections: "detections"
    case .classification: "classification"
    case .regression: "regression"
    case .embedding: "embedding"
    case .mask: "mask"
    case .audio: "audio"
    case .raw: "raw"
    }
  }
}
