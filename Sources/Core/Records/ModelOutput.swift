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

  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    switch self {
    case .none: break
    case .detections(let detections):
      writer.key("detections")
      writer.beginArray()
      for detection in detections {
        writer.beginObject()
        writer.key("label")
        writer.value(detection.label)
        writer.key("score")
        writer.value(Double(detection.score), decimals: 4)
        writer.key("box")
        writer.beginArray()
        writer.value(Double(detection.x), decimals: 5)
        writer.value(Double(detection.y), decimals: 5)
        writer.value(Double(detection.width), decimals: 5)
        writer.value(Double(detection.height), decimals: 5)
        writer.endArray()
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
    }
    writer.endObject()
  }
}
