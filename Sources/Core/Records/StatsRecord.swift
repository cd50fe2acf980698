/// How the session is doing: the `stats` record, written at an interval.
public struct StatsRecord: Sendable {
  /// How far the session has come.
  public var pts = MediaTime.zero
  /// Each stream by id, with what waits in its ring; nil where the counts would depend on the machine's load.
  public var streams: [(id: String, ring: Int?, account: StreamAccount)] = []
  /// Each model.
  public var models: [ModelAccount] = []

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
        writer.value(stream.account.lostRing)
      }
      writer.endObject()
    }
    writer.endObject()
    writer.key("models")
    writer.beginObject()
    for model in models {
      writer.key(model.id)
      writer.beginObject()
      if let inference = model.inference {
        writer.key("p50")
        writer.value(inference.p50, decimals: 3)
        writer.key("p95")
        writer.value(inference.p95, decimals: 3)
        writer.key("p99")
        writer.value(inference.p99, decimals: 3)
      }
      writer.key("offered")
      writer.value(model.offered)
      writer.key("results")
      writer.value(model.results)
      writer.key("missed")
      writer.value(model.missed)
      writer.key("skipped")
      model.skipped.write(to: &writer)
      writer.endObject()
    }
    writer.endObject()
    writer.endRecord()
  }
}
