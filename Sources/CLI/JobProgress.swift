import BraidCore
import BraidPipeline

/// How far a job has come, for people.
struct JobProgress {
  private let started: HostTime
  private var nextLine: HostTime
  /// Bytes of the files that are to be run, and of those that have ended. How long files take is not known before they are
  /// opened; their bytes are.
  private var bytes: Double
  private var endedBytes = 0.0
  private let bytesByPlace: [Double]

  init(_ files: [BatchFile], now: HostTime) {
    (started, nextLine) = (now, now)
    bytesByPlace = files.map { Double($0.bytes) }
    bytes = bytesByPlace.reduce(0, +)
  }

  /// A file that is not run.
  mutating func leaveOut(_ file: BatchFile) { bytes -= Double(file.bytes) }

  /// A file that has ended.
  mutating func end(_ file: BatchFile, _ record: FileRecord) { endedBytes += Double(file.bytes) }

  /// Writes the line, a few times a second at most.
  mutating func show(_ job: JobRecord, _ workers: [EachWorker], now: HostTime) {
    guard now >= nextLine else { return }
    nextLine = now + .milliseconds(200)
    var covered = job.duration
    var doneBytes = endedBytes
    for worker in workers {
      guard let position = worker.report.position else { continue }
      covered = covered + position
      if let length = worker.report.length, length > .zero {
        doneBytes += bytesByPlace[worker.place] * min(1, position.seconds / length.seconds)
      }
    }
    let wall = now - started
    var current = job
    (current.duration, current.wall) = (covered, wall)
    var text = Self.line(current)
    if doneBytes > 0, bytes > doneBytes, wall > .seconds(2) {
      let rest = wall.seconds * (bytes / doneBytes - 1)
      text += " · \(Run.clock(rest)) left"
    }
    StandardError.writeProgress(text)
  }

  /// What has been done so far.
  static func line(_ job: JobRecord) -> String {
    var parts = ["\(job.done) done"]
    if job.failed > 0 { parts.append("\(job.failed) failed") }
    if job.skipped > 0 { parts.append("\(job.skipped) complete before") }
    if job.left > 0 { parts.append("\(job.left) left") }
    var text = parts.joined(separator: ", ") + " of \(job.files) files · \(Run.clock(job.duration.seconds))"
    if let wall = job.wall, wall > .zero {
      let speed = job.duration.seconds / wall.seconds
      text += " in \(Run.clock(wall.seconds)) · \((speed * 10).rounded() / 10)× real time"
    }
    return text
  }
}
