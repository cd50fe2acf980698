/// One reading of a sensor with any number of values.
public struct SensorSample: Hashable, Sendable {
  /// When it was read.
  public var time: MediaTime
  /// When it was captured, on the session's clock; nil at fast pace.
  public var captured: HostTime?
  /// The run of continuous time it belongs to.
  public var epoch: Int
  /// The values, in the order and the units that the stream declares.
  public let values: [Double]

  /// A reading.
  public init(time: MediaTime, captured: HostTime?, epoch: Int, values: [Double]) {
    self.time = time
    self.captured = captured
    self.epoch = epoch
    self.values = values
  }
}
