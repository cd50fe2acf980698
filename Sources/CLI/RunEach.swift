import BraidCore
import BraidIngest
import BraidPipeline
import Glibc

/// `braid run --each`: many files, a session and a result each, in processes side by side (docs/design/0021).
///
/// For the program's first thread, before there is any other.
struct RunEach {
  /// What every file is run with; its inputs and its output are those of the file.
  let configuration: SessionConfiguration
  let files: [BatchFile]
  /// Where results go.
  let folder: String
  /// How many sessions run at a time.
  let jobs: Int
  let isQuiet: Bool
  /// How long after an interruption the reader of standard output is waited for.
  private static let endingTime = MediaDuration.seconds(2)
  private let journal: BatchJournal
  private let clock = MonotonicClock()
  private var output: JobOutput
  private var progress: JobProgress
  private var job: JobRecord
  private var workers: [EachWorker] = []
  private var failures: [FileRecord] = []
  /// What the job was asked to end with, and when.
  private var interruption: (status: ExitStatus, at: HostTime)?
  /// What went wrong with the job itself.
  private var fault: ExitStatus?

  /// Finds the files and opens the job's journal.
  ///
  /// - Throws: ``PipelineError`` for what cannot be a job, before anything is written.
  init(_ pipeline: Pipeline, jobs: Int, resumes: Bool, isQuiet: Bool) throws {
    try Self.check(pipeline.configuration)
    let folder = pipeline.configuration.output
    files = try BatchFiles.find(pipeline.configuration.inputs)
    try BatchFiles.checkResults(of: files, in: folder)
    journal = try BatchJournal(folder: folder, configuration: pipeline.fingerprint(), resumes: resumes)
    var configuration = pipeline.configuration
    configuration.threads = max(1, configuration.threads / jobs)
    if configuration.inputOptions.decoderThreads == 0, jobs > 1 {
      configuration.inputOptions.decoderThreads = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) / jobs)
    }
    (self.configuration, self.folder, self.jobs, self.isQuiet) = (configuration, folder, jobs, isQuiet)
    output = JobOutput(isInOrder: configuration.isDeterministic)
    progress = JobProgress(files, now: clock.now)
    job = JobRecord(files: files.count)
    if journal.outdatedCount > 0, !isQuiet {
      let changes = journal.changes.isEmpty ? "" : " (now \(journal.changes.prefix(3).joined(separator: ", ")))"
      StandardError.note(
        "\(journal.outdatedCount) results were made with other settings\(changes) and are made anew")
    }
  }

  /// Refuses what several sessions cannot have together.
  private static func check(_ configuration: SessionConfiguration) throws(PipelineError) {
    guard configuration.output != "-" else {
      throw PipelineError(
        .configuration, "--each needs --output: the folder that the results go to", location: "--each",
        remedy: "Give --output DIR")
    }
    let own = [
      (configuration.recording, "--record"), (configuration.trace, "--trace"),
      (configuration.explanation, "--explain-skips"),
      (configuration.sinks.first { $0.kind.isFile || $0.kind == .fifo || $0.kind == .unix }?.id, "--sink"),
    ]
    for (value, option) in own where value != nil {
      throw PipelineError(
        .configuration, "\(option) is for one session, and --each runs many", location: option,
        remedy: "Leave it out, or run the file without --each")
    }
  }

  /// Runs the job to its end.
  mutating func run() -> ExitStatus {
    let begun = clock.now
    let signals = SignalPipe()
    var next = 0
    while !workers.isEmpty || (next < files.count && !isEnding) {
      while workers.count < jobs, next < files.count, !isEnding {
        begin(next)
        next += 1
      }
      guard !workers.isEmpty else { continue }
      wait(signals)
      if StandardError.isTerminal, !isQuiet { progress.show(job, workers, now: clock.now) }
    }
    if !configuration.isDeterministic { job.wall = clock.now - begun }
    StandardError.clearProgress()
    output.write(job)
    drain(signals)
    tell()
    if let interruption { return interruption.status }
    return fault ?? output.fault ?? (job.failed > 0 ? .files : .done)
  }

  private var isEnding: Bool { interruption != nil || fault != nil }

  /// Begins a file, unless its result is there already.
  private mutating func begin(_ place: Int) {
    let file = files[place]
    let result = "\(folder)/\(file.result)"
    if let entry = journal.complete(file) {
      var record = FileRecord(file: file.path, output: result, status: .skipped, duration: entry.duration)
      (record.results, record.events, record.errors) = (entry.results, entry.events, entry.errors)
      progress.leaveOut(file)
      return end(record, place)
    }
    var configuration = configuration
    configuration.inputs = [file.path]
    configuration.output = result + BatchFile.partialSuffix
    do throws(PipelineError) {
      try file.prepare(in: folder)
    } catch {
      return end(failed(file, by: ErrorRecord(error: error, isFatal: true), status: .output), place)
    }
    guard let worker = EachWorker(place: place, configuration, now: clock.now) else {
      let record = ErrorRecord(
        code: "no-process", message: "no process can be started (\(unsafe String(cString: strerror(errno))))",
        location: file.path, remedy: "Give fewer --jobs, or raise the limit on processes")
      return end(failed(file, by: record, status: .usage), place)
    }
    workers.append(worker)
  }

  private func failed(_ file: BatchFile, by failure: ErrorRecord, status: ExitStatus) -> FileRecord {
    var record = FileRecord(
      file: file.path, output: "\(folder)/\(file.result)" + BatchFile.partialSuffix, status: .failed)
    record.failure = failure
    record.exit = Int(status.code)
    return record
  }

  /// Waits for what comes next of any process, and for signals.
  private mutating func wait(_ signals: SignalPipe?) {
    var descriptors = workers.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    // A negative one is passed over.
    descriptors.append(pollfd(fd: signals?.descriptor ?? -1, events: Int16(POLLIN), revents: 0))
    descriptors.append(pollfd(fd: output.isPending ? STDOUT_FILENO : -1, events: Int16(POLLOUT), revents: 0))
    guard unsafe poll(&descriptors, nfds_t(descriptors.count), 500) > 0 else { return }
    if descriptors[workers.count].revents != 0, let status = signals?.next() { interrupt(status) }
    if descriptors[workers.count + 1].revents != 0 { output.flush() }
    for index in workers.indices.reversed() where descriptors[index].revents != 0 && !workers[index].read() {
      finish(workers.remove(at: index))
    }
  }

  /// Waits for whoever reads standard output: as long as it takes, and where the job is interrupted, up to ``endingTime``.
  private mutating func drain(_ signals: SignalPipe?) {
    output.flush()
    while output.isPending {
      if let interruption, clock.now >= interruption.at + Self.endingTime { return output.close() }
      var descriptors = [
        pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0),
        pollfd(fd: signals?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
      ]
      guard unsafe poll(&descriptors, nfds_t(descriptors.count), 100) > 0 else { continue }
      if descriptors[0].revents != 0 { output.flush() }
      if descriptors[1].revents != 0, let status = signals?.next() { interrupt(status) }
    }
  }

  /// The first signal asks every session to end, a later one ends them at once.
  private mutating func interrupt(_ status: ExitStatus) {
    var number = status == .terminated ? SIGTERM : SIGINT
    if let interruption {
      // What comes at once after the first is the same request, sent to a process and its group.
      guard clock.now - interruption.at >= .milliseconds(500) else { return }
      number = SIGKILL
    } else {
      interruption = (status, clock.now)
    }
    for worker in workers { kill(worker.process, number) }
  }

  /// Takes what a session has left.
  private mutating func finish(_ worker: EachWorker) {
    let file = files[worker.place]
    let status = worker.wait()
    let totals = worker.report.totals
    let result = "\(folder)/\(file.result)"
    var record = FileRecord(
      file: file.path, output: result + BatchFile.partialSuffix, status: .failed,
      duration: totals?.duration ?? worker.report.position ?? .zero)
    record.exit = Int(status)
    if !configuration.isDeterministic { record.wall = clock.now - worker.started }
    (record.results, record.events, record.errors) = (totals?.results ?? 0, totals?.events ?? 0, totals?.errors ?? 0)
    if status == 0, totals != nil {
      do throws(PipelineError) {
        try file.complete(in: folder)
        (record.status, record.output) = (.done, result)
        try journal.add(
          BatchJournal.Entry(
            file: file, duration: record.duration, results: record.results, events: record.events,
            errors: record.errors))
      } catch {
        StandardError.fail(error)
        fault = .output
        record.failure = ErrorRecord(error: error, isFatal: true)
      }
    } else if interruption != nil, [130, 143, 128 + SIGKILL].contains(status) {
      record.status = .interrupted
    } else if let failure = worker.report.failure {
      record.failure = ErrorRecord(
        code: failure.code, message: failure.message, location: failure.location, remedy: failure.remedy)
    } else {
      record.failure = Self.crash(status, file)
    }
    progress.end(file, record)
    end(record, worker.place)
  }

  private static func crash(_ status: Int32, _ file: BatchFile) -> ErrorRecord {
    let signal = status - 128
    let name = signal > 0 ? unsafe strsignal(signal).map { unsafe String(cString: $0) } ?? "\(signal)" : ""
    let what = signal > 0 ? "its process was ended by signal \(signal) (\(name))" : "its process ended with \(status)"
    return ErrorRecord(
      code: "crashed", message: what, location: file.path,
      remedy: signal == SIGKILL
        ? "Where memory ran out, give fewer --jobs"
        : "Run it alone to see more, and report it if it is a fault of Braid")
  }

  private mutating func end(_ record: FileRecord, _ place: Int) {
    job.count(record)
    if record.status == .failed { failures.append(record) }
    StandardError.clearProgress()
    output.write(record, place: place)
  }

  /// What is left to say to people: how much was done, what failed and why.
  private func tell() {
    if !failures.isEmpty {
      StandardError.write("braid: \(failures.count) of \(files.count) files failed:")
      let width = min(48, failures.map(\.file.count).max() ?? 0)
      for record in failures {
        let padding = String(repeating: " ", count: max(0, width - record.file.count))
        var why = record.failure?.message ?? ""
        if let remedy = record.failure?.remedy, !remedy.isEmpty { why += ". \(remedy)" }
        StandardError.write("  \(record.file)\(padding)  exit \(record.exit ?? 0)  \(why)")
      }
    }
    if !isQuiet { StandardError.write("braid: \(JobProgress.line(job))") }
    if job.left > 0 {
      StandardError.write("braid: \(job.left) of \(files.count) files are left; --resume goes on with them")
    }
  }
}
