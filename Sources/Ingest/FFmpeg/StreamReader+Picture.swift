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
      outbox.append(.video(unsafe makeFrame(frame, owner, time, duration)))
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

  private func makeFrame(
    _ frame: UnsafeMutablePointer<AVFrame>, _ owner: FrameOwner, _ time: MediaTime, _ duration: MediaDuration
  ) -> VideoFrame {
    let (code, range) = unsafe (frame.pointee.format, frame.pointee.color_range)
    let format: PixelFormat
    if let known = pictureFormat, known.code == code, known.range == Int32(bitPattern: range.rawValue) {
      format = known.value
    } else {
      format = PixelFormat(code: code, range: range)
      pictureFormat = (code, Int32(bitPattern: range.rawValue), format)
    }
    let (data, line) = unsafe (frame.pointee.data, frame.pointee.linesize)
    func plane(_ base: UnsafeMutablePointer<UInt8>?, _ stride: Int32) -> VideoFrame.Plane {
      unsafe VideoFrame.Plane(base: UnsafeRawPointer(base), stride: Int(stride))
    }
    return unsafe VideoFrame(
      time: time, duration: duration, captured: nil, epoch: epoch, width: Int(frame.pointee.width),
      height: Int(frame.pointee.height), format: format,
      colorSpace: Int32(bitPattern: frame.pointee.colorspace.rawValue),
      planes: (
        plane(data.0, line.0), plane(data.1, line.1), plane(data.2, line.2), plane(data.3, line.3)
      ), byteCount: owner.byteCount, owner: owner)
  }
}
