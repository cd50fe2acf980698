/// Rows of one feature: the `features` record.
public struct FeaturesRecord: Sendable {
  /// The feature with its preset: `mfcc:kaldi`.
  public var name = ""
  /// The stream it was computed from.
  public var stream = ""
  /// The run of continuous time.
  public var epoch = 0
  /// The centre of the first row.
  public var pts = MediaTime.zero
  /// From one row to the next; nil for one row a picture.
  public var hop: MediaDuration?
  /// Values in a row.
  public var dimension = 1
  /// The rows one after the other, `[rows, dimension]`.
  public var values: [Float] = []

  /// An empty record, to be filled and used again.
  public init() {}

  /// Writes the record as one line.
  public func write(to writer: inout JSONWriter) {
    writer.beginRecord("features")
    writer.sequenceNumber()
    writer.key("name")
    writer.value(name)
    writer.key("stream")
    writer.value(stream)
    writer.key("epoch")
    writer.value(epoch)
    writer.key("pts")
    writer.value(pts)
    if let hop {
      writer.key("hop")
      writer.seconds(hop)
    }
    writer.key("values")
    writer.beginArray()
    var index = 0
    while index + dimension <= values.count, dimension > 0 {
      writer.beginArray()
      for value in values[index..<index + dimension] { writer.value(value) }
      writer.endArray()
      index += dimension
    }
    writer.endArray()
    writer.endRecord()
  }
}
