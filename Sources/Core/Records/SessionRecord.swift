/// The first line of every session: the `session` record.
public struct SessionRecord: Sendable {
  /// An input and where its time begins.
  public struct Input: Hashable, Sendable {
    /// What was opened, without credentials.
    public var uri: String
    /// The input's own time at the session's zero.
    public var origin: MediaTime
    /// The same as a fraction of seconds: `126000/90000`.
    public var originRational: String
    /// Whether it is a live source.
    public var isLive: Bool

    /// An input.
    public init(uri: String, origin: MediaTime, originRational: String, isLive: Bool) {
      self.uri = uri
      self.origin = origin
      self.originRational = originRational
      self.isLive = isLive
    }
  }

  /// A smaller or faster form of a model, which may run in its place.
  public struct Variant: Hashable, Sendable {
    /// The file it was loaded from.
    public var file: String
    /// The file's SHA-256, in hexadecimal.
    public var sha256: String
    /// What its results count beside those of the best form.
    public var value: Double

    /// A form.
    public init(file: String, sha256: String, value: Double) {
      self.file = file
      self.sha256 = sha256
      self.value = value
    }
  }

  /// A model that will run.
  public struct Model: Hashable, Sendable {
    /// `name@version`.
    public var id: String
    /// The file it was loaded from.
    public var file: String
    /// The file's SHA-256, in hexadecimal.
    public var sha256: String
    /// The instruction set that its kernels use.
    public var isa: String
    /// Threads that it runs on.
    public var threads: Int
    /// The streams that it takes.
    public var inputs: [String]
    /// Its forms below the best, best first.
    public var variants: [Variant] = []

    /// A model.
    public init(id: String, file: String, sha256: String, isa: String, threads: Int, inputs: [String]) {
      self.id = id
      self.file = file
      self.sha256 = sha256
      self.isa = isa
      self.threads = threads
      self.inputs = inputs
    }
  }

  /// What tells this session from every other; left out with `--deterministic`.
  public struct Identity: Hashable, Sendable {
    /// A random UUID.
    public var id: String
    /// The machine's name.
    public var host: String
    /// Nanoseconds since the Unix epoch.
    public var started: Int64

    /// An identity.
    public init(id: String, host: String, started: Int64) {
      self.id = id
      self.host = host
      self.started = started
    }
  }

  /// Nil with `--deterministic`.
  public var identity: Identity?
  /// Braid's version.
  public var version: String
  /// `fast` or `realtime`.
  public var pace: String
  /// In the order of the command line.
  public var inputs: [Input]
  /// In the order of their ids.
  public var streams: [StreamRecord]
  /// In the order of the command line.
  public var models: [Model]

  /// A session.
  public init(
    identity: Identity?, version: String, pace: String, inputs: [Input], streams: [StreamRecord], models: [Model]
  ) {
    self.identity = identity
    self.version = version
    self.pace = pace
    self.inputs = inputs
    self.streams = streams
    self.models = models
  }

  /// Writes the record as one line.
  public func write(to writer: inout JSONWriter) {
    writer.beginRecord("session")
    writer.key("schema")
    writer.value("braid/1")
    if let identity {
      writer.key("id")
      writer.value(identity.id)
      writer.key("host")
      writer.value(identity.host)
      writer.key("started")
      writer.timestamp(nanosecondsSinceEpoch: identity.started)
    }
    writer.key("version")
    writer.value(version)
    writer.key("pace")
    writer.value(pace)
    writer.key("deterministic")
    writer.value(identity == nil)
    writer.key("inputs")
    writer.beginArray()
    for input in inputs {
      writer.beginObject()
      writer.key("uri")
      writer.value(input.uri)
      writer.key("origin")
      writer.beginObject()
      writer.key("seconds")
      writer.value(input.origin)
      writer.key("rational")
      writer.value(input.originRational)
      writer.endObject()
      writer.key("live")
      writer.value(input.isLive)
      writer.endObject()
    }
    writer.endArray()
    writer.key("streams")
    writer.beginObject()
    for stream in streams { stream.write(to: &writer) }
    writer.endObject()
    writer.key("models")
    writer.beginObject()
    for model in models {
      writer.key(model.id)
      writer.beginObject()
      writer.key("file")
      writer.value(model.file)
      writer.key("sha256")
      writer.value(model.sha256)
      writer.key("isa")
      writer.value(model.isa)
      writer.key("threads")
      writer.value(model.threads)
      writer.key("inputs")
      writer.beginArray()
      for input in model.inputs { writer.value(input) }
      writer.endArray()
      if !model.variants.isEmpty {
        writer.key("variants")
        writer.beginArray()
        for variant in model.variants {
          writer.beginObject()
          writer.key("file")
          writer.value(variant.file)
          writer.key("sha256")
          writer.value(variant.sha256)
          writer.key("value")
          writer.value(variant.value, decimals: 6)
          writer.endObject()
        }
        writer.endArray()
      }
      writer.endObject()
    }
    writer.endObject()
    writer.endRecord()
  }
}
