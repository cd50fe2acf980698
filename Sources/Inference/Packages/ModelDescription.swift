/// What a model takes and what its outputs mean: the `braid.json` beside a model, format `braid-model/1`.
///
/// It speaks of pictures, features and samples only by name: making tensors of them is the pipeline's part.
public struct ModelDescription: Hashable, Sendable {
  /// How a picture becomes a tensor.
  public struct Picture: Hashable, Sendable {
    /// The order of colours.
    public enum Colour: String, Hashable, Sendable, CaseIterable {
      /// One channel, luma at full range.
      case gray
      /// Red, green, blue.
      case rgb
      /// Blue, green, red.
      case bgr

      /// 1 or 3.
      public var channels: Int { self == .gray ? 1 : 3 }
    }

    /// The order of dimensions.
    public enum Layout: String, Hashable, Sendable, CaseIterable {
      /// `[1, channels · frames, height, width]`
      case nchw
      /// `[1, height, width, channels · frames]`
      case nhwc
    }

    /// How a picture of another shape becomes one of the model's size.
    public enum Fit: String, Hashable, Sendable, CaseIterable {
      /// Each direction by a factor of its own.
      case stretch
      /// The whole of it, its shape kept; what remains is filled (letterbox).
      case contain
      /// Its middle, its shape kept; what is too much is cut off (centre crop).
      case cover
    }

    /// Where a picture lies that does not fill the model's.
    public enum Anchor: String, Hashable, Sendable, CaseIterable {
      /// In the middle; of an odd number of pixels the smaller half is before it.
      case centre
      /// In the left upper corner.
      case corner
    }

    /// Pixels across.
    public var width: Int
    /// Pixels down.
    public var height: Int
    /// The order of colours.
    public var colour: Colour
    /// The order of dimensions.
    public var layout: Layout
    /// What byte 0 becomes, before `mean` and `std`.
    public var low: Float
    /// What byte 255 becomes, before `mean` and `std`.
    public var high: Float
    /// Subtracted after scaling, one for each channel or one for all.
    public var mean: [Float]
    /// Divided by after `mean`, one for each channel or one for all.
    public var std: [Float]
    /// How many consecutive pictures, oldest first.
    public var frames: Int
    /// How a picture of another shape becomes one of this size.
    public var fit = Fit.stretch
    /// Of ``Fit/contain``: the byte of what is beside the picture, one for each channel in the order of `colour`, or one for all.
    public var pad: [UInt8] = [0]
    /// Of ``Fit/contain``: where the picture lies.
    public var anchor = Anchor.centre

    /// A picture of this size and order, values 0 to 1.
    public init(width: Int, height: Int, colour: Colour, layout: Layout) {
      self.width = width
      self.height = height
      self.colour = colour
      self.layout = layout
      low = 0
      high = 1
      mean = [0]
      std = [1]
      frames = 1
    }

    /// The value that byte `value` of channel `channel` becomes.
    public func value(_ value: UInt8, channel: Int) -> Float {
      let scaled = low + (high - low) * Float(value) / 255
      return (scaled - mean[channel % mean.count]) / std[channel % std.count]
    }
  }

  /// Rows of a feature as a tensor `[1, 1, rows, bands]`.
  public struct FeatureWindow: Hashable, Sendable {
    /// The feature with its preset: `log-mel:kaldi`.
    public var feature: String
    /// Values in a row.
    public var bands: Int
    /// Samples a second that it is computed at.
    public var sampleRate: Int
    /// Rows in a window.
    public var rows: Int
    /// Rows from one window to the next.
    public var hopRows: Int
    /// Whether the tensor is `[1, bands, rows]`, as Whisper takes it.
    public var isBandsFirst = false

    /// Windows of whole rows.
    public init(feature: String, bands: Int, sampleRate: Int, rows: Int, hopRows: Int, isBandsFirst: Bool = false) {
      self.feature = feature
      self.bands = bands
      self.sampleRate = sampleRate
      self.rows = rows
      self.hopRows = hopRows
      self.isBandsFirst = isBandsFirst
    }
  }

  /// Samples as a tensor `[1, context + hop]`.
  public struct SampleWindow: Hashable, Sendable {
    /// Samples a second.
    public var sampleRate: Int
    /// New samples in each window.
    public var hop: Int
    /// Samples before them that the last window had too; zeros at the start.
    public var context: Int
  }

  /// What another model gave in its last runs, as a tensor `[1, history, values]`, oldest first.
  public struct ResultWindow: Hashable, Sendable {
    /// Values of a run's output.
    public var values: Int
    /// How many runs.
    public var history: Int
    /// The other model's name, and after a colon its output; nil where the session says, or has only one that fits.
    public var from: String?
  }

  /// What feeds an input.
  public enum Source: Hashable, Sendable {
    /// A picture, or several.
    case picture(Picture)
    /// Rows of a feature.
    case features(FeatureWindow)
    /// Samples.
    case samples(SampleWindow)
    /// What another model gave.
    case results(ResultWindow)
    /// The value that output `from` had in the run before; zeros at first and after a gap.
    case state(from: String)
    /// The same number always.
    case constant(Int)
  }

  /// One input of the model.
  public struct Input: Hashable, Sendable {
    /// Its name in the model.
    public var name: String
    /// What feeds it.
    public var source: Source
  }

  /// How a probability over time becomes events.
  public struct Events: Hashable, Sendable {
    /// Instants or intervals.
    public enum Shape: String, Hashable, Sendable, CaseIterable {
      /// Peaks above the threshold.
      case instant
      /// Stretches above the threshold, with hysteresis.
      case interval
    }

    /// The event's name.
    public var event: String
    /// Instants or intervals.
    public var shape: Shape
    /// From where on a probability counts, 0 to 1.
    public var threshold: Float
    /// Below it an interval may end.
    public var offThreshold: Float
    /// Two instants are at least this far apart, in milliseconds.
    public var minimumGapMilliseconds: Int
    /// Shorter intervals are not told, in milliseconds.
    public var minimumOnMilliseconds: Int
    /// A shorter pause does not end an interval, in milliseconds.
    public var minimumOffMilliseconds: Int
    /// Added before and after an interval, in milliseconds.
    public var paddingMilliseconds: Int
    /// For feature windows: the row that each value of the output stands for. Empty: the window's newest part.
    public var rows: [Int]
    /// For pictures: the picture of the stack that the value stands for.
    public var frame: Int
  }

  /// What the outputs mean.
  public enum Decoder: Hashable, Sendable {
    /// The probability of an event over time, in this output.
    case events(output: String, Events)
    /// The probabilities of several kinds of events over time.
    case labelledEvents(LabelledEvents)
    /// Which of a few words is said.
    case keywords(Keywords)
    /// A text, symbol by symbol over time.
    case ctc(CTC)
    /// Boxes with scores.
    case detections(Detections)
    /// What a picture or a stretch of sound shows as a whole.
    case classification(Classification)
    /// Numbers that mean something each.
    case regression(Regression)
    /// Where it lies among others of its kind.
    case embedding(Embedding)
    /// Which pixels belong to what.
    case mask(Mask)
    /// Sound.
    case audio(Audio)
    /// Nothing is known: outputs are told as they are.
    case raw
  }

  /// The model's name, in lower case with hyphens.
  public var name: String
  /// Its semantic version.
  public var version: String
  /// The inputs, by name.
  public var inputs: [Input]
  /// What the outputs mean.
  public var decoder: Decoder
  /// What a session's scheduler is to hold to for it, where the user says nothing else.
  public var schedule = ModelSchedule()

  /// What it is and where it comes from.
  public var about = About()

  /// What a model is and where it comes from, for people. Nil where nothing is said.
  public struct About: Hashable, Sendable {
    /// What it does, in a word: `detection`.
    public var task: String?
    /// The licence it may be used by: an SPDX identifier, or a text.
    public var licence: String?
    /// Where it was taken from: an address, or a text.
    public var source: String?
    /// What it is, in a few sentences.
    public var summary: String?
  }

  /// How it takes its picture out of a larger one, where it looks at what another model has found.
  public var crops = CropDescription()

  /// How what it finds is followed from picture to picture; nil where it is not.
  public var track: TrackDescription?

  /// `name@version`
  public var id: String { "\(name)@\(version)" }
}
