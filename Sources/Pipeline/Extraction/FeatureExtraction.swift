public import BraidCore
internal import BraidFeatures

/// Features of many inputs, each read by itself to its end, as JSON Lines, arrays or CSV.
///
/// A file is in its place only when it is whole. An input that fails does not stop the others.
public final class FeatureExtraction: Sendable {
  /// What the extraction tells: for people.
  public struct Observer: Sendable {
    /// Something worth knowing.
    public var note: @Sendable (String) -> Void
    /// Something that went wrong.
    public var error: @Sendable (any DescribedError) -> Void
    /// How far an input has come, and how many have ended.
    public var progress: (@Sendable (_ input: String, Session.Progress, _ ended: Int) -> Void)?

    /// An observer that calls these, from any thread.
    public init(
      note: @escaping @Sendable (String) -> Void, error: @escaping @Sendable (any DescribedError) -> Void,
      progress: (@Sendable (String, Session.Progress, Int) -> Void)?
    ) {
      self.note = note
      self.error = error
      self.progress = progress
    }
  }

  private struct State {
    var next = 0
    var running: [Int: Session] = [:]
    var statuses: [ExitStatus] = []
    var requested: ExitStatus?
  }

  private let configuration: ExtractionConfiguration
  private let observer: Observer
  private let state = Guarded(State())

  /// An extraction that has not begun.
  public init(_ configuration: ExtractionConfiguration, observer: Observer) {
    self.configuration = configuration
    self.observer = observer
  }

  /// Ends the extraction soon, with this status. From any thread.
  public func interrupt(_ status: ExitStatus) {
    let running = state.withLock { state in
      if state.requested == nil { state.requested = status }
      return state.running.values
    }
    for session in running { session.interrupt(status) }
  }

  /// Reads all inputs; blocks the calling thread.
  ///
  /// - Returns: how it ended: the status of the first input that failed, in the order in which they ended.
  public func run() -> ExitStatus {
    do {
      switch try configuration.place() {
      case .standardOutput: extract(into: .standardOutput())
      case .file(let path) where configuration.effectiveFormat == .jsonl: extract(into: try .file(path))
      case .file(let path):
        let format = rowFormat
        extract { _ in RowFiles(format) { _ throws(PipelineError) in try RowFile(path) } }
      case .folder(let folder):
        try FilePath.makeFolder(folder)
        extractInto(folder)
      }
    } catch let error as any DescribedError {
      observer.error(error)
      return (error as? PipelineError)?.code == .outputFailed ? .output : .usage
    } catch {
      return .usage
    }
    return state.withLock { $0.requested ?? $0.statuses.first { $0 != .done } ?? .done }
  }

  private var rowFormat: RowFiles.Format { configuration.effectiveFormat == .npy ? .npy : .csv }

  /// All inputs, one after the other, into one place.
  private func extract(into sink: RecordSink) {
    if configuration.effectiveFormat == .csv {
      extract { _ in RowFiles(.csv) { _ in sink } }
    } else {
      var lines: RowLines?
      let isShared = configuration.inputs.count > 1
      extract { input in
        let receiver = RowLines(to: sink, input: isShared ? input : nil, seq: lines?.nextSeq ?? 0)
        lines = receiver
        return receiver
      }
    }
    sink.finish()
    // What failed before has been told.
    guard case .failed(let error) = sink.condition else { return }
    let isNew = state.withLock { state in
      defer { state.statuses.append(.output) }
      return !state.statuses.contains(.output)
    }
    if isNew { observer.error(error) }
  }

  /// All inputs, some at a time, each into files of its own.
  private func extractInto(_ folder: String) {
    let format = rowFormat
    let isLines = configuration.effectiveFormat == .jsonl
    let make: @Sendable (String) throws(PipelineError) -> any RowReceiver = { input throws(PipelineError) in
      let start = "\(folder)/\(FilePath.stem(input))"
      if isLines { return RowLines(to: try RowFile("\(start).jsonl")) }
      let ending = format == .npy ? "npy" : "csv"
      return RowFiles(format) { feature throws(PipelineError) in
        try RowFile("\(start).\(FilePath.escaped(feature.name)).\(ending)")
      }
    }
    let others = (1..<max(1, min(configuration.jobs, configuration.inputs.count))).map { number in
      DedicatedThread(name: "braid-job-\(number)") { self.extract(make) }
    }
    extract(make)
    for thread in others { thread.join() }
  }

  /// Takes inputs until there is none left.
  private func extract(_ make: (String) throws(PipelineError) -> any RowReceiver) {
    while true {
      let place = state.withLock { state -> Int? in
        guard state.requested == nil, state.next < configuration.inputs.count else { return nil }
        defer { state.next += 1 }
        return state.next
      }
      guard let place else { return }
      let input = configuration.inputs[place]
      let status: ExitStatus
      do throws(PipelineError) {
        status = extract(input, place: place, to: try make(input))
      } catch {
        observer.error(error)
        status = .output
      }
      state.withLock { $0.statuses.append(status) }
    }
  }

  private func extract(_ input: String, place: Int, to receiver: any RowReceiver) -> ExitStatus {
    var session = SessionConfiguration(inputs: [input])
    session.inputOptions = configuration.inputOptions
    session.models = .named([])
    session.features = .named(configuration.features)
    session.isDeterministic = true
    session.takesWholeClips = true
    let (observer, state, name) = (observer, state, configuration.inputs.count > 1 ? "\(input): " : "")
    let running = Session(
      session,
      observer: Session.Observer(
        note: { observer.note(name + $0) }, error: observer.error,
        progress: observer.progress.map { tell in
          { @Sendable progress in tell(input, progress, state.withLock { $0.statuses.count }) }
        }))
    let isWanted = state.withLock { state in
      state.running[place] = running
      return state.requested == nil
    }
    defer { state.withLock { $0.running[place] = nil } }
    guard isWanted else { return .done }
    let status = running.run(to: receiver)
    if let files = receiver as? RowFiles {
      for gap in files.gaps {
        observer.note(
          "\(input): \(gap.stream): \(gap.gap.duration.seconds) s are missing at \(gap.gap.time.seconds) s; "
            + "the rows go on behind each other")
      }
    }
    // A reader that has gone, or a disk that is full, ends it all.
    if receiver.condition != .open { state.withLock { $0.next = configuration.inputs.count } }
    return status
  }
}
