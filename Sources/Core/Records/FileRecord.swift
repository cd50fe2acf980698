/// What became of one file of a job: the `file` record of `braid run --each`.
public struct FileRecord: Hashable, Sendable {
  /// What became of it.
  public enum Status: String, Hashable, Sendable, Codable {
    /// Its result is complete.
    case done
    /// It is not, and the record says why.
    case failed
    /// The job was interrupted while it ran.
    case interrupted
    /// It was complete before, and the job was resumed.
    case skipped
  }

  /// The file.
  public var file: String
  /// Where its result is: under the name that it was to have if it is complete, else as far as it came.
  public var output: String
  /// What became of it.
  public var status: Status
  /// The exit status that its session ended with; 128 and the signal for one that crashed, nil where none ran.
  public var exit: Int?
  /// How much media time was covered.
  public var duration: MediaDuration
  /// How long it took; nil where that is not told.
  public var wall: MediaDuration?
  /// Results, events that are over, and `error` records in its result.
  public var results = 0
  /// See ``results``.
  public var events = 0
  /// See ``results``.
  public var errors = 0
  /// What it failed by.
  public var failure: ErrorRecord?

  /// A record with nothing counted yet.
  public init(file: String, output: String, status: Status, duration: MediaDuration = .zero) {
    self.file = file
    self.output = output
    self.status = status
    self.duration = duration
  }

  /// Writes the record as one line.
  public func write(to writer: inout JSONWriter) {
    writer.beginRecord("file")
    writer.key("file")
    writer.value(file)
    writer.key("output")
    writer.value(output)
    writer.key("status")
    writer.value(status.rawValue)
    writer.optional("exit", exit)
    writer.key("duration")
    writer.seconds(duration)
    if let wall {
      writer.key("wall")
      writer.value(wall.seconds, decimals: 3)
    }
    writer.key("results")
    writer.value(results)
    writer.key("events")
    writer.value(events)
    writer.key("errors")
    writer.value(errors)
    if let failure {
      writer.key("failure")
      writer.beginObject()
      failure.writeCause(to: &writer)
      writer.endObject()
    }
    writer.endRecord()
  }
}

/// What became of a job's files together: the `job` record, the last line of `braid run --each`.
public struct JobRecord: Hashable, Sendable {
  /// How many files there are: `done`, `failed`, `skipped` because they were complete before, and `left` because the job was
  /// interrupted.
  public var files = 0
  /// See ``files``.
  public var done = 0
  /// See ``files``.
  public var failed = 0
  /// See ``files``.
  public var skipped = 0
  /// How much media time was covered, by those that were not skipped.
  public var duration = MediaDuration.zero
  /// How long the job took; nil where that is not told.
  public var wall: MediaDuration?

  /// Files that were not begun, or not brought to their end.
  public var left: Int { files - done - failed - skipped }

  /// A job of so many files, none of which has been looked at.
  public init(files: Int) {
    self.files = files
  }

  /// Counts a file.
  public mutating func count(_ record: FileRecord) {
    switch record.status {
    case .done: done += 1
    case .failed: failed += 1
    case .skipped:
      skipped += 1
      return
    case .interrupted: break
    }
    duration = duration + record.duration
  }

  /// Writes the record as one line.
  public func write(to writer: inout JSONWriter) {
    writer.beginRecord("job")
    for (name, count) in [
      ("files", files), ("done", done), ("failed", failed), ("skipped", skipped), ("left", left),
    ] {
      writer.key(name)
      writer.value(count)
    }
    writer.key("duration")
    writer.seconds(duration)
    if let wall {
      writer.key("wall")
      writer.value(wall.seconds, decimals: 3)
      writer.key("realtime_factor")
      writer.value(duration.seconds / max(wall.seconds, 1e-6), decimals: 2)
    }
    writer.endRecord()
  }
}
