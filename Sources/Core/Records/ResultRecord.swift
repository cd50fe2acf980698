/// What a model found in one frame, window or moment: the `result` record.
public struct ResultRecord: Sendable {
  /// How long a frame spent at each stage, and in all.
  public struct Latency: Hashable, Sendable {
    /// From capture until the session took it from its ring.
    public var ring = MediaDuration.zero
    /// Waiting for the other members of its moment.
    public var sync = MediaDuration.zero
    /// Until the model had run whose detections the crops are of; nil for what takes no crops.
    public var cascade: MediaDuration?
    /// Computing what the model takes.
    public var features = MediaDuration.zero
    /// Waiting for the model.
    public var queue = MediaDuration.zero
    /// In the model.
    public var inference = MediaDuration.zero
    /// From capture to this record.
    public var total = MediaDuration.zero

    /// All zero.
    public init() {}
  }

  /// A member's distance from the tick of its moment.
  public struct Skew: Hashable, Sendable {
    /// The member's stream.
    public var stream: String
    /// The member's time less the tick; nil where the member was missing.
    public var skew: MediaDuration?

    /// A member's skew.
    public init(stream: String, skew: MediaDuration?) {
      self.stream = stream
      self.skew = skew
    }
  }

  /// `name@version`.
  public var model = ""
  /// The stream whose frame, window or tick it is.
  public var stream = ""
  /// The run of continuous time.
  public var epoch = 0
  /// The start of what was used.
  public var pts = MediaTime.zero
  /// The length of what was used.
  public var duration = MediaDuration.zero
  /// When its newest part was captured, in nanoseconds since the Unix epoch; nil at fast pace.
  public var captured: Int64?
  /// Nil at fast pace.
  public var latency: Latency?
  /// The budget that held; nil where there is none.
  public var budget: MediaDuration?
  /// Whether it was started although it was predicted to miss.
  public var isProbe = false
  /// Which form of the model gave it, 0 the best.
  public var rung = 0
  /// What this model skipped on this stream since its last result.
  public var lost = SkipCounts()
  /// For moments: each member but the tick.
  public var skews: [Skew] = []
  /// What was found.
  public var output = ModelOutput.none

  /// An empty record, to be filled and used again.
  public init() {}

  /// Writes the record as one line.
  public func write(to writer: inout JSONWriter) {
    writer.beginRecord("result")
    writer.sequenceNumber()
    writer.key("model")
    writer.value(model)
    writer.key("stream")
    writer.value(stream)
    writer.key("epoch")
    writer.value(epoch)
    writer.key("pts")
    writer.value(pts)
    writer.key("duration")
    writer.seconds(duration)
    if let captured {
      writer.key("captured")
      writer.timestamp(nanosecondsSinceEpoch: captured)
    }
    if let latency {
      writer.key("latency_ms")
      writer.beginObject()
      writer.key("ring")
      writer.milliseconds(latency.ring)
      writer.key("sync")
      writer.milliseconds(latency.sync)
      if let cascade = latency.cascade {
        writer.key("cascade")
        writer.milliseconds(cascade)
      }
      writer.key("features")
      writer.milliseconds(latency.features)
      writer.key("queue")
      writer.milliseconds(latency.queue)
      writer.key("inference")
      writer.milliseconds(latency.inference)
      writer.key("total")
      writer.milliseconds(latency.total)
      writer.endObject()
      if let budget {
        writer.key("budget")
        writer.beginObject()
        writer.key("ms")
        writer.milliseconds(budget)
        writer.key("met")
        writer.value(latency.total <= budget)
        writer.endObject()
      }
    }
    if isProbe {
      writer.key("probe")
      writer.value(true)
    }
    if rung > 0 {
      writer.key("rung")
      writer.value(rung)
    }
    writer.key("lost")
    lost.write(to: &writer)
    if !skews.isEmpty {
      writer.key("skew_ms")
      writer.beginObject()
      for skew in skews {
        writer.key(skew.stream)
        if let value = skew.skew { writer.milliseconds(value) } else { writer.null() }
      }
      writer.endObject()
    }
    writer.key("output")
    output.write(to: &writer)
    writer.endRecord()
  }
}
