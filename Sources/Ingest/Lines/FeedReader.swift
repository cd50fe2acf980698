import BraidCore
import Glibc

/// Lines turned into readings, with what is wrong with them counted: what a feed's opening and its thread have in common.
///
/// For one thread at a time: the opener's until the input's thread starts, then that one alone.
final class FeedReader: @unchecked Sendable {
  // SAFETY: used by one thread at a time, as said above; the meter is behind a lock.

  /// What reading on came to.
  enum Step {
    /// A line with a reading, which on files has a stamp.
    case reading(FeedReading)
    /// A line without one: empty, a table's head, or at fault.
    case other
    /// Nothing came in time, or another thread asked to look around.
    case nothing
    /// There is no more, or reading has failed.
    case ended
  }

  let location: FeedLocation
  let lines: LineReader
  let meter: FeedMeter
  private(set) var parser: any LineParser

  init(_ location: FeedLocation, _ lines: LineReader) {
    self.location = location
    self.lines = lines
    meter = FeedMeter(location: location.path)
    parser = location.kind == .text ? TextLineParser(location) : SensorLineParser(location)
  }

  /// The next line's reading.
  func next(waiting limit: MediaDuration?) -> Step {
    switch lines.next(waiting: limit) {
    case .nothing: return .nothing
    case .ended: return .ended
    case .tooLong:
      count(LineFault(.length, "the line is longer than the limit"))
      return .other
    case .failed(let reason):
      meter.fail(
        IngestError(
          lines.isLive ? .lost : .readFailed, "reading stopped before the end", location: location.uri,
          remedy: "Check the device or the disk; what came before was taken.",
          cause: unsafe String(cString: strerror(reason)))
      )
      return .ended
    case .line:
      do throws(LineFault) {
        guard let reading = try parse() else { return .other }
        return .reading(reading)
      } catch {
        count(error)
        return .other
      }
    }
  }

  /// Counts a fault of the newest line. One of the layout ends the input.
  func count(_ fault: LineFault) {
    guard fault.kind == .layout else { return meter.count(fault, line: lines.number) }
    meter.fail(
      IngestError(
        .unusable, fault.message, location: "\(location.path):\(lines.number)", remedy: fault.kind.remedy))
  }

  private func parse() throws(LineFault) -> FeedReading? {
    do throws(LineFault) {
      let reading = try parser.parse(lines.line, isWhole: !(lines.isLive && lines.isUnterminated))
      guard let reading, reading.stamp == nil, !lines.isLive else { return reading }
      let rule = StampRule(location)
      throw LineFault(parser.format == "csv" ? .layout : .time, "there is no stamp: nothing is called \(rule.text)")
    } catch {
      // Half a line is at fault for that alone.
      guard lines.isUnterminated, error.kind == .syntax else { throw error }
      throw LineFault(.unfinished, "the last line was cut off: \(error.message)")
    }
  }
}
