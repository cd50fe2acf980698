/// How the session is doing: the `stats` record, written at an interval.
public struct StatsRecord: Sendable {
  /// How a stream is doing.
  public struct Stream: Sendable {
    /// `audio:0`
    public var id: String
    /// What waits in its ring; nil where the counts would depend on the machine's load.
    public var ring: Int?
    /// What became of its frames.
    public var account: StreamAccount
    /// Its source's clock; nil for files.
    public var clock: ClockEstimate?

    /// A stream's state.
    public init(id: String, ring: Int?, account: StreamAccount, clock: ClockEstimate?) {
      self.id = id
      self.ring = ring
      self.account = account
      self.clock = clock
    }
  }

  /// How far the session has come.
  public var pts = MediaTime.zero
  /// Each stream by id.
  public var streams: [Stream] = []
  /// Each model.
  public var models: [ModelAccount] = []
  /// Jain's index over the parts of their frames that the models ran on; nil for fewer than two.
  public var fairness: Double?

  /// What became of moments; nil where none were asked for.
  public var moments: MomentAccount?

  /// What became of what sinks were offered.
  public var sinks: [SinkAccount] = []

  /// An empty record, to be filled and used again.
  public init() {}

  /// Writes the record as one line.
  public func write(to writer: inout JSONWriter) {
    writer.beginRecord("stats")
    writer.sequenceNumber()
    writer.key("pts")
    writer.value(pts)
    writer.key("streams")
    writer.beginObject()
    for stream in streams {
      writer.key(stream.id)
      writer.beginObject()
      if let ring = stream.ring {
        writer.key("ring")
        writer.value(ring)
      }
      writer.key("delivered")
      writer.value(stream.account.delivered)
      if stream.ring != nil {
        writer.key("lost")
        writer.value(stream.account.lostRing + stream.account.lostGap)
      }
      if let clock = stream.clock { Self.write(clock, to: &writer) }
      writer.endObject()
    }
    writer.endObject()
    writer.key("models")
    writer.beginObject()
    for model in models {
      writer.key(model.id)
      writer.beginObject()
      if let total = model.total {
        writer.key("p50")
        writer.value(total.p50, decimals: 3)
        writer.key("p95")
        writer.value(total.p95, decimals: 3)
        writer.key("p99")
        writer.value(total.p99, decimals: 3)
      }
      model.schedule?.write(to: &writer)
      writer.key("offered")
      writer.value(model.offered)
      writer.key("results")
      writer.value(model.results)
      writer.key("probes")
      writer.value(model.probes)
      writer.key("missed")
      writer.value(model.missed)
      writer.key("skipped")
      model.skipped.write(to: &writer)
      writer.endObject()
    }
    writer.endObject()
    if let fairness {
      writer.key("fairness")
      writer.value(fairness, decimals: 4)
    }
    moments?.write(to: &writer)
    SinkAccount.write(sinks, to: &writer)
    writer.endRecord()
  }

  private static func write(_ clock: ClockEstimate, to writer: inout JSONWriter) {
    if let rate = clock.partsPerMillion {
      writer.key("ppm")
      writer.value(rate, decimals: 3)
    }
    writer.key("offset_ms")
    writer.milliseconds(clock.offset)
    writer.key("jitter_ms")
    writer.milliseconds(clock.jitter)
  }
}
