/// Something that happened at a time or over a time: the `event` record.
public struct EventRecord: Hashable, Sendable {
  /// A setting that was changed.
  public struct Change: Hashable, Sendable {
    /// What it was.
    public var from: Double
    /// What it is now.
    public var to: Double

    /// A change.
    public init(from: Double, to: Double) {
      self.from = from
      self.to = to
    }
  }

  /// Counts the events of a session; an event that is still open and its end have the same.
  public var id = 0
  /// What happened: `speech`, `motion`, `cut`, `hit`.
  public var name = ""
  /// Where it was seen or heard.
  public var stream = ""
  /// Which model said so, `name@version`; nil for what no model had a part in.
  public var model: String?
  /// The run of continuous time.
  public var epoch = 0
  /// When it began.
  public var pts = MediaTime.zero
  /// How long it was, or has been so far.
  public var duration = MediaDuration.zero
  /// False while it is still open.
  public var isFinal = true
  /// How sure or how strong, 0 to 1.
  public var score: Float?
  /// Why it happened, in a few words; nil where the name says all.
  public var cause: String?
  /// For a setting that the session changed by itself: from what to what.
  public var change: Change?

  /// An empty record, to be filled.
  public init() {}

  /// Writes the record as one line.
  public func write(to writer: inout JSONWriter) {
    writer.beginRecord("event")
    writer.sequenceNumber()
    writer.key("id")
    writer.value(id)
    writer.key("name")
    writer.value(name)
    writer.key("stream")
    writer.value(stream)
    if let model {
      writer.key("model")
      writer.value(model)
    }
    writer.key("epoch")
    writer.value(epoch)
    writer.key("pts")
    writer.value(pts)
    writer.key("duration")
    writer.seconds(duration)
    writer.key("final")
    writer.value(isFinal)
    if let score {
      writer.key("score")
      writer.value(Double(score), decimals: 4)
    }
    if let cause {
      writer.key("cause")
      writer.value(cause)
    }
    if let change {
      writer.key("from")
      writer.value(change.from, decimals: 2)
      writer.key("to")
      writer.value(change.to, decimals: 2)
    }
    writer.endRecord()
  }
}
