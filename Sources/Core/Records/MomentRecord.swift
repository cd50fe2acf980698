/// What several streams have at one time: an `event` record named `moment`.
public struct MomentRecord: Sendable {
  /// What it has from one stream.
  public struct Part: Hashable, Sendable {
    /// `audio:0`
    public var stream: String
    /// Why nothing is there: `unmatched`, `late`, `silent` or `ended`; nil where something is.
    public var absence: String?
    /// The part's time less the moment's.
    public var skew: MediaDuration?
    /// For what is held: how long before the moment it began.
    public var age: MediaDuration?
    /// For a window of sound: how much of it is not there.
    public var uncovered: MediaDuration?
    /// How many items a window is made of.
    public var count: Int?
    /// The texts.
    public var texts: [String]?
    /// A sensor's values, in the order of the stream's channels; of a window's readings the last.
    public var values: [Double]?

    /// A part of which nothing is known yet.
    public init(stream: String) { self.stream = stream }
  }

  /// Counts the events of a session; a correction has the number of the moment that it corrects.
  public var id = 0
  /// The stream that ticks; nil for a fixed hop.
  public var stream: String?
  /// The run of continuous time of the stream that ticks.
  public var epoch = 0
  /// The moment.
  public var pts = MediaTime.zero
  /// Whether late data has changed it, and this is how it is now.
  public var isCorrection = false
  /// Whether it was given out before all of its parts could be there.
  public var isLate = false
  /// How long it was waited for; nil where times that were measured are left out.
  public var wait: MediaDuration?
  /// What it has, in the order asked for.
  public var parts: [Part] = []

  /// An empty record, to be filled and used again.
  public init() {}

  /// Writes the record as one line.
  public func write(to writer: inout JSONWriter) {
    writer.beginRecord("event")
    writer.sequenceNumber(of: isCorrection ? nil : id)
    writer.key("id")
    writer.value(id)
    writer.key("name")
    writer.value("moment" as StaticString)
    if let stream {
      writer.key("stream")
      writer.value(stream)
      writer.key("epoch")
      writer.value(epoch)
    }
    writer.key("pts")
    writer.value(pts)
    writer.key("duration")
    writer.seconds(.zero)
    writer.key("final")
    writer.value(true)
    if isCorrection { writer.revisedSequenceNumber(of: id) }
    if isLate {
      writer.key("late")
      writer.value(true)
    }
    if let wait {
      writer.key("wait_ms")
      writer.milliseconds(wait)
    }
    writer.key("parts")
    writer.beginObject()
    for part in parts {
      writer.key(part.stream)
      part.write(to: &writer)
    }
    writer.endObject()
    writer.endRecord()
  }
}

extension MomentRecord.Part {
  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.optional("absent", absence)
    for (name, length) in [("skew_ms" as StaticString, skew), ("age_ms", age), ("missing_ms", uncovered)] {
      guard let length else { continue }
      writer.key(name)
      writer.milliseconds(length)
    }
    writer.optional("count", count)
    if let texts {
      writer.key("texts")
      writer.beginArray()
      for text in texts { writer.value(text) }
      writer.endArray()
    }
    if let values {
      writer.key("values")
      writer.beginArray()
      for value in values { writer.value(value, decimals: 9) }
      writer.endArray()
    }
    writer.endObject()
  }
}

/// What became of a session's moments.
public struct MomentAccount: Sendable {
  /// Moments that were given out.
  public var given = 0
  /// Of these: before all of their parts could be there.
  public var late = 0
  /// Corrections of moments by late data.
  public var revised = 0
  /// Ticks that came behind one that had been answered, or for which there was no room.
  public var lost = 0
  /// How long they were waited for; nil where times that were measured are left out.
  public var wait: ModelAccount.Percentiles?
  /// The present jitter buffer of each stream, where there is a clock.
  public var buffers: [(stream: String, length: MediaDuration)] = []

  /// An account with nothing in it.
  public init() {}

  func write(to writer: inout JSONWriter) {
    writer.key("moments")
    writer.beginObject()
    for (name, count) in [("given" as StaticString, given), ("late", late), ("revised", revised), ("lost", lost)] {
      writer.key(name)
      writer.value(count)
    }
    if let wait {
      writer.key("wait_ms")
      wait.write(to: &writer)
    }
    if !buffers.isEmpty {
      writer.key("buffer_ms")
      writer.beginObject()
      for (stream, length) in buffers {
        writer.key(stream)
        writer.milliseconds(length)
      }
      writer.endObject()
    }
    writer.endObject()
  }
}
