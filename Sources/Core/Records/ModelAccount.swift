/// What became of what a model was offered: `offered = results + skipped`.
public struct ModelAccount: Sendable {
  /// Percentiles of a latency, in milliseconds.
  public struct Percentiles: Hashable, Sendable {
    /// Half were faster.
    public var p50: Double
    /// 95 of 100 were faster.
    public var p95: Double
    /// 99 of 100 were faster.
    public var p99: Double
    /// The slowest.
    public var max: Double

    /// The percentiles of `histogram`.
    public init(_ histogram: LatencyHistogram) {
      p50 = histogram.milliseconds(atPercentile: 50)
      p95 = histogram.milliseconds(atPercentile: 95)
      p99 = histogram.milliseconds(atPercentile: 99)
      max = histogram.maximumMilliseconds
    }

    func write(to writer: inout JSONWriter) {
      writer.beginObject()
      writer.key("p50")
      writer.value(p50, decimals: 3)
      writer.key("p95")
      writer.value(p95, decimals: 3)
      writer.key("p99")
      writer.value(p99, decimals: 3)
      writer.key("max")
      writer.value(max, decimals: 3)
      writer.endObject()
    }
  }

  /// How the scheduler treats the model on its stream.
  public struct Schedule: Hashable, Sendable {
    /// Of the results that were no probes, the part that came after their deadline.
    public var missRatio: Double
    /// The model runs on one frame in so many; 1 is every frame.
    public var interval: Double
    /// The form of the model that runs, 0 the best of its ladder.
    public var rung: Int
    /// The part of a lane's time that the model's runs took: since the last `stats`, or in all.
    public var use: Double

    /// How a model is treated.
    public init(missRatio: Double, interval: Double, rung: Int, use: Double) {
      self.missRatio = missRatio
      self.interval = interval
      self.rung = rung
      self.use = use
    }

    func write(to writer: inout JSONWriter) {
      writer.key("miss_ratio")
      writer.value(missRatio, decimals: 4)
      writer.key("interval")
      writer.value(interval, decimals: 2)
      writer.key("rung")
      writer.value(rung)
      writer.key("use")
      writer.value(use, decimals: 4)
    }
  }

  /// `name@version`.
  public var id: String
  /// The stream it ticks on.
  public var stream: String
  /// Frames, windows or moments that came.
  public var offered = 0
  /// Those that it ran on.
  public var results = 0
  /// Those of the results that were started although predicted to miss.
  public var probes = 0
  /// Those of the results that came after their deadline.
  public var missed = 0
  /// Those that it did not run on.
  public var skipped = SkipCounts()
  /// From capture to record; nil at fast pace.
  public var total: Percentiles?
  /// In the model; nil with `--deterministic`.
  public var inference: Percentiles?
  /// Nil where time does not count.
  public var schedule: Schedule?

  /// An account with nothing in it.
  public init(id: String, stream: String) {
    self.id = id
    self.stream = stream
  }

  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("stream")
    writer.value(stream)
    writer.key("offered")
    writer.value(offered)
    writer.key("results")
    writer.value(results)
    writer.key("probes")
    writer.value(probes)
    writer.key("missed")
    writer.value(missed)
    writer.key("skipped")
    skipped.write(to: &writer)
    schedule?.write(to: &writer)
    if total != nil || inference != nil {
      writer.key("latency_ms")
      writer.beginObject()
      if let total {
        writer.key("total")
        total.write(to: &writer)
      }
      if let inference {
        writer.key("inference")
        inference.write(to: &writer)
      }
      writer.endObject()
    }
    writer.endObject()
  }
}
