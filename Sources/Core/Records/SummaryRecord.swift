/// The last line of every session: the `summary` record.
public struct SummaryRecord: Sendable {
  /// Figures that differ from run to run; left out with `--deterministic`.
  public struct Measured: Hashable, Sendable {
    /// How long the session took.
    public var wall: MediaDuration
    /// The largest resident set of the process, in bytes.
    public var peakMemory: Int64

    /// Measured figures.
    public init(wall: MediaDuration, peakMemory: Int64) {
      self.wall = wall
      self.peakMemory = peakMemory
    }
  }

  /// How much media time was covered.
  public var duration = MediaDuration.zero
  /// Nil with `--deterministic`.
  public var measured: Measured?
  /// How many `error` records there are.
  public var errors = 0
  /// The median of sound less picture event times; nil where there are too few.
  public var soundLessPicture: MediaDuration?
  /// Each stream by id.
  public var streams: [(id: String, account: StreamAccount)] = []
  /// Each model.
  public var models: [ModelAccount] = []
  /// Jain's index over the parts of their frames that the models ran on; nil for fewer than two.
  public var fairness: Double?

  /// What became of moments; nil where none were asked for.
  public var moments: MomentAccount?

  /// What became of what sinks were offered.
  public var sinks: [SinkAccount] = []

  /// An empty record, to be filled.
  public init() {}

  /// Writes the record as one line.
  public func write(to writer: inout JSONWriter) {
    writer.beginRecord("summary")
    writer.key("duration")
    writer.seconds(duration)
    if let measured {
      writer.key("wall")
      writer.value(measured.wall.seconds, decimals: 3)
      writer.key("realtime_factor")
      let wall = max(measured.wall.seconds, 1e-6)
      writer.value(duration.seconds / wall, decimals: 2)
      writer.key("peak_memory_mb")
      writer.value(Double(measured.peakMemory) / 1_048_576, decimals: 1)
    }
    writer.key("errors")
    writer.value(errors)
    writer.key("av_offset_ms")
    if let soundLessPicture { writer.milliseconds(soundLessPicture) } else { writer.null() }
    writer.key("streams")
    writer.beginObject()
    for stream in streams {
      writer.key(stream.id)
      stream.account.write(to: &writer)
    }
    writer.endObject()
    writer.key("models")
    writer.beginObject()
    for model in models {
      writer.key(model.id)
      model.write(to: &writer)
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
}
