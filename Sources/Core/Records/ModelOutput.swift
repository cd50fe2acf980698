/// What a decoder made of a model's outputs, as the `output` of a `result` shows it.
public enum ModelOutput: Sendable {
  /// A place in a picture.
  public struct Point: Hashable, Sendable {
    /// From the left edge, in parts of the picture's width.
    public var x: Float
    /// From the upper edge, in parts of the picture's height.
    public var y: Float

    /// A place.
    public init(x: Float, y: Float) {
      self.x = x
      self.y = y
    }
  }

  /// One object found in a picture.
  public struct Detection: Hashable, Sendable {
    /// What it is.
    public var label: String
    /// How sure the model is, 0 to 1.
    public var score: Float
    /// Left edge, 0 to 1 of the picture.
    public var x: Float
    /// Upper edge, 0 to 1 of the picture.
    public var y: Float
    /// Width, 0 to 1 of the picture.
    public var width: Float
    /// Height, 0 to 1 of the picture.
    public var height: Float
    /// Points of it that the model tells, such as eyes and corners of the mouth, in the model's order.
    public var landmarks: [Point] = []
    /// Which object of the stream it is, where a tracker follows them.
    public var track: Int?

    /// A detection.
    public init(label: String, score: Float, x: Float, y: Float, width: Float, height: Float) {
      self.label = label
      self.score = score
      self.x = x
      self.y = y
      self.width = width
      self.height = height
    }
  }

  /// One class with its score.
  public struct Classification: Hashable, Sendable {
    /// What it is.
    public var label: String
    /// How sure the model is, 0 to 1.
    public var score: Float

    /// A class with its score.
    public init(label: String, score: Float) {
      self.label = label
      self.score = score
    }
  }

  /// One number that a model estimates.
  public struct Measurement: Hashable, Sendable {
    /// What it is.
    public var name: String
    /// How much.
    public var value: Float
    /// Of what; nil for a plain number.
    public var unit: String?

    /// A number with its name.
    public init(name: String, value: Float, unit: String? = nil) {
      self.name = name
      self.value = value
      self.unit = unit
    }
  }

  /// Which pixels belong to a class, as COCO's uncompressed run lengths.
  public struct Mask: Hashable, Sendable {
    /// The class.
    public var label: String
    /// Pixels down, of the model's output.
    public var height: Int
    /// Pixels across, of the model's output.
    public var width: Int
    /// How many pixels do not belong to it and do, by turns, from those that do not; column by column, each from above.
    public var counts: [Int]

    /// A mask.
    public init(label: String, height: Int, width: Int, counts: [Int]) {
      self.label = label
      self.height = height
      self.width = width
      self.counts = counts
    }
  }

  /// A whole tensor, where no decoder is known.
  public struct RawTensor: Hashable, Sendable {
    /// The output's name in the model.
    public var name: String
    /// Its dimensions.
    public var shape: [Int]
    /// Its values in row-major order.
    public var values: [Float]

    /// A tensor.
    public init(name: String, shape: [Int], values: [Float]) {
      self.name = name
      self.shape = shape
      self.values = values
    }
  }

  /// What a model found in one crop of a picture.
  public struct Crop: Sendable {
    /// What another model found there.
    public var detection: Detection
    /// What the model was given: left edge, upper edge, width and height, 0 to 1 of the picture.
    public var region: (x: Float, y: Float, width: Float, height: Float)
    /// What it made of it. Boxes are in parts of the whole picture.
    public var output: ModelOutput

    /// A crop.
    public init(
      detection: Detection, region: (x: Float, y: Float, width: Float, height: Float), output: ModelOutput
    ) {
      self.detection = detection
      self.region = region
      self.output = output
    }
  }

  /// Nothing.
  case none
  /// Objects in a picture, best first: `{"detections":[…]}`.
  case detections([Detection])
  /// How sure the model is of `event` at each of its instants: `{"event":"hit","scores":[…]}`.
  case scores(event: String, values: [Float])
  /// Classes, best first: `{"classes":[…]}`.
  case classes([Classification])
  /// Numbers by name: `{"values":[{"name":"yaw","value":12.5,"unit":"deg"}]}`.
  case values([Measurement])
  /// Where it lies among others of its kind: `{"embedding":[…]}`.
  case embedding([Float])
  /// Which pixels belong to which class: `{"masks":[{"label":…,"size":[height,width],"counts":[…]}]}`.
  case masks([Mask])
  /// What was read or said: `{"text":"hello"}`.
  case text(String)
  /// Sound in one channel, of which the first sample is at the result's `pts`. A record says only how much:
  /// `{"audio":{"rate":16000,"samples":256}}`; the samples are for sinks.
  case audio(sampleRate: Int, samples: [Float])
  /// Every output as it is: `{"tensors":{name:{"shape":[…],"values":[…]}}}`.
  case raw([RawTensor])
  /// What was found in crops of the picture, in the order of the detections that they are of, and how many such detections were
  /// left: `{"crops":[{"label":…,"score":…,"box":[…],"region":[…],"output":{…}}],"left":0}`.
  indirect case crops([Crop], left: Int)

  /// All objects in the picture, best first, where it tells objects.
  public var detections: [Detection]? {
    switch self {
    case .detections(let detections): detections
    case .crops(let crops, _):
      crops.allSatisfy { $0.output.detections != nil }
        // Of those alike, first what was found in the better crop.
        ? crops.flatMap { $0.output.detections ?? [] }.enumerated().sorted {
          ($0.element.score, $1.offset) > ($1.element.score, $0.offset)
        }.map(\.element) : nil
    case .none, .scores, .classes, .values, .embedding, .masks, .text, .audio, .raw: nil
    }
  }
}
