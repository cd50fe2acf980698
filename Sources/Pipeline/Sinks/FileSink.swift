internal import BraidCore
internal import Glibc

/// Writes items into a file, whole ones, and begins a new file when one is full.
///
/// The file that is written has the target's name always. When it is full it gets the next number, `NAME.1`, `NAME.2` and so on,
/// higher for later, by a rename: who follows the name sees the next file, who has the file open sees its end. Numbers go on
/// behind those that are there, and what an earlier session left under the name gets one too.
final class FileSink: SinkWriter {
  /// When a file is full.
  struct Rotation {
    /// From this size.
    var bytes: Int?
    /// When media time passes a multiple of this.
    var every: MediaDuration?
    /// How many full files are kept; nil for all.
    var keep: Int?
  }

  /// The tag of an item that has no time.
  static let untimed = Int64.min

  let fill = SinkFill()
  private let path: String
  private let rotation: Rotation?
  private var descriptor: Int32 = -1
  private var size = 0
  /// The multiple of the interval that the file's items lie in.
  private var period: Int64?
  /// The numbers of the full files, in order.
  private var numbers: [Int] = []

  /// Makes the file, or empties it.
  ///
  /// - Throws: ``PipelineError/Code/outputFailed``.
  init(path: String, rotation: Rotation?) throws(PipelineError) {
    self.path = path
    self.rotation = rotation
    var status = stat()
    let exists = unsafe stat(path, &status) == 0
    if rotation != nil {
      if exists, status.st_mode & S_IFMT != S_IFREG {
        throw PipelineError(
          .outputFailed, "only a regular file can be rotated", location: path, remedy: "Leave out 'rotate'")
      }
      numbers = Self.numbers(of: path)
      if exists, status.st_size > 0 { try putAway() }
    }
    try open()
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  func write(_ batch: SinkBatch, for channel: SinkChannel) throws(PipelineError) {
    var first = 0
    while first < batch.count {
      if isFull(before: first, of: batch, at: size) {
        try endFile()
        try putAway()
        try open()
      }
      var end = first
      var reached = size
      repeat {
        note(batch.tags[end])
        reached += batch.ends[end] - batch.start(of: end)
        end += 1
      } while end < batch.count && !isFull(before: end, of: batch, at: reached)
      try write(batch, from: first, to: end, for: channel)
      first = end
    }
  }

  func finish(_ channel: SinkChannel) throws(PipelineError) {
    try endFile()
  }

  // MARK: Rotation

  private func isFull(before item: Int, of batch: SinkBatch, at size: Int) -> Bool {
    guard let rotation, size > 0 else { return false }
    if let most = rotation.bytes, size + batch.ends[item] - batch.start(of: item) > most { return true }
    guard let next = period(of: batch.tags[item]), let period else { return false }
    return next > period
  }

  private func period(of tag: Int64) -> Int64? {
    guard let every = rotation?.every, tag != Self.untimed else { return nil }
    return max(0, tag) / every.nanoseconds
  }

  private func note(_ tag: Int64) {
    if let next = period(of: tag) { period = max(period ?? next, next) }
  }

  /// Gives the file that is full the next number, and removes those that are too many.
  private func putAway() throws(PipelineError) {
    var number = (numbers.last ?? 0) + 1
    // Nothing that has come there meanwhile is written over.
    while unsafe access("\(path).\(number)", F_OK) == 0 { number += 1 }
    guard unsafe rename(path, "\(path).\(number)") == 0 else { throw failure("cannot be renamed to \(path).\(number)") }
    numbers.append(number)
    guard let keep = rotation?.keep else { return }
    while numbers.count > keep {
      guard unsafe unlink("\(path).\(numbers[0])") == 0 || errno == ENOENT else {
        throw failure("leaves \(path).\(numbers[0]), which cannot be removed")
      }
      numbers.removeFirst()
    }
  }

  /// The numbers behind the names of the files beside `path`, in order.
  private static func numbers(of path: String) -> [Int] {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    guard let entries = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(entries) }
    var numbers: [Int] = []
    while let entry = unsafe readdir(entries) {
      let other = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      guard other.hasPrefix(name + ".") else { continue }
      let digits = other.dropFirst(name.count + 1)
      if let number = Int(digits), number > 0, number < 1_000_000_000_000_000, String(number) == digits {
        numbers.append(number)
      }
    }
    return numbers.sorted()
  }

  // MARK: The file

  private func open() throws(PipelineError) {
    descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    size = 0
    period = nil
    guard descriptor >= 0 else { throw failure("cannot be opened for writing") }
  }

  private func endFile() throws(PipelineError) {
    guard descriptor >= 0 else { return }
    let isKept = fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS
    let isClosed = close(descriptor) == 0
    descriptor = -1
    if !isKept || !isClosed { throw failure("could not be written") }
  }

  private func write(_ batch: SinkBatch, from first: Int, to end: Int, for channel: SinkChannel) throws(PipelineError) {
    let start = batch.start(of: first)
    let length = batch.ends[end - 1] - start
    var written = 0
    while written < length {
      let count = unsafe batch.bytes.withUnsafeBytes { bytes in
        unsafe Glibc.write(descriptor, bytes.baseAddress?.advanced(by: start + written), length - written)
      }
      if count > 0 {
        written += count
      } else if errno != EINTR {
        let error = errno
        let whole = (first..<end).last { batch.ends[$0] - start <= written }.map {
          (items: $0 + 1 - first, bytes: batch.ends[$0] - start)
        }
        // Only whole items stay.
        _ = ftruncate(descriptor, off_t(size + (whole?.bytes ?? 0)))
        channel.wrote(whole?.items ?? 0, bytes: whole?.bytes ?? 0)
        errno = error
        throw failure("cannot be written")
      }
    }
    size += length
    channel.wrote(end - first, bytes: length)
  }

  private func failure(_ what: String) -> PipelineError {
    let error = errno
    return PipelineError(
      .outputFailed, "the file \(what)", location: path,
      remedy: error == ENOSPC || error == EDQUOT
        ? "Make room on the disk, or write elsewhere" : "Choose a path in a folder that exists and that you may write",
      cause: unsafe String(cString: strerror(error)))
  }
}
