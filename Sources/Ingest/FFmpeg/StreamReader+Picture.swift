import BraidCore
import CFFmpeg

extension StreamReader {
  /// Decodes pictures until one is to be given out.
  func decodePicture() -> StreamDecoder.Step {
    while true {
      let owner = pictures.take()
      guard let frame = unsafe owner.frame else { return .ended }
      unsafe av_frame_unref(frame)
      let step = unsafe decoder.receive(into: frame)
      guard step == .frame else { return step }
      picturesDecoded += 1
      applyStarvation()
      let (time, duration) = unsafe stampPicture(frame)
      if let start = window.start, time < start { continue }
      if let end = window.end, time >= end { return .ended }
      countFrame(at: time, until: time + duration, isKey: unsafe frame.pointee.key_frame != 0)
      guard unsafe noteSize(frame) else {
        counters.decodeErrors += 1
        continue
      }
      if time < loss.bound {
        loss.count(at: time, frames: 1, samples: 0)
        counters.framesLostInGaps += 1
        continue
      }
      if let gap = loss.takeGap(until: time, epoch: &epoch) { put(gap) }
      outbox.append(
        .video(
          unsafe VideoFrame(
            frame, owner, time: time, duration: duration, epoch: epoch, number: picturesDecoded - 1, &pictureFormats)))
      return .frame
    }
  }

  /// The picture's time and length.
  ///
  /// A picture without a stamp follows the one before by that one's length (by one tick where that is unknown); a stamp that is
  /// not after the one before becomes one nanosecond more. Both are counted.
  func stampPicture(_ frame: UnsafeMutablePointer<AVFrame>) -> (time: MediaTime, duration: MediaDuration) {
    let ticks = unsafe frame.pointee.pkt_duration
    let duration = ticks > 0 ? MediaDuration(nanoseconds: timeBase.nanoseconds(ticks)) : nominalFrame
    defer { lastDuration = duration }
    let stamp = unsafe FFmpegCall.stamp(frame.pointee.best_effort_timestamp)
    guard let last = lastPictureTime else {
      if stamp == nil { counters.stampsMissing += 1 }
      let time = stamp.map(time(_:)) ?? window.start ?? .zero
      lastPictureTime = time
      return (time, duration)
    }
    var time: MediaTime
    if let stamp {
      time = self.time(stamp)
      if time <= last {
        counters.stampsBackward += 1
        time = last + MediaDuration(nanoseconds: 1)
      }
    } else {
      counters.stampsMissing += 1
      time = last + (lastDuration > .zero ? lastDuration : timeBase.tick)
    }
    lastPictureTime = time
    return (time, duration)
  }

  /// Remembers the picture's size and counts its changes. False for a picture of no size.
  private func noteSize(_ frame: UnsafeMutablePointer<AVFrame>) -> Bool {
    let (width, height) = unsafe (frame.pointee.width, frame.pointee.height)
    guard width > 0, height > 0, unsafe frame.pointee.data.0 != nil else { return false }
    if let size = pictureSize, size != (width, height) { counters.formatChanges += 1 }
    pictureSize = (width, height)
    return true
  }
}
