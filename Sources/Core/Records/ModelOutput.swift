/// What a decoder made of a model's outputs, as the `output` of a `result` shows it.
public enum ModelOutput: Sendable {
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
    case .none, .scores, .classes, .raw: nil
    }
  }

  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    switch self {
    case .none: break
    case .detections(let detections):
      writer.key("detections")
      writer.beginArray()
      for detection in detections {
        writer.beginObject()
        detection.writeFields(to: &writer)
        writer.endObject()
      }
      writer.endArray()
    case .scores(let event, let values):
      writer.key("event")
      writer.value(event)
      writer.key("scores")
      writer.beginArray()
      for value in values { writer.value(Double(value), decimals: 4) }
      writer.endArray()
    case .classes(let classes):
      writer.key("classes")
      writer.beginArray()
      for item in classes {
        writer.beginObject()
        writer.key("label")
        writer.value(item.label)
        writer.key("score")
        writer.value(Double(item.score), decimals: 4)
        writer.endObject()
      }
      writer.endArray()
    case .raw(let tensors):
      writer.key("tensors")
      writer.beginObject()
      for tensor in tensors {
        writer.key(tensor.name)
        writer.beginObject()
        writer.key("shape")
        writer.beginArray()
        for dimension in tensor.shape { writer.value(dimension) }
        writer.endArray()
        writer.key("values")
        writer.beginArray()
        for value in tensor.values { writer.value(value) }
        writer.endArray()
        writer.endObject()
      }
      writer.endObject()
    case .crops(let crops, let left):
      writer.key("crops")
      writer.beginArray()
      for crop in crops {
        writer.beginObject()
        crop.detection.writeFields(to: &writer)
        writer.key("region")
        writer.box(crop.region.x, crop.region.y, crop.region.width, crop.region.height)
        writer.key("output")
        crop.output.write(to: &writer)
        writer.endObject()
      }
      writer.endArray()
      writer.key("left")
      writer.value(left)
    }
    writer.endObject()
  }
}

extension ModelOutput.Detection {
  fileprivate func writeFields(to writer: inout JSONWriter) {
    writer.key("label")
    writer.value(label)
    writer.key("score")
    writer.value(Double(score), decimals: 4)
    writer.key("box")
    writer.box(x, y, width, height)
  }
}

extension JSONWriter {
  /// Left edge, upper edge, width and height.
  fileprivate mutating func box(_ x: Float, _ y: Float, _ width: Float, _ height: Float) {
    beginArray()
    value(Double(x), decimals: 5)
    value(Double(y), decimals: 5)
    value(Double(width), decimals: 5)
    value(Double(height), decimals: 5)
    endArray()
  }
}
