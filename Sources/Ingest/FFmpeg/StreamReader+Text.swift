import BraidCore
import CFFmpeg

extension StreamReader {
  /// Decodes the next text. A text without a stamp, or with one before the last, takes the last one's; that is counted.
  func decodeText() -> StreamDecoder.Step {
    while true {
      let result = decoder.receiveText()
      guard result.step == .frame else { return result.step }
      while textBoundsTaken < decoder.textPacketsTaken, !textBounds.isEmpty {
        textBoundsTaken += 1
        loss.raise(textBounds.removeFirst(), reason: .starved)
      }
      var time = counters.lastTime ?? .zero
      if let stamp = result.stamp {
        let start = self.time(stamp) + .milliseconds(result.milliseconds.start)
        if let last = counters.lastTime, start < last { counters.stampsBackward += 1 } else { time = start }
      } else {
        counters.stampsMissing += 1
      }
      var duration = MediaDuration(nanoseconds: timeBase.nanoseconds(max(0, result.duration)))
      let (start, end) = result.milliseconds
      // FFmpeg's largest value stands for "until the next".
      if duration == .zero, end > start, end < Int64(UInt32.max) { duration = .milliseconds(end - start) }
      if let start = window.start, time < start { continue }
      if let end = window.end, time >= end { return .ended }
      countFrame(at: time, until: time + duration)
      if time < loss.bound {
        loss.count(at: time, frames: 1, samples: 0)
        counters.framesLostInGaps += 1
        continue
      }
      if let gap = loss.takeGap(until: time, epoch: &epoch) { put(gap) }
      outbox.append(
        .text(TextSegment(time: time, duration: duration, captured: nil, epoch: epoch, text: result.text)))
      return .frame
    }
  }
}
