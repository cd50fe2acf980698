extension ModelDescription {
  /// What the numbers of an output are.
  public struct Regression: Hashable, Sendable {
    /// One number: `value · scale + offset`.
    public struct Value: Hashable, Sendable {
      /// What it is.
      public var name: String
      /// Of what; nil for a plain number.
      public var unit: String?
      /// Multiplied with.
      public var scale: Float
      /// Added after ``scale``.
      public var offset: Float

      /// A number as it is, or scaled.
      public init(_ name: String, unit: String? = nil, scale: Float = 1, offset: Float = 0) {
        self.name = name
        self.unit = unit
        self.scale = scale
        self.offset = offset
      }
    }

    /// The output.
    public var output: String
    /// Its numbers, in order.
    public var values: [Value]

    /// The numbers of an output.
    public init(output: String, values: [Value]) {
      self.output = output
      self.values = values
    }
  }

  /// Where something lies among others of its kind.
  public struct Embedding: Hashable, Sendable {
    /// The output.
    public var output: String
    /// Whether it is told with length 1 (L2).
    public var isNormalised: Bool

    /// The numbers of an output.
    public init(output: String, isNormalised: Bool = false) {
      self.output = output
      self.isNormalised = isNormalised
    }
  }

  /// How scores of pixels become masks.
  public struct Mask: Hashable, Sendable {
    /// The output `[1, classes, height, width]`, or `[1, height, width, classes]`.
    public var output: String
    /// Whether the classes come last.
    public var hasClassesLast: Bool
    /// Names of the classes.
    public var labels: [String]
    /// Classes that no mask is told of.
    public var ignored: Set<String>
    /// Nil where a pixel belongs to its best class; else it belongs to every class whose score is at least this.
    public var threshold: Float?

    /// Masks of these classes.
    public init(
      output: String, hasClassesLast: Bool = false, labels: [String], ignored: Set<String> = [],
      threshold: Float? = nil
    ) {
      self.output = output
      self.hasClassesLast = hasClassesLast
      self.labels = labels
      self.ignored = ignored
      self.threshold = threshold
    }
  }

  /// How an output becomes sound.
  public struct Audio: Hashable, Sendable {
    /// What the output is.
    public enum Form: Hashable, Sendable {
      /// Samples themselves.
      case samples
      /// A row of a spectrum, real and imaginary parts by turns, of windows of so many samples with this function, by
      /// overlap-add.
      case spectrum(fftLength: Int, hop: Int, window: String)
    }

    /// The output.
    public var output: String
    /// Samples a second.
    public var sampleRate: Int
    /// What it is.
    public var form: Form

    /// Sound in an output.
    public init(output: String, sampleRate: Int, form: Form = .samples) {
      self.output = output
      self.sampleRate = sampleRate
      self.form = form
    }
  }
}
