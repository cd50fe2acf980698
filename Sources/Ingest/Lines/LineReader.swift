import BraidCore
import Glibc

/// Lines out of a file, a FIFO, a terminal or standard input, with a bound on their length and on how long they are waited for.
///
/// Lines end with a newline, before which a carriage return is left out; a byte order mark of UTF-8 at the beginning too.
/// What comes as it happens is polled beside a descriptor that another thread makes readable, so that waiting ends at once.
/// For one thread at a time. Allocates: no, once a line of the present length has come.
final class LineReader: @unchecked Sendable {
  // SAFETY: used by one thread at a time: the opener's until the input's thread starts, then that one alone.

  /// What waiting for a line came to.
  enum Step: Equatable {
    /// ``line`` is the next line.
    case line
    /// A line longer than the limit was passed over.
    case tooLong
    /// Nothing came in time, or another thread asked to look around.
    case nothing
    /// There are no more lines.
    case ended
    /// Reading failed, with this `errno`.
    case failed(Int32)
  }

  private static let blockBytes = 1 << 16
  private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

  /// Whether lines come as they happen and cannot be read again.
  let isLive: Bool
  /// Made readable to end a wait.
  let wake: WakeDescriptor
  /// The newest line, without its end.
  private(set) var line: [UInt8] = []
  /// The number of the newest line, from 1.
  private(set) var number = 0
  /// Whether the newest line was the last and had no end.
  private(set) var isUnterminated = false

  private let descriptor: Int32
  private let longest: Int
  private let stopping: InputInterruption
  private var block = [UInt8](repeating: 0, count: blockBytes)
  private var unread = 0..<0
  private var isSkipping = false
  /// Whether ``line`` holds the beginning of a line whose end has not come.
  private var isPartial = false
  private var isAtEnd = false
  private var isRepeated = false

  /// Takes over the descriptor and closes it in the end.
  init(_ descriptor: Int32, isLive: Bool, longest: Int, wake: WakeDescriptor, stopping: InputInterruption) {
    self.descriptor = descriptor
    self.isLive = isLive
    self.longest = longest
    self.wake = wake
    self.stopping = stopping
    line.reserveCapacity(min(longest, 4096))
  }

  deinit { close(descriptor) }

  /// Makes the next call of ``next(waiting:)`` give the newest line again.
  func putBack() { isRepeated = true }

  /// The next line, waited for at most as long as said; nil waits for ever. A file's is there at once.
  func next(waiting limit: MediaDuration?) -> Step {
    if isRepeated {
      isRepeated = false
      return .line
    }
    if !isSkipping, !isPartial { line.removeAll(keepingCapacity: true) }
    var hasRead = false
    while true {
      if let step = takeLine() { return step }
      if isAtEnd { return end() }
      // A line without an end that comes faster than it is passed over must not keep the caller from the time.
      if isLive, isSkipping, hasRead { return .nothing }
      if stopping.isInterrupted { return .nothing }
      if isLive, !isReadable(limit) { return .nothing }
      let count = unsafe block.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
      hasRead = true
      if count > 0 {
        unread = 0..<count
      } else if count == 0 {
        isAtEnd = true
      } else if errno == EAGAIN {
        return .nothing
      } else if errno != EINTR {
        return .failed(errno)
      }
    }
  }

  /// Moves bytes up to the next line's end into ``line``; nil where its end has not been read.
  private func takeLine() -> Step? {
    guard !unread.isEmpty else { return nil }
    let newline = block[unread].firstIndex(of: UInt8(ascii: "\n"))
    let end = newline ?? unread.upperBound
    if !isSkipping {
      if line.count + (end - unread.lowerBound) > longest {
        isSkipping = true
        line.removeAll(keepingCapacity: true)
      } else {
        line.append(contentsOf: block[unread.lowerBound..<end])
      }
    }
    isPartial = newline == nil
    unread = min(end + 1, unread.upperBound)..<unread.upperBound
    guard newline != nil else { return nil }
    return finishLine()
  }

  private func finishLine() -> Step {
    number += 1
    isPartial = false
    if isSkipping {
      isSkipping = false
      return .tooLong
    }
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    if number == 1, line.starts(with: Self.byteOrderMark) { line.removeFirst(Self.byteOrderMark.count) }
    return .line
  }

  private func end() -> Step {
    guard isPartial else { return .ended }
    isUnterminated = true
    return finishLine()
  }

  /// Waits until there is something to read, or the end. A FIFO to which nobody has written yet has neither.
  private func isReadable(_ limit: MediaDuration?) -> Bool {
    let milliseconds = limit.map { Int32(clamping: max(0, ($0.nanoseconds + 999_999) / 1_000_000)) } ?? -1
    return unsafe withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 2) { entries in
      unsafe entries[0] = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      unsafe entries[1] = pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(entries.baseAddress, 2, milliseconds) > 0 else { return false }
      if unsafe entries[1].revents != 0 {
        wake.clear()
        return false
      }
      return unsafe entries[0].revents != 0
    }
  }
}
