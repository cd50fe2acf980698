internal import BraidCore
internal import Foundation

/// Measures whole sessions: inputs, features, models, and what becomes of every frame.
///
/// At real-time pace the rate is the input's own, and what counts is latency and what was skipped; as fast as possible, what counts is
/// how much faster than real time it goes.
public struct StreamBenchmark: Sendable {
  /// The session; where its records go is not its matter.
  public var configuration: SessionConfiguration
  /// How often it is run, at least 1.
  public var rounds = 1

  /// One run of that session.
  public init(_ configuration: SessionConfiguration) { self.configuration = configuration }

  /// Runs it; blocks until it is done.
  ///
  /// - Returns: each round, in order.
  /// - Throws: what ended a session before its time, as it was told; ``PipelineError`` where its records cannot be kept.
  public func measure() throws -> [StreamMeasurement] {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString).jsonl")
    defer { try? FileManager.default.removeItem(at: path) }
    var configuration = configuration
    configuration.output = path.path
    return try (0..<max(1, rounds)).map { _ in
      let failure = Guarded<(any DescribedError)?>(nil)
      let session = Session(
        configuration,
        observer: Session.Observer(
          note: { _ in }, error: { error in failure.withLock { if $0 == nil { $0 = error } } }, progress: nil))
      let status = session.run()
      guard status == .done else {
        throw failure.withLock { $0 }
          ?? PipelineError(.configuration, "the session ended with status \(status.code)", location: "--stream")
      }
      return try StreamMeasurement(records: path)
    }
  }
}

/// What a whole session took.
public struct StreamMeasurement: Sendable {
  /// Percentiles, in milliseconds.
  public struct Times: Sendable, Decodable {
    /// Half of all take no longer.
    public let p50: Double
    /// 95 of 100 take no longer.
    public let p95: Double
    /// 99 of 100 take no longer.
    public let p99: Double
    /// None takes longer.
    public let max: Double
  }

  /// A model's account.
  public struct Model: Sendable {
    /// `name@version`
    public let id: String
    /// Frames, windows or moments that it was offered.
    public let offered: Int
    /// Results that it gave.
    public let results: Int
    /// Results that came too late.
    public let missed: Int
    /// What was passed over, by reason, those aside that nothing was passed over for.
    public let skipped: [String: Int]
    /// How long runs took; nil where there was none.
    public let inference: Times?
    /// From capture to result; nil where time did not count.
    public let total: Times?
  }

  /// Seconds of media.
  public let duration: Double
  /// Seconds that it took.
  public let wall: Double
  /// The largest resident set, in megabytes.
  public let peakMemory: Double
  /// All models, by their ids.
  public let models: [Model]

  /// Seconds of media in a second.
  public var realtimeFactor: Double { duration / Swift.max(wall, 1e-9) }

  private struct Summary: Decodable {
    enum CodingKeys: String, CodingKey {
      case type, duration, wall, models
      case peakMemory = "peak_memory_mb"
    }
    struct Model: Decodable {
      enum CodingKeys: String, CodingKey {
        case offered, results, missed, skipped
        case latency = "latency_ms"
      }
      struct Latency: Decodable {
        let inference: Times?
        let total: Times?
      }
      let offered: Int
      let results: Int
      let missed: Int
      let skipped: [String: Int]
      let latency: Latency?
    }
    let type: String
    let duration: Double?
    let wall: Double?
    let peakMemory: Double?
    let models: [String: Model]?
  }

  /// Within so many bytes of the end lies the summary.
  private static let summaryBytes: UInt64 = 4 << 20

  /// Reads the summary, the last of a session's records.
  init(records path: URL) throws(PipelineError) {
    let data: Data
    do {
      // All records may be more than fits the memory.
      let file = try FileHandle(forReadingFrom: path)
      defer { try? file.close() }
      let end = try file.seekToEnd()
      try file.seek(toOffset: end - min(end, Self.summaryBytes))
      data = try file.readToEnd() ?? Data()
    } catch {
      throw PipelineError(
        .outputFailed, "the session's records cannot be read", location: path.path,
        remedy: "Make room in the temporary folder, or set TMPDIR to another", cause: error.localizedDescription)
    }
    guard let last = data.split(separator: UInt8(ascii: "\n")).last,
      let summary = try? JSONDecoder().decode(Summary.self, from: Data(last)), summary.type == "summary"
    else {
      throw PipelineError(
        .outputFailed, "the session wrote no summary", location: path.path,
        remedy: "Make room in the temporary folder, or set TMPDIR to another")
    }
    (duration, wall) = (summary.duration ?? 0, summary.wall ?? 0)
    peakMemory = summary.peakMemory ?? 0
    models = (summary.models ?? [:]).sorted { $0.key < $1.key }.map { id, model in
      Model(
        id: id, offered: model.offered, results: model.results, missed: model.missed,
        skipped: model.skipped.filter { $0.value > 0 }, inference: model.latency?.inference,
        total: model.latency?.total)
    }
  }
}
